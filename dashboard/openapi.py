"""``/api/v1/openapi.json``: what a program can ask and what it gets, as an OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Final, get_args

import orjson
from flask import Response, request

from dashboard.headers import tagged
from dashboard.parameters import EXPORT, OPENAPI, PARAMETERS, Parameter, Schema
from dashboard.schemas import SCHEMAS
from data.export import TYPES
from data.tables import What

JSON: Final = "application/json"
METRICS_TYPES: Final = ("text/plain", "application/openmetrics-text")
ABOUT: Final = """\
What Masthead keeps, for programs: snapshots of a few figures, and headlines. Everything is only \
read: other methods than GET and HEAD get 405. Times are whole milliseconds since 1970-01-01 UTC \
in answers, ISO 8601 or a time ago (`7d`) in parameters. null is what was not read: it is never 0. \
A parameter that is not listed, is given twice where one value is meant, or cannot be used gets \
400; an unknown address 404; while the store is away, 503. Where the page has a password it is \
sent by HTTP Basic, with any name; without it the answer is 401, after too many wrong ones 429. \
Each comes with one sentence, as `{"error": "..."}`, of `/export` as a line of text. Answers with \
an `ETag` are sent again only when they changed: send it back as `If-None-Match` and get 304."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """What one address does."""

    name: str
    summary: str
    about: str = ""
    schema: str = ""
    """The name of its answer's schema, where that is JSON."""
    tagged: bool = False
    """Whether the answer has an ETag."""


OPERATIONS: Final[Mapping[str, _Operation]] = {
    "/api/v1/sources": _Operation(
        "sources", "The sources that are kept", schema="Sources", tagged=True
    ),
    "/api/v1/latest": _Operation(
        "latest",
        "The newest snapshot of a source",
        "A source that gave nothing yet has nulls.",
        "Latest",
        tagged=True,
    ),
    "/api/v1/pulse": _Operation("pulse", "Whether anything is new", schema="Pulse", tagged=True),
    "/api/v1/series": _Operation(
        "series",
        "The history of a source's figures",
        "However long the span is, the answer is bounded; /export gives every snapshot.",
        "Series",
        tagged=True,
    ),
    "/api/v1/headlines": _Operation(
        "headlines",
        "The headlines of a span",
        "In pages: ask again with the same span and `after` set to `next`, or follow the `Link` "
        "header, until `next` is null. What comes in meanwhile moves nothing.",
        "Headlines",
        tagged=True,
    ),
    "/api/v1/daily": _Operation(
        "daily",
        "The days inside the rolling figures, reconstructed",
        "Estimates, each with an interval, worked out from how the rolling figures change; "
        "docs/insight.md says how, and when not to trust them.",
        "Daily",
        tagged=True,
    ),
    "/api/v1/moves": _Operation(
        "moves",
        "The changes of a span that stand out",
        "From one day to the next, beyond the rounding and beyond four times the usual change, "
        "with the headlines within 24 h: what stands beside a move is not its cause.",
        "Moves",
        tagged=True,
    ),
    "/api/v1/ratio": _Operation(
        "ratio",
        "A figure as a share of another source's",
        "One point a day, from the readings next to each midnight (UTC); what can be compared "
        "stands in `alike` of /api/v1/sources. Sources are compared, never spliced.",
        "Ratio",
        tagged=True,
    ),
    OPENAPI: _Operation("openapi", "This document", tagged=True),
    EXPORT: _Operation(
        "export",
        "The history as a file",
        "Whole, or a broken connection: never half a file that looks whole.",
    ),
    "/healthz": _Operation(
        "healthz",
        "Whether every source that is collected was read lately",
        "503 with the same body when not.",
        "Health",
    ),
    "/metrics": _Operation(
        "metrics",
        "The newest figures, ages and runs for Prometheus",
        "200 also while the store is away: then `masthead_up` is 0 and nothing else is told.",
    ),
}


def answer() -> Response:
    """The document; not sent again to who has it."""
    return tagged(Response(_written(request.script_root), mimetype=JSON))


@cache
def _written(root: str) -> bytes:
    return orjson.dumps(document(root))


def document(root: str = "") -> dict[str, Any]:
    """The document as plain JSON values, of addresses below the path ``root``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Masthead",
            "version": version("masthead"),
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "paths": {path: {"get": _get(path, OPERATIONS[path])} for path in PARAMETERS},
        "components": {"schemas": SCHEMAS},
    }


def _get(path: str, one: _Operation) -> dict[str, Any]:
    asked = [_parameter(parameter) for parameter in PARAMETERS[path]]
    if path == EXPORT:
        asked += [
            _part("what", get_args(What), "Which table."),
            _part("kind", TYPES, "The format."),
        ]
    if one.tagged:
        about = "The ETag of an answer that is here already."
        asked.append(
            {"name": "If-None-Match", "in": "header", "description": about, **_schema("string")}
        )
    return {
        "operationId": one.name,
        "summary": one.summary,
        **({"description": one.about} if one.about else {}),
        "parameters": asked,
        "responses": _responses(path, one),
    }


def _schema(kind: str) -> dict[str, Schema]:
    return {"schema": {"type": kind}}


def _parameter(one: Parameter) -> dict[str, Any]:
    about = f"{one.about} Repeat it for several." if one.many else one.about
    described: dict[str, Any] = {"name": one.name, "in": "query", "description": about}
    described["schema"] = {"type": "array", "items": one.schema} if one.many else one.schema
    if one.required:
        described["required"] = True
    if one.example is not None:
        described["example"] = [one.example] if one.many else one.example
    return described


def _part(name: str, choices: Any, about: str) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(choices)}
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def _responses(path: str, one: _Operation) -> dict[str, Any]:
    refused = {"400": "A parameter that cannot be used.", "503": "The store does not answer."}
    long = "An address longer than a browser's ever is, refused before it is read."
    found: dict[str, Any] = {"200": _found(path, one)}
    wide = "Headers longer or more than a browser's ever are."
    for status, about in {"414": long, "431": wide}.items():
        found[status] = {"description": about, "content": {JSON: {"schema": _reference("Error")}}}
    if one.tagged:
        about = "It has not changed since the answer with this ETag."
        found["304"] = {"description": about, "headers": {"ETag": _header("As it was sent.")}}
    for status, about in refused.items():
        found[status] = {"description": about, "content": _refusal(path)}
    if path in (OPENAPI, "/metrics"):
        del found["503"]
    if path == "/healthz":
        health = {"anyOf": [_reference("Health"), _reference("Error")]}
        found["503"] = {
            "description": "Not so, or not known.",
            "content": {JSON: {"schema": health}},
        }
    return found


def _found(path: str, one: _Operation) -> dict[str, Any]:
    headers = {"Cache-Control": _header("Whether it may be kept.")}
    if one.tagged:
        headers["ETag"] = _header("Another one when the answer is another.")
    if path == EXPORT:
        headers["Content-Disposition"] = _header("The file's name.")
    described = {"description": one.summary, "headers": headers, "content": _content(path, one)}
    if path == "/api/v1/headlines":
        link = {"description": "Where the next page is, if any.", **_schema("string")}
        described["headers"] = {**headers, "Link": link}
    return described


def _content(path: str, one: _Operation) -> dict[str, Any]:
    if path == EXPORT:
        return {kind.partition(";")[0]: {} for kind in TYPES.values()}
    if path == "/metrics":
        return {kind: _schema("string") for kind in METRICS_TYPES}
    return {JSON: {"schema": _reference(one.schema)} if one.schema else _schema("object")}


def _refusal(path: str) -> dict[str, Any]:
    return (
        {"text/plain": _schema("string")}
        if path == EXPORT
        else {JSON: {"schema": _reference("Error")}}
    )


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _header(about: str) -> dict[str, Any]:
    return {"description": about, "required": True, **_schema("string")}
