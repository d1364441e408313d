"""Which store answers: the one that is kept; for a sample that it lacks, a passing one."""

from collections.abc import Sequence
from datetime import timedelta
from threading import Lock
from typing import Final

from dashboard.passing import Passing
from data.clock import Clock, stopwatch
from data.engine import PATIENCE
from data.errors import StoreError
from data.model import SAMPLE, slot_of
from data.news import News, news
from data.store import Store, open_store

EVERY: Final = timedelta(hours=1)


class Stores:
    """The store at ``url``, opened at the first request, and the sample for who has no data yet.

    The sample is made in a file that passes with the process, so that a look at it writes nothing
    into the store. It is the same in every process that makes it within one hour.
    """

    def __init__(self, url: str, now: Clock) -> None:
        self._url = url
        self._now = now
        self._lock = Lock()
        self._making = Lock()
        """Held while a sample is made, which takes seconds: the store itself stays within reach."""
        self._kept: Store | None = None
        self._tried: tuple[float, StoreError] | None = None
        """When the store could not be opened last, and why."""
        self._news: News | None = None
        self._sample: tuple[int, bool] | None = None
        """Whether the store has the sample, and what was new then."""
        self._passing: list[Passing] = []

    def kept(self) -> Store:
        """The store, read only. Raises StoreError while it is away."""
        asked = stopwatch()
        with self._lock:
            if self._kept is None:
                self._kept = self._opened(asked)
            return self._kept

    def _opened(self, asked: float) -> Store:
        """The store; who waited while somebody else tried in vain does not try again."""
        if self._tried is not None and asked < self._tried[0]:
            raise StoreError(str(self._tried[1]))
        try:
            return open_store(self._url, read_only=True, silence=PATIENCE)
        except StoreError as error:
            self._tried = stopwatch(), error
            raise

    def news(self) -> int:
        """Another number whenever the store may tell something else. Raises StoreError."""
        kept = self.kept()
        with self._lock:
            if self._news is None:
                self._news = news(kept)
            told = self._news
        return told.version()

    def asked(self, sources: Sequence[str]) -> Store:
        """The store for what is asked of ``sources``."""
        kept = self.kept()
        if list(sources) != [SAMPLE] or self._has_sample(kept):
            return kept
        with self._making:
            hour = slot_of(self._now(), EVERY)
            if not self._passing or self._passing[-1].hour != hour:
                self._passing.append(Passing(hour))
                # Somebody may still read the last one, but nobody the one before.
                for old in self._passing[:-2]:
                    old.close()
                del self._passing[:-2]
            return self._passing[-1].store

    def close(self) -> None:
        """Close what was opened; the passing samples are gone."""
        with self._making, self._lock:
            for passing in self._passing:
                passing.close()
            self._passing.clear()
            if self._news is not None:
                self._news.close()
                self._news = None
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def _has_sample(self, store: Store) -> bool:
        told = self.news()
        if self._sample is None or self._sample[0] != told:
            found = store.source(SAMPLE)
            self._sample = told, found is not None and found.last_slot is not None
        return self._sample[1]
