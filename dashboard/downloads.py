"""``/export/…``: the history as a file, streamed; whole, or a broken connection, never a half."""

from collections.abc import Callable
from itertools import chain
from typing import Final

from flask import Flask, Response, request

from data.clock import Clock
from data.errors import MastheadError, UsageError
from data.export import TYPES, format_named, stream
from data.store import Store
from data.tables import query

PARAMETERS: Final = ("source", "metric", "from", "to", "by", "every", "shape", "excel", "raw")


def register(server: Flask, store: Callable[[], Store], now: Clock) -> None:
    """Add the route to ``server``; ``store`` opens it at the first request."""

    def export(what: str, kind: str) -> Response:
        try:
            return _file(store(), what, kind, now)
        except UsageError as error:
            return _sentence(error, 400)
        except MastheadError as error:
            return _sentence(error, 503)

    server.add_url_rule("/export/<what>.<kind>", endpoint="/export/", view_func=export)


def _file(store: Store, what: str, kind: str, now: Clock) -> Response:
    asked = request.args
    for name in asked:
        if name not in PARAMETERS:
            raise UsageError(f"The parameter {name[:40]!r} is not known.")
    wanted, named = format_named(kind), asked.getlist("source")
    known = {info.source for info in store.sources()}
    for name in named:
        if name not in known:
            raise UsageError(f"The parameter 'source' is {name[:40]!r}: nothing was kept of it.")
    every, shape = asked.get("every"), asked.get("shape")
    rows = query(
        what,
        now(),
        sources=named,
        keys=asked.getlist("metric"),
        start=asked.get("from"),
        end=asked.get("to"),
        every=every,
        shape=shape,
        by=asked.get("by"),
    )
    parts = stream(store, rows, wanted, excel=_flag("excel"), raw=_flag("raw"))
    first = next(parts, b"")
    edges = [f"{edge:%Y%m%d}" for edge in (rows.start, rows.end) if edge]
    tidy = [shape] if shape == "tidy" else []
    name = "-".join(["masthead", *named, what, *tidy, *edges])
    response = Response(chain([first], parts), content_type=TYPES[wanted])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _flag(name: str) -> bool:
    given = request.args.get(name, "0").lower()
    if given not in ("0", "1", "true", "false"):
        raise UsageError(f"The parameter {name!r} is {given[:40]!r}: it is 0 or 1.")
    return given in ("1", "true")


def _sentence(error: MastheadError, status: int) -> Response:
    return Response(f"{error}\n", status, mimetype="text/plain")
