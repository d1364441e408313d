"""``/export/…``: the history as a file, streamed; whole, or a broken connection, never a half."""

import re
from itertools import chain
from typing import Final

from flask import Response, request

from dashboard.query import flag
from data.clock import Clock
from data.errors import UsageError
from data.export import TYPES, format_named, stream
from data.store import Store
from data.tables import query

UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
"""What has no place in a file name."""


def file(store: Store, what: str, kind: str, now: Clock) -> Response:
    """The rows of ``what`` as a file of this ``kind``. Raises UsageError and StoreError."""
    asked = request.args
    wanted, named = format_named(kind), list(dict.fromkeys(asked.getlist("source")))
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
    parts = stream(store, rows, wanted, excel=flag(asked, "excel"), raw=flag(asked, "raw"))
    first = next(parts, b"")
    edges = [f"{edge:%Y%m%d}" for edge in (rows.start, rows.end) if edge]
    tidy = [shape] if shape == "tidy" else []
    name = UNSAFE.sub("_", "-".join(["masthead", *named, what, *tidy, *edges]))
    response = Response(chain([first], parts), content_type=TYPES[wanted])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    response.headers["Cache-Control"] = "no-store"
    return response
