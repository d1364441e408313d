"""What was asked, one line a request: without secrets, and with nothing that breaks the line."""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from data.clock import stopwatch

log: Final = logging.getLogger("masthead")
LONGEST: Final = 500
"""Characters of an address in the log."""
PLAIN: Final = "/?&=%+:;,@!$'()*~-._"
"""What stands in the log as it was sent, beside letters and digits."""
SECRET: Final = re.compile(
    r"((?:^|&)[^=&]*(?:password|secret|token|key)[^=&]*)=[^&]*", re.IGNORECASE
)


class RequestLog:
    """The application, with a line in the log for each of its answers."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        begun = stopwatch()
        told: list[str] = []

        def listening(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = [status.partition(" ")[0]]
            return start(status, headers, *more)

        body = self._application(environ, listening)
        return _Counted(body, environ, told, begun)


class _Counted:
    """A body, told of in the log when it has been sent, or given up."""

    def __init__(
        self, body: Iterable[bytes], environ: WSGIEnvironment, told: list[str], begun: float
    ) -> None:
        self._body, self._environ, self._told, self._begun = body, environ, told, begun
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            self._size += len(part)
            yield part

    def close(self) -> None:
        """End the body."""
        try:
            getattr(self._body, "close", _nothing)()
        finally:
            log.debug(
                "%s %s %s %s %d B %.0f ms",
                escaped(str(self._environ.get("REMOTE_ADDR") or "-")),
                escaped(self._environ["REQUEST_METHOD"]),
                _address(self._environ),
                "".join(self._told) or "-",
                self._size,
                (stopwatch() - self._begun) * 1000,
            )


def _nothing() -> None:
    """There is nothing to close."""


def _address(environ: WSGIEnvironment) -> str:
    """Path and query; of the query no value whose name says that it is a secret."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = SECRET.sub(r"\1=***", environ.get("QUERY_STRING", ""))
    return escaped(f"{path}?{query}" if query else path)


def escaped(text: str) -> str:
    """A text as one word of ASCII without control characters, of bounded length."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return quote(short.encode("latin-1", "replace"), safe=PLAIN)
