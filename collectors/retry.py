"""Asking again: what is worth it, how long to rest before, and when to stop."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from collectors.bounds import Bounds
from data.clock import stopwatch
from data.errors import SourceError

T = TypeVar("T")

FIRST_REST: Final = 0.5
"""Seconds before the second attempt, at least; twice that before the third."""
LONGEST_WAIT: Final = timedelta(hours=24)
CLOCKS_APART: Final = timedelta(minutes=1)
"""How far the clocks of two machines with one store may be apart."""
PASSING: Final = frozenset({"timeout", "network"})
"""Kinds of failure that may be gone a second later."""


def is_passing(error: Exception) -> bool:
    """Whether the same question may find an answer soon: the network, 429 and 5xx."""
    if not isinstance(error, SourceError):
        return False
    return error.kind in PASSING or (error.kind == "status" and is_busy(error.status or 0))


def is_busy(status: int) -> bool:
    """Whether a status means "not now" rather than "no": 429 and 5xx."""
    return status == 429 or status >= 500


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a ``Retry-After`` asks for, as seconds or as a date; at most a day, None if unsaid."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=min(int(text[:9]), 10**6)), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta()), LONGEST_WAIT)


def is_waiting(until: datetime, now: datetime, wished_at: datetime | None = None) -> bool:
    """Whether a server is to be left alone ``until`` then.

    Wished in the future, or further away than any server may ask for, it was noted by a clock
    that was set back since, and binds nobody.
    """
    if wished_at is not None and wished_at - now > CLOCKS_APART:
        return False
    return timedelta() < until - now <= LONGEST_WAIT


@dataclass(slots=True)
class Patience:
    """Makes at most ``most`` attempts within ``bounds``; ``attempts`` counts them."""

    bounds: Bounds
    first_rest: float = FIRST_REST
    most: int = 3
    attempts: int = field(default=0, init=False)
    _rest: float = field(default=0.0, init=False)

    def run(self, ask: Callable[[], T]) -> T:
        """What ``ask`` gives. Raises its last SourceError, with the number of attempts."""
        try:
            return self._run(ask)
        except SourceError as error:
            error.attempts = self.attempts
            raise

    def _run(self, ask: Callable[[], T]) -> T:
        try:
            return self._once(ask)
        except SourceError as error:
            if self._again(error) is False:
                raise
        # Loaded here, because a source that answers at once need not wait for it.
        import stamina

        # Every failure ends up in the journal; a warning for each attempt would make cron write.
        stamina.instrumentation.set_on_retry_hooks(())
        for attempt in stamina.retry_context(on=self._again, attempts=self.most, timeout=None):
            with attempt:
                self._take_rest()
                answer = self._once(ask)
        return answer

    def _once(self, ask: Callable[[], T]) -> T:
        self.attempts += 1
        return ask()

    def _again(self, error: Exception) -> bool | float:
        """Whether to ask again; stamina rests 0 s, since its sleep cannot be interrupted."""
        asked = error.wait if isinstance(error, SourceError) else None
        rest = self.first_rest * 2 ** (self.attempts - 1) * random.uniform(1, 2)  # noqa: S311
        self._rest = max(rest, asked.total_seconds() if asked else 0)
        fits = self.attempts < self.most and stopwatch() + self._rest < self.bounds.deadline
        return 0.0 if is_passing(error) and fits else False

    def _take_rest(self) -> None:
        (self.bounds.stop or threading.Event()).wait(self._rest)
        self.bounds.check()
