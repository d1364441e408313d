"""The page's addresses: whatever is asked, the answer is one that the document tells of."""

import csv
import io
import json
import logging
import re
import tempfile
from contextlib import closing
from functools import cache
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes, urlencode

import jsonschema_rs
from flask.testing import FlaskClient
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.openapi import document
from dashboard.parameters import EXPORT, PARAMETERS, Parameter
from data.export import TYPES
from data.settings import Settings
from data.store import open_store
from data.tables import What
from tests.fuzz.target import Target, is_harmless
from tests.scenes import several

Example = tuple[str, str, list[tuple[str, str]]]
OTHER: Final = (
    *("/", "/health", "/_dash-layout", "/_dash-update-component", "/static/", "/assets/a.js"),
    *("/api/v1/", "/export/../api", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example", "/\x1b[2J"),
    *(
        "/export/snapshots.csv/..",
        "/export/\r\nX: y.csv",
        "/api/v1/\u202e",
        "/export/\x9b31m.csv",
        "/api/v1/\x1b[2J",
        "/api/v1/ser%00ies",
    ),
)
TEXTS: Final = (
    *("dapp_expert", "defillama", "growthepie", "sample", "x' OR 1=1", "../..", "<script>", "1"),
    *(
        "0",
        "-1",
        "9" * 300,
        "²",
        "٣",
        "1e3",
        "all",
        "7d",
        "999999y",
        "\u202e",
        "\x1b[2J",
        "\r\nX: y",
    ),
    *("2026-01-01", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00+99:99", "nan"),
    *("1769839204000-0-0123456789abcdef", "-99999999999999-1-0123456789abcdef", "true", "", "%"),
)
HEADERS: Final = (
    *("If-None-Match", "If-Modified-Since", "Range", "If-Range", "Accept-Encoding", "Accept"),
    *("Origin", "Host", "Cookie", "X-Forwarded-Host", "X-Forwarded-Prefix", "Content-Type"),
    *(
        "Content-Length",
        "Transfer-Encoding",
        "Authorization",
        "Forwarded",
        "Access-Control-Request-Method",
    ),
)
HEADS: Final = (
    *('W/"x"', "*", '"' * 50, "bytes=0-", "bytes=-1,2-9999999999", "gzip;q=nan", "br;q=1e9, *;q=0"),
    *("https://a.example", "null", "a.example:99999", "[::1", "x" * 5_000, "gzip, br", "\xff\x9b"),
    *("application/openmetrics-text; version=\x80", "Sat, 31 Jan 2026 07:00:00 GMT", "Basic Og=="),
)
texts = st.sampled_from(TEXTS) | st.text(max_size=12)


def _value(one: Parameter) -> st.SearchStrategy[str]:
    """What the parameter may be, or anything."""
    allowed = [*one.schema.get("enum", ()), one.schema.get("default"), one.example]
    known = [str(value) for value in allowed if value is not None]
    return st.sampled_from(known) | texts if known else texts


@st.composite
def requests(draw: Any) -> Example:
    """Any of the addresses with parameters of its own and others, and odd headers."""
    path = draw(st.sampled_from([*PARAMETERS] * 3 + [*OTHER]))
    asked: list[tuple[str, str]] = []
    for one in PARAMETERS.get(path, ()):
        # What it needs is mostly given, so that what lies behind is reached.
        times = draw(st.sampled_from([1, 1, 1, 2] if one.required else [0, 0, 1, 1, 2]))
        asked += [(one.name, draw(_value(one))) for _ in range(times)]
    if draw(st.integers(0, 7)) == 0:
        asked.append((draw(texts), draw(texts)))
    if path == EXPORT:
        what, kind = draw(st.sampled_from([*What.__args__])), draw(st.sampled_from([*TYPES]))  # type: ignore[attr-defined]
        odd = draw(st.integers(0, 9)) == 0
        path = f"/export/{draw(texts) if odd else what}.{kind}"
    query = urlencode(asked) if draw(st.booleans()) else "&".join("=".join(one) for one in asked)
    method = draw(st.sampled_from(["GET"] * 8 + ["HEAD", "POST", "OPTIONS", "PUT", "X"]))
    headers = draw(
        st.lists(
            st.tuples(
                st.sampled_from(HEADERS),
                st.sampled_from(HEADS) | st.text(st.characters(max_codepoint=255), max_size=9),
            ),
            max_size=3,
        )
    )
    return method, f"{quote(path, safe='/%')}?{query}", headers


@cache
def client() -> FlaskClient:
    """The whole page over three sources; a bug comes out as itself."""
    logging.disable(logging.CRITICAL)
    url = f"sqlite:///{tempfile.mkdtemp(prefix='masthead-fuzz-')}/m.db"
    with closing(open_store(url)) as store:
        several(store)
    server = create_app(Settings(database=url)).server
    server.config["PROPAGATE_EXCEPTIONS"] = True
    found: FlaskClient = server.test_client()
    return found


@cache
def schemas() -> dict[str, Any]:
    """A validator of each address's JSON, with which its answers must agree."""
    told = document()
    found = {}
    for path, item in told["paths"].items():
        content = item["get"]["responses"]["200"].get("content", {})
        if schema := content.get("application/json", {}).get("schema"):
            found[path] = jsonschema_rs.validator_for({**schema, "components": told["components"]})
    return found


def check(example: Example) -> None:
    """No breakdown, no word of the inside, no header made by the request, JSON as documented."""
    method, address, headers = example
    sent = [(name, text.translate({10: None, 13: None})) for name, text in headers]
    path, _, asked = address.partition("?")
    # No server takes a line break or a blank in an address.
    asked = re.sub("[\0-\x20\x7f]", lambda found: quote(found[0]), asked)
    # As a server passes it on: the client takes what stands behind two slashes for a host.
    place = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "REQUEST_URI": path}
    answer = client().open(query_string=asked, method=method, headers=sent, environ_overrides=place)
    with closing(answer):
        body = answer.get_data()
        assert answer.status_code < 500 or (path, answer.status_code) in ALLOWED, (example, body)
        _headers(answer)
        if method == "HEAD":
            assert not body
        elif answer.status_code >= 400:
            _refusal(answer, path, body)
        elif answer.status_code == 200:
            _answer(answer, path, body)


ALLOWED: Final = (("/healthz", 503),)
"""That a source was not read lately is no breakdown."""


def _headers(answer: TestResponse) -> None:
    for name, text in answer.headers.items():
        assert not {"\r", "\n", "\0"} & {*name, *text}, (name, text)
        assert text.isascii(), (name, text)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert "X" not in answer.headers


def _refusal(answer: TestResponse, path: str, body: bytes) -> None:
    assert b"Traceback" not in body
    assert b"/site-packages/" not in body
    if path.startswith(("/api/", "/export/")) and answer.status_code != 405:
        text = body.decode()
        if answer.mimetype == "application/json":
            text = json.loads(body).get("error", "-")
        assert answer.mimetype in ("application/json", "text/plain"), answer.mimetype
        assert text.strip()
        assert "\n" not in text.rstrip("\n")
        is_harmless(text.rstrip("\n"))


def _answer(answer: TestResponse, path: str, body: bytes) -> None:
    if answer.headers.get("Content-Encoding"):
        return
    if (known := schemas().get(path)) is not None:
        known.validate(json.loads(body))
    if path.startswith("/export/") and path.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1
    if path.startswith("/export/") and path.endswith(".jsonl"):
        assert all(isinstance(json.loads(line), dict) for line in body.splitlines())


def raw(data: bytes) -> Example:
    """A line with the address, then lines of headers."""
    address, *lines = data.decode("latin-1").split("\n")
    headers = [tuple(line.split(": ", 1)) for line in lines[:5] if ": " in line]
    known = [(name, text) for name, text in headers if name in HEADERS]
    return "GET", address if address.startswith("/") else f"/{address}", known


def seeds() -> list[bytes]:
    """Each address with the examples of its parameters."""
    found = []
    for path, asked in PARAMETERS.items():
        given = {one.name: one.example for one in asked if one.example is not None}
        whole = path.replace("{what}", "snapshots").replace("{kind}", "csv")
        found.append(f"{whole}?{urlencode(given)}\nAccept-Encoding: gzip")
    return [one.encode() for one in found]


TARGET: Final = Target(check, requests(), raw, seeds)
