"""Answers are sent compressed; each body is compressed once and kept, by its digest."""

import gzip
from hashlib import blake2b
from threading import Lock
from typing import Final

import brotli
from flask import Flask, Request, Response, request

from dashboard.recent import Recent

KINDS: Final = (
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
)
SMALLEST: Final = 1_000
LARGE: Final = 300_000
"""Bytes beyond which brotli's best takes more than a third of a second."""
QUICK: Final = 4
"""A level of both that takes a tenth of what the next better ones take for an answer's numbers."""
KEPT: Final = 2_000_000
"""Bytes of compressed bodies that one process keeps at most: what others keep is not among them."""


class Compressed:
    """Compressed bodies by digest and encoding."""

    def __init__(self, kept: int = KEPT) -> None:
        self.bodies: Recent[bytes] = Recent(kept, len)
        self._lock = Lock()

    def get(self, body: bytes, encoding: str) -> bytes:
        """``body`` in ``encoding``; whoever comes while it is being made waits for it."""
        name = f"{blake2b(body, digest_size=16).hexdigest()} {encoding}"
        with self._lock:
            made = self.bodies.get(name)
            if made is None:
                made = packed(body, encoding)
                self.bodies.put(name, made)
            return made


def register(server: Flask) -> None:
    """Compress what ``server`` answers; registered last, so that it runs before the headers."""
    bodies = Compressed()

    @server.after_request
    def compress(response: Response) -> Response:
        if not _compressible(response):
            return response
        response.vary.add("Accept-Encoding")
        encoding = encoding_of(request)
        if encoding is None:
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < SMALLEST:
            return response
        response.set_data(bodies.get(body, encoding))
        response.headers["Content-Encoding"] = encoding
        return response


def _compressible(response: Response) -> bool:
    return (
        response.status_code == 200
        and response.mimetype in KINDS
        and (not response.is_streamed or response.direct_passthrough)
        and "Content-Encoding" not in response.headers
    )


def encoding_of(asked: Request) -> str | None:
    """The best form that the client takes: br, gzip, or None for the plain one."""
    for name in ("br", "gzip"):
        if asked.accept_encodings.quality(name) > 0:
            return name
    return None


def packed(body: bytes, encoding: str, *, once: bool = False) -> bytes:
    """``body`` in ``encoding``, br or gzip; with more patience where that is done ``once``."""
    if encoding == "gzip":
        return gzip.compress(body, 9 if once else QUICK, mtime=0)
    best = 9 if len(body) > LARGE else 11
    made: bytes = brotli.compress(body, quality=best if once else QUICK)
    return made
