"""The only HTTP: one polite, bounded GET."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Final

import httpx2

from data.clock import Clock, stopwatch
from data.errors import SourceError
from data.model import Page

MAX_BYTES: Final = 10 * 2**20
"""Of a body, after decompression."""
MAX_REDIRECTS: Final = 5


def user_agent(contact: str) -> str:
    """Who asks: the program, its version and whom to write to (setting ``contact``)."""
    name = f"masthead/{version('masthead')}"
    return f"{name} (+{contact})" if contact else name


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a page, to ask whether it is still the same."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return self.etag is not None or self.last_modified is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and the terms on which it is asked."""

    url: str
    agent: str
    limit: timedelta
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    page: Page | None
    status: int
    validators: Validators
    attempts: int
    bytes: int
    taken_at: datetime


def get(asked: Asked, clock: Clock, stop: threading.Event | None = None) -> Answer:
    """Interim."""
    _ = stop
    page = _page(asked.url, asked.agent, asked.limit, clock)
    return Answer(page, 200, Validators(), 1, len(page.body), page.taken_at)


def _page(url: str, agent: str, limit: timedelta, clock: Clock) -> Page:
    try:
        return _get(url, agent, limit, clock)
    except httpx2.TimeoutException:
        raise _failure(url, "timeout", f"gave no answer within {_seconds(limit)}") from None
    except httpx2.TooManyRedirects:
        raise _failure(url, "redirect", f"redirected more than {MAX_REDIRECTS} times") from None
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise _failure(url, "address", f"is, or leads to, no http address ({error})") from None
    except httpx2.HTTPError as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise _failure(url, "network", f"cannot be reached: {reason}") from None


def _get(url: str, agent: str, limit: timedelta, clock: Clock) -> Page:
    deadline = stopwatch() + limit.total_seconds()
    with (
        httpx2.Client(
            headers={"user-agent": agent, "accept": "text/html, application/json;q=0.9"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx2.Timeout(limit.total_seconds(), connect=min(10, limit.total_seconds())),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
        ) as client,
        client.stream("GET", url) as response,
    ):
        taken_at = clock()
        if response.status_code != httpx2.codes.OK:
            raise _failure(url, "status", f"answered {response.status_code}", response.status_code)
        body = bytearray()
        for part in response.iter_bytes(2**16):
            body += part
            if len(body) > MAX_BYTES:
                raise _failure(url, "size", f"sent more than {MAX_BYTES // 2**20} MiB", 200)
            if stopwatch() > deadline:
                raise httpx2.ReadTimeout("total time")
        return Page(
            body=bytes(body),
            url=str(response.url),
            taken_at=taken_at,
            content_type=response.headers.get("content-type", ""),
            status=response.status_code,
        )


def _failure(url: str, kind: str, what: str, status: int | None = None) -> SourceError:
    return SourceError(f"{url} {what}.", kind=kind, status=status)


def _seconds(limit: timedelta) -> str:
    return f"{limit.total_seconds():g} s"
