"""How an archive is asked: no faster than it allows, and after a refusal not before it likes.

Archives are made to be asked by programs and publish their limits; those are kept here, and their
robots.txt, which speaks to crawlers, is not asked for.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Final, NoReturn

from collectors import fetch
from data.clock import Clock, stopwatch
from data.errors import SourceError
from data.model import Page

TEMPORARY: Final = frozenset({"timeout", "network"})
"""Kinds of failure that another attempt may mend; 429 and 5xx are the others."""
LONGEST_WAIT: Final = timedelta(hours=1)
TOO_MANY: Final = 429

Once = Callable[[fetch.Asked], fetch.Answer]
"""One attempt."""

log: Final = logging.getLogger("masthead")


@dataclass(frozen=True, slots=True)
class Terms:
    """How one archive wants to be asked."""

    index_gap: timedelta
    """The least time before a query of its index."""
    capture_gap: timedelta
    """The least time before a request for a capture."""
    pause: timedelta = timedelta(seconds=60)
    """After a 429; doubled by each further one."""
    refusals: int = 3
    """429s in a row after which the archive is left alone."""
    back_off: timedelta = timedelta(seconds=2)
    """After any other passing failure; doubled by each further one of the same request."""
    attempts: int = 6
    limit: timedelta = timedelta(seconds=60)
    """The longest one attempt may take."""


def stopped() -> SourceError:
    """What ends a backfill that was asked to stop."""
    return SourceError("The backfill was stopped: the same command goes on.", kind="stopped")


class Pace:
    """The one way to an archive: every request waits its turn here."""

    def __init__(
        self,
        terms: Terms,
        agent: str,
        clock: Clock,
        stop: threading.Event,
        client: fetch.Client | None = None,
        watch: Callable[[], float] = stopwatch,
    ) -> None:
        self.terms = terms
        self.agent = agent
        self.clock = clock
        self.stop = stop
        self.client = client
        self.watch = watch
        self.asked = float("-inf")
        self.not_before = float("-inf")
        self.refusals = 0

    def index(self, url: str) -> Page:
        """A part of the index. Raises SourceError; kind "stopped" when asked to stop."""
        return self._ask(url, self.terms.index_gap, self._list)

    def capture(self, url: str, part: tuple[int, int] | None = None) -> Page:
        """A capture, or ``part`` (offset, length) of a file of captures. Raises SourceError.

        Kind "refused": the archive wants to be left alone for now.
        """
        if part is None:
            return self._ask(url, self.terms.capture_gap, self._whole)
        return self._ask(url, self.terms.capture_gap, partial(self._part, place=part))

    def _ask(self, url: str, gap: timedelta, once: Once) -> Page:
        for attempt in count(1):
            self._wait(gap)
            try:
                page = once(fetch.Asked(url, self.agent, self.terms.limit, attempts=1)).page
            except SourceError as error:
                self._rest(error, attempt)
                continue
            if page is None:
                raise SourceError(f"{url} was not modified, though nobody asked.", "status")
            self.refusals = 0
            return page
        raise AssertionError

    def _list(self, asked: fetch.Asked) -> fetch.Answer:
        """A list may be empty, and of any type."""
        return fetch.get_start(asked, self.clock, fetch.MAX_BYTES, self.stop, self.client)

    def _whole(self, asked: fetch.Asked) -> fetch.Answer:
        return fetch.get(asked, self.clock, self.stop, self.client)

    def _part(self, asked: fetch.Asked, place: tuple[int, int]) -> fetch.Answer:
        return fetch.get_part(asked, self.clock, *place, self.stop, self.client)

    def _wait(self, gap: timedelta) -> None:
        """Let the time pass that the archive wants between two requests."""
        due = max(self.asked + gap.total_seconds(), self.not_before)
        if self.stop.wait(max(0.0, due - self.watch())):
            raise stopped()
        self.asked = self.watch()

    def _rest(self, error: SourceError, attempt: int) -> None:
        """Note how long to wait after a failure; raises when there is no use in asking again."""
        status = error.status or 0
        if status == TOO_MANY:
            self.refusals += 1
            wait = self.terms.pause * 2 ** (self.refusals - 1)
        elif status >= 500 or error.kind in TEMPORARY:
            wait = self.terms.back_off * 2 ** (attempt - 1)
        else:
            raise error
        wait = max(wait, error.wait or timedelta())
        self.not_before = self.watch() + wait.total_seconds()
        last = attempt >= self.terms.attempts
        enough = self.refusals >= self.terms.refusals or wait > LONGEST_WAIT
        if enough or (last and status == TOO_MANY):
            self._refuse(error, wait)
        if last:
            raise error
        log.debug("%s The next attempt is in %g s.", error, wait.total_seconds())

    def _refuse(self, error: SourceError, wait: timedelta) -> NoReturn:
        minutes = max(1, -(-wait // timedelta(minutes=1)))
        message = f"{error} It wants to be left alone: the same command goes on in {minutes} min."
        raise SourceError(message, kind="refused", status=error.status, wait=wait) from None
