"""JSON answers: with a tag where they only change with a new snapshot, and then made once."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

import orjson
from flask import Response, request

KEPT: Final = 8_000_000
"""Bytes of answers that one process keeps at most."""


class Answers:
    """Tagged answers as bytes, by tag; those not asked for longest go first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self.size = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def tagged(self, tag: str, make: Callable[[], dict[str, Any]]) -> Response:
        """The answer with this tag, made unless it was kept; empty where the browser has it."""
        if request.if_none_match.contains_weak(tag):
            return _marked(Response(status=304), tag)
        body = self._known(tag)
        if body is None:
            body = orjson.dumps(make())
            self._keep(tag, body)
        return _marked(Response(body, mimetype="application/json"), tag)

    def _known(self, tag: str) -> bytes | None:
        with self._lock:
            if tag in self._bodies:
                self._bodies.move_to_end(tag)
            return self._bodies.get(tag)

    def _keep(self, tag: str, body: bytes) -> None:
        with self._lock:
            self.size += len(body) - len(self._bodies.pop(tag, b""))
            self._bodies[tag] = body
            while self.size > self._kept and self._bodies:
                self.size -= len(self._bodies.popitem(last=False)[1])


def plain(body: dict[str, Any], status: int = 200) -> Response:
    """An answer that nobody keeps."""
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _marked(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "no-cache"
    return response
