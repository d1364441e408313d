"""robots.txt: what a site asks of robots, asked for once a day."""

import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from collectors import fetch
from collectors.bounds import Bounds
from collectors.retry import is_busy
from collectors.transport import Client
from data.clock import Clock, stopwatch
from data.errors import SourceError, StoreError
from data.store import Store

TOKEN: Final = "masthead"  # noqa: S105 - the name that rules call us by
MOST_BYTES: Final = 500 * 2**10
LIMIT: Final = timedelta(seconds=10)
KEPT: Final = timedelta(hours=24)
"""How long rules hold before they are asked for again."""
STALE_FOR: Final = timedelta(hours=1)
"""How long older rules are taken when the site cannot give new ones."""

_replacing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says."""

    parsed: Protego

    @classmethod
    def parse(cls, text: str) -> "Rules":
        """The rules of any text; what is none is skipped."""
        return cls(Protego.parse(text))

    def allows(self, url: str, agent: str = TOKEN) -> bool:
        """Whether ``agent`` may ask for ``url``."""
        return self.parsed.can_fetch(url, agent)

    @property
    def delay(self) -> timedelta | None:
        """The least time between two of our requests, where the site names one."""
        seconds = self.parsed.crawl_delay(TOKEN) or 0
        return timedelta(seconds=min(seconds, 86_400)) if seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Kept:
    """Rules, and until when they hold."""

    rules: Rules
    until: datetime


Memory = dict[str, "Future[Kept]"]
"""The rules of each site that this process knows, or is being told by one of its threads."""


@dataclass(frozen=True, slots=True)
class _Inquiry:
    site: str
    agent: str
    clock: Clock
    limit: timedelta
    stop: threading.Event | None
    client: Client | None


def permitted(
    url: str,
    agent: str,
    store: Store | None,
    memory: Memory,
    clock: Clock,
    limit: timedelta = LIMIT,
    stop: threading.Event | None = None,
    client: Client | None = None,
) -> Rules:
    """The rules of the site of ``url``, which allow it; ``agent`` is the header to ask with.

    They come from ``memory``, else from ``store``, else from the site within ``limit`` (10 s at
    most); threads that share a memory make one request. Raises SourceError: ``robots`` when the
    rules disallow it, another kind when they cannot be had.
    """
    site = site_of(url)
    rules = _remembered(
        _Inquiry(site, agent, clock, min(limit, LIMIT), stop, client), store, memory
    )
    if not rules.allows(url):
        raise SourceError(
            f"{fetch.shown(url)} was not asked for: {site}/robots.txt disallows it to {TOKEN}.",
            kind="robots",
        )
    return rules


def site_of(url: str) -> str:
    """Scheme, host and unusual port: what one robots.txt applies to. Raises SourceError."""
    try:
        parts = urlsplit(url)
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in (None, usual) else f":{parts.port}"
    except (KeyError, ValueError):
        what = f"{fetch.shown(url)} is no http or https address that can be asked."
        raise SourceError(what, kind="address") from None
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def fetch_rules(
    site: str,
    agent: str,
    clock: Clock,
    limit: timedelta = LIMIT,
    stop: threading.Event | None = None,
    client: Client | None = None,
) -> str:
    """The text of a site's robots.txt, its first 500 KiB; empty (all allowed) where it has none.

    Raises SourceError when the site cannot be reached, is broken (5xx) or busy (429): then
    nobody knows what it allows.
    """
    asked = fetch.Asked(f"{site}/robots.txt", agent, limit)
    try:
        answer = fetch.get_start(asked, clock, MOST_BYTES, stop, client)
    except SourceError as error:
        if _has_none(error):
            return ""
        raise
    body = answer.page.body if answer.page else b""
    if len(body) == MOST_BYTES:
        # Half a line could disallow more than the whole one.
        body = body[: body.rfind(b"\n") + 1]
    return body.decode("utf-8-sig", "replace").replace("\0", "")


def _has_none(error: SourceError) -> bool:
    if error.kind == "redirect":
        return True
    status = error.status or 0
    return error.kind == "status" and status >= 200 and not is_busy(status)


def _remembered(inquiry: _Inquiry, store: Store | None, memory: Memory) -> Rules:
    while True:
        mine: Future[Kept] = Future()
        found = memory.setdefault(inquiry.site, mine)
        if found is mine:
            _tell(mine, inquiry, store, memory)
        kept = _wait(found, inquiry)
        if inquiry.clock() < kept.until:
            return kept.rules
        _forget(found, inquiry.site, memory)


def _tell(mine: "Future[Kept]", inquiry: _Inquiry, store: Store | None, memory: Memory) -> None:
    try:
        mine.set_result(_find(inquiry, store))
    except BaseException as error:
        _forget(mine, inquiry.site, memory)
        mine.set_exception(error)
        raise


def _forget(found: "Future[Kept]", site: str, memory: Memory) -> None:
    with _replacing:
        if memory.get(site) is found:
            del memory[site]


def _wait(found: "Future[Kept]", inquiry: _Inquiry) -> Kept:
    url = f"{inquiry.site}/robots.txt"
    seconds = inquiry.limit.total_seconds()
    for pause in Bounds(url, stopwatch() + seconds, inquiry.stop).slices(None):
        with suppress(TimeoutError):
            return found.result(pause)
    raise SourceError(f"{url} was not there within {seconds:g} s.", kind="timeout")


def _find(inquiry: _Inquiry, store: Store | None) -> Kept:
    now, known = inquiry.clock(), None
    # Without the store the site is asked; the snapshot will meet the store's failure by itself.
    with suppress(StoreError):
        known = store.cached_rules(inquiry.site) if store else None
    if known is not None and known[1] <= now < known[1] + KEPT:
        return Kept(Rules.parse(known[0]), known[1] + KEPT)
    try:
        text = fetch_rules(
            inquiry.site, inquiry.agent, inquiry.clock, inquiry.limit, inquiry.stop, inquiry.client
        )
    except SourceError as error:
        if known is None or error.kind == "stopped":
            raise
        return Kept(Rules.parse(known[0]), now + STALE_FOR)
    with suppress(StoreError):
        if store is not None:
            store.keep_rules(inquiry.site, text, now)
    return Kept(Rules.parse(text), now + KEPT)
