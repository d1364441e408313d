"""``/export/…``: the history as a file, streamed; whole, or a broken connection, never a half."""

import re
import select
import tempfile
from collections.abc import Generator
from datetime import timedelta
from functools import partial
from socket import MSG_PEEK, socket
from threading import BoundedSemaphore
from typing import Final

from flask import Response, request

from dashboard.query import flag
from dashboard.refusals import refusal
from data.clock import Clock, stopwatch
from data.errors import StoreError
from data.export import TYPES, Format, format_named, stream
from data.store import Store
from data.tables import query

UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
"""What has no place in a file name."""
AT_ONCE: Final = 2
"""Exports that one process makes at a time: its other threads are for the page."""
PATIENCE: Final = timedelta(minutes=1)
"""How long a client may take for one part of a file."""
LONGEST: Final = timedelta(hours=1)
"""How long a client may take for a whole file: its one view of the store holds back SQLite's
checkpoints, and PostgreSQL's vacuum."""


def file(store: Store, what: str, kind: str, now: Clock, turns: BoundedSemaphore) -> Response:
    """The rows of ``what`` as a file of this ``kind``, in one of the ``turns``.

    Raises UsageError and StoreError.
    """
    asked = request.args
    wanted, named = format_named(kind), list(dict.fromkeys(asked.getlist("source")))
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
    excel, raw = flag(asked, "excel"), flag(asked, "raw")
    if not turns.acquire(blocking=False):
        return _busy()
    parts = in_turn(stream(store, rows, wanted, excel, raw), turns)
    # Started here: what cannot be made at all is said in words, and closing gives the turn back.
    next(parts)
    edges = [f"{edge:%Y%m%d}" for edge in (rows.start, rows.end) if edge]
    tidy = [shape] if shape == "tidy" else []
    name = UNSAFE.sub("_", "-".join(["masthead", *named, what, *tidy, *edges]))
    response = _answer(parts, wanted)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def in_turn(parts: Generator[bytes], turns: BoundedSemaphore) -> Generator[bytes]:
    """An empty part when the first one is there, then all; the turn is given back at the end.

    Raises StoreError after LONGEST, and for a client that goes while a file is made.
    """
    latest = stopwatch() + LONGEST.total_seconds()
    connection = request.environ.get("gunicorn.socket")
    try:
        part = next(parts, None)
        while part == b"":
            if connection is not None and _has_left(connection):
                raise StoreError("The export was given up: its client went away.")
            part = next(parts, None)
        yield b""
        while part is not None:
            if stopwatch() > latest:
                raise StoreError("The export was given up: its client takes too long to read it.")
            if part:
                yield part
            part = next(parts, None)
    finally:
        parts.close()
        turns.release()


def _has_left(connection: socket) -> bool:
    """Whether the client has closed its end; what it may have sent stays to be read."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    try:
        return bool(poll.poll(0)) and not connection.recv(1, MSG_PEEK)
    except OSError:
        return True


def _answer(parts: Generator[bytes], wanted: Format) -> Response:
    """The parts as they come; to a client of HTTP/1.0 with their size, for it knows no other way
    to tell a whole file from a broken one.
    """
    if (connection := request.environ.get("gunicorn.socket")) is not None:
        # It has none of its own: a client that does not read would hold its thread for ever.
        connection.settimeout(PATIENCE.total_seconds())
    if request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        response = Response(parts, content_type=TYPES[wanted])
        response.call_on_close(parts.close)
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    size = sum(map(file.write, parts))
    file.seek(0)
    response = Response(iter(partial(file.read, 1 << 18), b""), content_type=TYPES[wanted])
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _busy() -> Response:
    response = refusal(f"{AT_ONCE} exports are under way here: ask again when one has ended.", 503)
    response.headers["Retry-After"] = "10"
    return response
