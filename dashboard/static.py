"""Files under names that change with them: kept by browsers for a year, compressed once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath
from threading import Lock
from typing import Final

from flask import Flask, Response, abort, request

from dashboard.compression import encoding_of, packed

TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
PACKED: Final = ".woff2"
"""Compressed by its own format."""
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass
class File:
    """A file's bytes and its compressed forms, by encoding; a form is made when first asked for."""

    name: str
    body: bytes
    forms: dict[str, bytes] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def form(self, encoding: str) -> bytes:
        """The body in ``encoding``, br or gzip; whoever comes meanwhile waits for it."""
        with self.lock:
            if encoding not in self.forms:
                self.forms[encoding] = packed(self.body, encoding, once=True)
            return self.forms[encoding]


class Files:
    """The files that are served under ``prefix``, each with a part of its hash in its name."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._files: dict[str, File] = {}
        self._names: dict[str, str] = {}

    def add(self, name: str, body: bytes, forms: Mapping[str, bytes] | None = None) -> str:
        """Serve ``body``; its hashed name. ``forms`` are what is already compressed of it."""
        digest = blake2b(body, digest_size=8).hexdigest()
        path = PurePosixPath(name)
        hashed = f"{path.stem}.{digest}{path.suffix}"
        self._files[hashed] = File(hashed, body, dict(forms or {}))
        self._names[name] = hashed
        return hashed

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def address(self, name: str) -> str:
        """Where the file is that was added as ``name``. Raises KeyError."""
        return self._prefix + self._names[name]

    def register(self, server: Flask, rule: str) -> None:
        """Serve the files below the path ``rule``, which ends in a slash."""
        server.add_url_rule(f"{rule}<name>", endpoint="files", view_func=self._serve)

    def _serve(self, name: str) -> Response:
        if (file := self._files.get(name)) is None:
            abort(404)
        suffix = PurePosixPath(name).suffix
        encoding = None if suffix == PACKED else encoding_of(request)
        response = Response(
            file.form(encoding) if encoding else file.body, mimetype=TYPES.get(suffix)
        )
        if encoding:
            response.headers["Content-Encoding"] = encoding
        if suffix != PACKED:
            response.vary.add("Accept-Encoding")
        response.headers["Cache-Control"] = FOREVER
        response.set_etag(name, weak=True)
        response.make_conditional(request)
        return response
