"""``/export/…``: the history as a file, streamed; whole, or a broken connection, never a half."""

import re
import select
import tempfile
from collections.abc import Callable, Generator
from datetime import timedelta
from functools import partial
from socket import MSG_PEEK, socket
from threading import Lock
from typing import BinaryIO, Final, cast

from flask import Response, request

from dashboard.guesses import network
from dashboard.query import flag
from dashboard.refusals import refusal
from data.clock import Clock, stopwatch
from data.errors import MastheadError, StoreError, UsageError
from data.export import TYPES, Format, format_named, stream
from data.store import Store
from data.tables import query

UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")
"""What has no place in a file name."""
AT_ONCE: Final = 3
"""Exports that one process makes at a time: its other threads are for the page."""
EACH: Final = 2
"""Of them those of one client: nobody takes all."""
GATHERED: Final = 1_000_000_000
"""Bytes of a file that may lie on the disk for a client who must know its size first."""
KEPT: Final = 1_000_000
"""Bytes of a file that wait for a client who reads more slowly than they are made."""
LONGEST: Final = timedelta(hours=1)
"""How long a client may take for a whole file: its one view of the store holds back SQLite's
checkpoints, and PostgreSQL's vacuum."""


class Turns:
    """Whose exports are being made in this process."""

    def __init__(self) -> None:
        self._clients: list[bytes] = []
        self._lock = Lock()

    def take(self) -> Callable[[], None] | str:
        """What gives back the turn of the client that asks, or why there is none."""
        client = network(request.remote_addr or "")
        with self._lock:
            if len(self._clients) >= AT_ONCE:
                return f"{AT_ONCE} exports are under way here"
            if self._clients.count(client) >= EACH:
                return f"{EACH} exports of yours are under way here"
            self._clients.append(client)
        return partial(self._give_back, client)

    def _give_back(self, client: bytes) -> None:
        with self._lock:
            self._clients.remove(client)


def file(store: Store, what: str, kind: str, now: Clock, turns: Turns) -> Response:
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
    turn = turns.take()
    if isinstance(turn, str):
        return _busy(turn)
    parts = in_turn(stream(store, rows, wanted, excel, raw), turn)
    # Started here: what cannot be made at all is said in words, and closing gives the turn back.
    next(parts)
    edges = [f"{edge:%Y%m%d}" for edge in (rows.start, rows.end) if edge]
    tidy = [shape] if shape == "tidy" else []
    name = UNSAFE.sub("_", "-".join(["masthead", *named, what, *tidy, *edges]))
    response = _answer(parts, wanted)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def in_turn(parts: Generator[bytes], give_back: Callable[[], None]) -> Generator[bytes]:
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
        give_back()


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
        # What is left is not all in memory, as it is of other answers: a thread waits for room.
        connection.most = KEPT
    if request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        response = Response(parts, content_type=TYPES[wanted])
        response.call_on_close(parts.close)
        return response
    file, size = _gathered(parts)
    file.seek(0)
    response = Response(iter(partial(file.read, 1 << 18), b""), content_type=TYPES[wanted])
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _gathered(parts: Generator[bytes]) -> tuple[BinaryIO, int]:
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed with the response
    size = 0
    try:
        for part in parts:
            size += file.write(part)
            if size > GATHERED:
                raise UsageError("This file is too long for HTTP/1.0: ask by HTTP/1.1.")
    except MastheadError:
        file.close()
        parts.close()
        raise
    return file, size


def _busy(why: str) -> Response:
    response = refusal(f"{why}: ask again when one has ended.", 503)
    response.headers["Retry-After"] = "10"
    return response
