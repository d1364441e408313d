"""One run: slot, fetch, read, store, journal; the only place that catches everything."""

import errno
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, TypeVar

from collectors import fetch, suspect
from collectors.attempts import Attempts
from collectors.jobs import Job
from collectors.keeping import introduce, keep, keep_unchanged
from collectors.result import STORE, Result, told
from collectors.taking import Taking
from collectors.visit import Visit, Visitor
from data import copies, outbox
from data.clock import Clock
from data.engine import PATIENCE
from data.errors import MastheadError, SourceError, StoreError
from data.model import Origin, Page, Run, Snapshot, slot_of
from data.settings import Settings
from data.store import Store, open_store
from data.waiting import Waiting

T = TypeVar("T")

AT_ONCE: Final = 16
"""Sources that one process visits side by side."""

SPENT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What the machine says when it has nothing left to give: no bug of ours."""

log: Final = logging.getLogger("masthead")


@dataclass(frozen=True, slots=True)
class Runner:
    """Takes snapshots; every one of its runs is journalled."""

    settings: Settings
    clock: Clock
    dry_run: bool = False
    """Read and tell, but write nothing at all."""
    refresh: bool = False
    """Look again though the slot has its snapshot, to fill what it could not read."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set it to end what is under way."""
    attempts: Attempts = field(init=False)
    visitor: Visitor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attempts", Attempts(self.settings.outbox))
        agent = fetch.user_agent(self.settings.contact)
        visitor = Visitor(agent, self.settings.timeout, self.clock, self.stop)
        object.__setattr__(self, "visitor", visitor)

    def run(self, job: Job, page: Page | None = None) -> Result:
        """Fetch (or take the saved ``page``), read, store and journal; never raises."""
        store, away = self._open(job.every)
        try:
            return self._run(job, page, store, away)
        finally:
            if store is not None:
                store.close()

    def run_all(self, jobs: Sequence[Job]) -> Iterator[Result]:
        """Run every job, several at a time, over one store; results in their order."""
        store, away = self._open(min(job.every for job in jobs))
        try:
            with ThreadPoolExecutor(min(AT_ONCE, len(jobs))) as pool:
                yield from pool.map(lambda job: self._run(job, None, store, away), jobs)
        finally:
            if store is not None:
                store.close()

    def tell(self, results: Iterable[Result]) -> list[str]:
        """Tell the alerts of these runs; a line for each that could not be told; never raises.

        Whatever becomes of them, the runs have ended before, and are worth what they were.
        """
        reached = [one.source for one in results if one.kind != STORE]
        asked = self.settings.alerts.are_set and not (self.dry_run or self.stop.is_set())
        if not asked or not reached:
            return []
        from collectors.tell import tell

        try:
            return tell(self.settings, reached, self.clock).sentences
        except MastheadError as error:
            return [f"alerts: {error}"]
        except Exception as error:
            log.exception("the alerts failed on a bug")
            return [f"alerts: a bug in Masthead, please report it: {type(error).__name__}: {error}"]

    def abandon(self) -> None:
        """Close the runs that are still under way, before the process ends."""
        store = None
        shortly = timedelta(seconds=1)
        with suppress(StoreError):
            store = open_store(self.settings.database, patience=shortly, silence=shortly)
        self.attempts.abandon(store, self.clock())
        if store is not None:
            store.close()

    def _open(self, every: timedelta) -> tuple[Store | None, StoreError | None]:
        """The store, its outbox emptied, or why there is none: nothing waits for an interval."""
        if self.dry_run:
            return None, None
        limit = min(every, PATIENCE)
        try:
            store = open_store(
                self.settings.database, patience=limit, stop=self.stop, silence=limit
            )
        except StoreError as error:
            return None, error
        try:
            outbox.flush(self.settings.outbox, store, self._under_way, suspect.judged)
        except StoreError as error:
            store.close()
            return None, error
        except OSError as error:
            log.warning("the outbox %s cannot be emptied: %s", self.settings.outbox, error)
        except Exception:
            # What lies there must not keep this run from its page.
            log.exception("the outbox %s cannot be emptied, on a bug", self.settings.outbox)
        return store, None

    def _under_way(self, run: Run, every: timedelta) -> bool:
        return self.attempts.under_way(run, every, self.clock())

    def _run(
        self, job: Job, page: Page | None, store: Store | None, away: StoreError | None
    ) -> Result:
        at = self.clock()
        slot = slot_of(page.taken_at if page else at, job.every)
        attempt = None
        if not self.dry_run:
            attempt = self.attempts.begin(store, job.source, slot, at, job.every)
            if attempt.away is not None:
                store, away = None, attempt.away
        taking = Taking(job, slot, attempt, store, away)
        result = self._guarded(taking, page)
        if attempt is not None and not taking.bridged:
            run = taking.ended(attempt, result, self.clock())
            self.attempts.end(store, attempt, run)
            self._copied(taking, result, run)
        return result

    def _copied(self, taking: Taking, result: Result, run: Run) -> None:
        """Keep a second copy of what the store has taken; a slot's second page may have news."""
        looked = taking.page is not None or result.outcome != "duplicate"
        if taking.store is not None and looked:
            waiting = Waiting(run, taking.job.every, result.snapshot, taking.page)
            copies.keep(taking.store, waiting)

    def _guarded(self, taking: Taking, page: Page | None) -> Result:
        source = taking.job.source

        def failed(error: str, kind: str) -> Result:
            return Result(source, taking.slot, "failed", None, error, kind)

        try:
            return self._take(taking, page)
        except SourceError as error:
            taking.failure = error
            return failed(str(error), error.kind)
        except StoreError as error:
            return failed(str(error), STORE)
        except MastheadError as error:
            return failed(str(error), "usage")
        except Exception as error:
            if isinstance(error, OSError) and error.errno in SPENT:
                return failed(f"The machine has no more for Masthead: {error.strerror}.", "machine")
            log.exception("%s: a run failed on a bug", source)
            message = f"A bug in Masthead, please report it: {type(error).__name__}: {error}"
            return failed(message, "bug")

    def _take(self, taking: Taking, page: Page | None) -> Result:
        self._asking_store(taking, lambda store: introduce(store, taking.job))
        if page is not None:
            return self._read(taking, page, "file")
        known = self._asking_store(taking, lambda store: self._known(taking, store))
        if known is not None:
            return Result(taking.job.source, taking.slot, "duplicate", known)
        visit = taking.visit = self._visit(taking)
        taking.slot = slot_of(visit.taken_at, taking.job.every)
        if visit.page is not None:
            return self._read(taking, visit.page, "live")
        if visit.unchanged is None:
            url = fetch.shown(taking.job.url)
            raise SourceError(f"{url} sent no page.", kind="status", status=visit.status)
        return self._unchanged(taking, visit, visit.unchanged)

    def _known(self, taking: Taking, store: Store) -> Snapshot | None:
        return None if self.refresh else store.snapshot(taking.job.source, taking.slot)

    def _visit(self, taking: Taking) -> Visit:
        """Without the store, when that goes away before the page is asked for."""
        conditional = not self.refresh
        visit = self._asking_store(
            taking, lambda store: self.visitor.visit(taking.job, store, conditional=conditional)
        )
        return visit or self.visitor.visit(taking.job, None, conditional=False)

    def _asking_store(self, taking: Taking, ask: Callable[[Store], T | None]) -> T | None:
        """What the store knows; None without one, also from now on."""
        if taking.store is None:
            return None
        try:
            return ask(taking.store)
        except StoreError as error:
            taking.store, taking.away = None, error
            return None

    def _read(self, taking: Taking, page: Page, origin: Origin) -> Result:
        job = taking.job
        look = job.collector.read(page)
        snapshot = Snapshot(job.source, taking.slot, page.taken_at, origin, look)
        if self.dry_run:
            return told(snapshot, page.url)
        taking.page = page
        answered = None if taking.visit is None else taking.visit.answered
        return self._stored(
            taking, snapshot, page, lambda store: keep(store, job, snapshot, page, answered)
        )

    def _unchanged(self, taking: Taking, visit: Visit, before: Snapshot) -> Result:
        """The page is the one that was read before: so are its figures."""
        job, slot = taking.job, taking.slot
        snapshot = replace(before, slot=slot, taken_at=visit.taken_at, origin="live")
        return self._stored(
            taking,
            snapshot,
            None,
            lambda store: keep_unchanged(store, job, snapshot, before, visit),
        )

    def _stored(
        self,
        taking: Taking,
        snapshot: Snapshot,
        page: Page | None,
        store_it: Callable[[Store], Result],
    ) -> Result:
        """What the store made of it; without one it goes to the outbox."""
        result = self._asking_store(taking, store_it)
        if result is not None:
            return result
        # The page goes along, for the history has not judged the snapshot yet.
        result = told(snapshot, page.url if page else taking.job.url)
        if not snapshot.look.empty:
            away = str(taking.away or "The store could not be reached.")
            result = replace(result, outcome="outbox", error=away, kind=STORE)
        if taking.attempt is not None:
            run = taking.ended(taking.attempt, result, self.clock())
            self.attempts.bridge(taking.attempt, run, snapshot, page)
            taking.bridged = True
        return result
