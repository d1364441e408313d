"""One run: slot, fetch, read, store, journal; the only place that catches everything."""

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from collectors import suspect
from collectors.attempts import Attempt, Attempts
from collectors.fetch import user_agent
from collectors.jobs import Job
from collectors.result import STORE, Result
from collectors.visit import Visit, Visitor
from data import outbox
from data.clock import Clock
from data.errors import MastheadError, SourceError, StoreError
from data.model import Look, Origin, Outcome, Page, Run, Snapshot, slot_of
from data.settings import Settings
from data.store import Store, open_store

READING: Final = "reading"
"""The error kind of a page that was not read fully."""
AT_ONCE: Final = 16
"""Sources that one process visits side by side."""

log: Final = logging.getLogger("masthead")


@dataclass(slots=True)
class Taking:
    """A run under way: what it is about and how far it got."""

    job: Job
    slot: datetime
    attempt: Attempt | None
    store: Store | None
    away: StoreError | None
    """Why there is no store."""
    visit: Visit | None = None
    failure: SourceError | None = None
    bridged: bool = False
    """Whether the outbox has it."""


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
        agent = user_agent(self.settings.contact)
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
        """Run every job, several at a time, over one store; results as they come."""
        store, away = self._open(min(job.every for job in jobs))
        try:
            with ThreadPoolExecutor(min(AT_ONCE, len(jobs))) as pool:
                yield from pool.map(lambda job: self._run(job, None, store, away), jobs)
        finally:
            if store is not None:
                store.close()

    def abandon(self) -> None:
        """Close the runs that are still under way, before the process ends."""
        try:
            store = open_store(self.settings.database, patience=timedelta(seconds=1))
            self.attempts.abandon(store, self.clock())
            store.close()
        except StoreError as error:
            log.debug("not journalled: %s", error)

    def _open(self, patience: timedelta) -> tuple[Store | None, StoreError | None]:
        if self.dry_run:
            return None, None
        try:
            store = open_store(self.settings.database, patience=patience)
        except StoreError as error:
            return None, error
        try:
            outbox.flush(self.settings.outbox, store, self._under_way, suspect.judged)
        except StoreError as error:
            store.close()
            return None, error
        except OSError as error:
            log.warning("the outbox %s cannot be emptied: %s", self.settings.outbox, error)
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
        taking = Taking(job, slot, attempt, store, away)
        result = self._guarded(taking, page)
        if attempt is not None and not taking.bridged:
            self.attempts.end(store, attempt, self._ended(taking, attempt, result))
        return result

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
            log.exception("%s: a run failed on a bug", source)
            message = f"A bug in Masthead, please report it: {type(error).__name__}: {error}"
            return failed(message, "bug")

    def _take(self, taking: Taking, page: Page | None) -> Result:
        job, store = taking.job, taking.store
        if page is not None:
            return self._read(taking, page, "file")
        if store is not None and not self.refresh:
            known = store.snapshot(job.source, taking.slot)
            if known is not None:
                return Result(job.source, taking.slot, "duplicate", known)
        visit = taking.visit = self.visitor.visit(job, store, conditional=not self.refresh)
        taking.slot = slot_of(visit.taken_at, job.every)
        if visit.page is not None:
            return self._read(taking, visit.page, "live")
        if visit.unchanged is None or store is None:
            raise SourceError(f"{job.url} sent no page.", kind="status", status=visit.status)
        return _unchanged(job, taking.slot, visit, visit.unchanged, store)

    def _read(self, taking: Taking, page: Page, origin: Origin) -> Result:
        job, store = taking.job, taking.store
        look = job.collector.read(page)
        snapshot = Snapshot(job.source, taking.slot, page.taken_at, origin, look)
        try:
            if store is None:
                if self.dry_run:
                    return _told(snapshot, page)
                raise taking.away or StoreError("The store could not be reached.")
            snapshot = suspect.judged(store, snapshot)
            return _saved(taking, store, snapshot, page)
        except StoreError as error:
            return self._bridged(taking, snapshot, page, error)

    def _bridged(self, taking: Taking, snapshot: Snapshot, page: Page, error: StoreError) -> Result:
        """Keep the snapshot in the outbox; the page too, for it was not judged yet."""
        result = _told(snapshot, page)
        if not snapshot.look.empty:
            result = replace(result, outcome="outbox", error=str(error), kind=STORE)
        if taking.attempt is not None:
            run = self._ended(taking, taking.attempt, result)
            self.attempts.bridge(taking.attempt, run, snapshot, page)
            taking.bridged = True
        return result

    def _ended(self, taking: Taking, attempt: Attempt, result: Result) -> Run:
        visit, failure = taking.visit, taking.failure
        return replace(
            attempt.run,
            slot=result.slot,
            ended_at=self.clock(),
            outcome=result.outcome,
            error_kind=result.kind,
            message=result.error,
            http_status=visit.status if visit else failure.status if failure else None,
            bytes=visit.bytes if visit else None,
            attempts=visit.attempts if visit else failure.attempts if failure else 0,
        )


def _saved(taking: Taking, store: Store, snapshot: Snapshot, page: Page) -> Result:
    """Store the snapshot, or only its page where nothing was read. Raises StoreError."""
    job, look, told = taking.job, snapshot.look, _told(snapshot, page)
    if look.empty:
        store.keep_page(snapshot, page)
        return told
    answered = None
    if taking.visit is not None and look.complete:
        answered = replace(taking.visit.answered, slot=snapshot.slot)
    saved = store.save(snapshot, job.every, None if look.complete else page, answered)
    info, about = store.source(job.source), job.collector.about
    if info is not None and info.about != about:
        store.describe(about)
    if saved == "duplicate":
        return replace(told, outcome="duplicate", error=None, kind=None)
    known = store.snapshot(job.source, snapshot.slot) if saved == "filled" else None
    if known is not None and known.look.has(look.readings):
        return replace(told, outcome="stored", error=None, kind=None)
    return told


def _unchanged(job: Job, slot: datetime, visit: Visit, before: Snapshot, store: Store) -> Result:
    """The page is the one that was read before: so are its figures."""
    snapshot = replace(before, slot=slot, taken_at=visit.taken_at, origin="live")
    answered = replace(visit.answered, slot=slot)
    saved = store.save_unchanged(snapshot, job.every, before.taken_at, answered)
    outcome: Outcome = "unchanged" if saved == "stored" else "duplicate"
    return Result(job.source, slot, outcome, snapshot)


def _told(snapshot: Snapshot, page: Page) -> Result:
    """What a look is worth, whatever the store makes of it."""
    look, source, slot = snapshot.look, snapshot.source, snapshot.slot
    if look.empty:
        return Result(source, slot, "failed", snapshot, _why_empty(look, page), READING)
    if look.complete:
        return Result(source, slot, "stored", snapshot)
    return Result(source, slot, "partial", snapshot, _missing(look), READING)


def _missing(look: Look) -> str:
    reasons = [
        f"{key}: {reading.problem or 'not read'}"
        for key, reading in look.readings.items()
        if reading.value is None
    ]
    return "; ".join(reasons) + "."


def _why_empty(look: Look, page: Page) -> str:
    if look.via is None:
        return f"{page.url} has none of its figures: nothing was stored."
    return f"{page.url} has no figure to trust: {_missing(look)}"
