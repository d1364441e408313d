"""Whole answers sent again as they were, before Flask has a look at the request.

What Flask does for a request takes ten times as long as sending an answer that is there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from dashboard.recent import Recent
from data.clock import Clock
from data.errors import StoreError

KEPT: Final = 6_000_000
"""Bytes of answers that one process keeps at most."""
LEAST: Final = 2_000
"""Bytes that an answer takes beside its own; asked for in more words than that it is not kept."""
LASTING: Final = "masthead.lasting"
"""Where in the request's environment a view says how long its answer can be sent again."""
TOLD_BY: Final = (
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_HOST",
    "wsgi.url_scheme",
)
"""All of a request that an answer may depend on."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long an answer stays what it is: while there is no news, from one moment to another."""

    news: int
    since: datetime
    until: datetime

    def holds(self, news: int, now: datetime) -> bool:
        """Whether it still is; one that was found later than ``news`` is not older."""
        return self.news >= news and self.since <= now < self.until


@dataclass(frozen=True, slots=True)
class _Sent:
    lasting: Lasting
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Replay:
    """The application, with answers that last kept in front of it."""

    def __init__(
        self,
        application: WSGIApplication,
        news: Callable[[], int],
        now: Clock,
        admits: Callable[[WSGIEnvironment], bool],
    ) -> None:
        self._application = application
        self._news = news
        self._now = now
        self._admits = admits
        self._sent: Recent[_Sent] = Recent(KEPT, lambda sent: LEAST + len(sent.body))

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] != "GET" or not self._admits(environ):
            return self._application(environ, start)
        asked = "\n".join(str(environ.get(name, "")) for name in TOLD_BY)
        sent = self._sent.get(asked)
        if sent is None or not self._holds(sent.lasting):
            return self._asked(asked, environ, start)
        start(sent.status, list(sent.headers))
        return [sent.body]

    def _holds(self, lasting: Lasting) -> bool:
        try:
            return lasting.holds(self._news(), self._now())
        except StoreError:
            return False

    def _asked(self, asked: str, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        told: list[Any] = []

        def listening(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = status, list(headers)
            return start(status, headers, *more)

        answer = self._application(environ, listening)
        lasting = environ.get(LASTING)
        if lasting is None or len(asked) > LEAST:
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers = told
        self._sent.put(asked, _Sent(lasting, status, headers, body))
        return [body]


def register(
    server: Flask,
    news: Callable[[], int],
    now: Clock,
    admits: Callable[[WSGIEnvironment], bool] = lambda _: True,
) -> None:
    """Keep the answers of ``server`` whose views say how long they last.

    They are only for those whom ``admits`` lets in by their session; the views judge all others.
    """
    replay = Replay(server.wsgi_app, news, now, admits)
    server.wsgi_app = replay  # type: ignore[assignment, method-assign]
