"""Looks at captures in the order of time, on all cores, and stores what was seen."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Final, Protocol

from collectors import COLLECTORS
from collectors.markup import keep_freed_memory
from collectors.meter import Meter, Tally
from collectors.pace import TEMPORARY, stopped
from collectors.saved import fetch_saved
from collectors.spans import Pending, Queue, pass_over
from data.captures import Capture, CaptureOutcome, Captures, Judge, Settled
from data.clock import Clock
from data.errors import SourceError
from data.model import Look, Origin, Page, Snapshot, slot_of

BATCH: Final = 200
"""Captures settled in one transaction, where they are read faster than they are stored."""
FEW: Final = 32
"""So many saved pages are read before other processes have started."""
AHEAD: Final = 32
"""Saved pages given to each process before their turn."""
MOST_FAILURES: Final = 10
"""Captures in a row that an archive may fail to give before it is left for another day."""

SERVED: Final[frozenset[CaptureOutcome]] = frozenset({"read", "partial", "covered"})


class Archive(Protocol):
    """Where captures are: one module each."""

    @property
    def origin(self) -> Origin:
        """What its snapshots say of where they come from."""

    def list_captures(self, url: str, captures: Captures, /) -> Iterator[int]:
        """Note the captures of ``url``; yields how many each part added. Raises SourceError."""

    def fetch(self, capture: Capture, /) -> Page:
        """The page as captured. Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a capture gave."""

    look: Look | None = None
    failure: str | None = None
    page: Page | None = None
    """None from other processes: a saved page can be had again."""


def see(source: str, page: Page) -> Seen:
    """Read a page as the collector does; whatever happens is told, not raised."""
    try:
        look = COLLECTORS[source].read(page)
    except SourceError as error:
        return Seen(failure=str(error))
    except Exception as error:  # a reader's bug costs one capture, not the whole backfill
        kind = type(error).__name__
        return Seen(failure=f"A bug in Masthead, please report it: {kind}: {error}")
    return Seen(look)


def see_saved(source: str, capture: Capture) -> Seen:
    """Read a saved page; called in other processes."""
    try:
        return see(source, fetch_saved(capture))
    except SourceError as error:
        return Seen(failure=str(error))


class Later:
    """A look that is taken when its turn has come."""

    def __init__(self, look: Callable[[], Seen]) -> None:
        self._look = look

    def done(self) -> bool:
        """Never before it is asked for."""
        return False

    def result(self) -> Seen:
        """Take it."""
        return self._look()


@dataclass(slots=True)
class Looker:
    """Reads what is to be read, span by span."""

    source: str
    archives: Mapping[Origin, Archive]
    captures: Captures
    judge: Judge
    clock: Clock
    stop: threading.Event
    tally: Tally
    meter: Meter
    pool: ProcessPoolExecutor | None = None
    failures: int = 0
    """Captures in a row that an archive failed to give."""

    @property
    def ahead(self) -> int:
        """Spans started before their turn: none from the network, where an answer that is not
        stored yet would be fetched again after a kill.
        """
        return 1 if self.pool is None else AHEAD * cores()

    def start(self, capture: Capture) -> Pending[Seen]:
        """Begin a look: saved pages at once in another process, others at their turn."""
        if self.pool is not None and capture.origin == "file":
            return self.pool.submit(see_saved, self.source, capture)
        return Later(partial(self._look, capture))

    def _look(self, capture: Capture) -> Seen:
        try:
            page = self.archives[capture.origin].fetch(capture)
        except SourceError as error:
            if error.kind == "refused":
                note_rest(self.captures, capture.origin, error, self.clock())
            if error.kind in ("stopped", "refused"):
                raise
            self._count(error)
            return Seen(failure=str(error))
        self.failures = 0
        return replace(see(self.source, page), page=page)

    def _count(self, error: SourceError) -> None:
        """One more failure. Raises SourceError when it is the archive that is away."""
        passing = error.kind in TEMPORARY or (error.status or 0) >= 500
        self.failures = self.failures + 1 if passing else 0
        if self.failures >= MOST_FAILURES:
            message = f"{error} So did {self.failures - 1} captures before: try again later."
            raise SourceError(message, "refused", error.status)

    def work(self, queue: Queue[Seen]) -> None:
        """Settle the whole queue. Raises SourceError when it was stopped, or an archive is away.

        A transaction holds what is there, and never waits for what is not.
        """
        try:
            while queue:
                if self.stop.is_set():
                    raise stopped()
                capture, seen = queue.result()
                with self.captures.settling(self.judge) as settle:
                    self._settle(queue, capture, seen, settle)
                    for _ in range(BATCH - 1):
                        if not queue.ready:
                            break
                        self._settle(queue, *queue.result(), settle)
        except BrokenProcessPool:
            raise SourceError(
                "A reading process was killed, perhaps for want of memory: the same command goes "
                "on.",
                "process",
            ) from None

    def _settle(
        self,
        queue: Queue[Seen],
        capture: Capture,
        seen: Seen,
        settle: Callable[[Settled], CaptureOutcome],
    ) -> None:
        outcome = settle(self._settled(capture, seen))
        self.tally.counts[outcome] += 1
        rest = queue.settle(outcome in SERVED)
        if rest is None:
            return
        every = self.captures.every
        if outcome in SERVED:
            for one, why in pass_over(rest, every, {slot_of(capture.taken_at, every)}):
                self.tally.counts[settle(Settled(one, why))] += 1
        self.meter.advance(1)

    def _settled(self, capture: Capture, seen: Seen) -> Settled:
        look = seen.look
        if look is None:
            return Settled(capture, "failed", seen.failure)
        if look.empty and look.via is None:
            return Settled(capture, "no header")
        slot = slot_of(capture.taken_at, self.captures.every)
        snapshot = Snapshot(self.source, slot, capture.taken_at, capture.origin, look)
        return Settled(capture, "read", None, snapshot, partial(_again, capture, seen))


def _again(capture: Capture, seen: Seen) -> Page | None:
    """The page that was seen, to be kept; None for a saved one that has gone meanwhile."""
    if seen.page is not None:
        return seen.page
    try:
        return fetch_saved(capture)
    except SourceError:
        return None


def note_rest(captures: Captures, origin: Origin, error: SourceError, now: datetime) -> None:
    """Note how long an archive wants to be left alone, so that the next command heeds it."""
    if error.wait is not None:
        captures.rest(origin, now + error.wait)


def cores() -> int:
    """How many processes can work at once here."""
    return os.cpu_count() or 1


@contextmanager
def processes(saved_pages: int) -> Iterator[ProcessPoolExecutor | None]:
    """Processes to read saved pages in; None for a few, which are read before those have started.

    They are spawned, not forked: the parent has threads.
    """
    if saved_pages < FEW:
        yield None
        return
    pool = ProcessPoolExecutor(cores(), get_context("spawn"), _begin)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Ctrl-C is the parent's to answer; and a parent that was killed leaves nobody behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # The queue of a pool is held open by its readers, so they would wait for ever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
