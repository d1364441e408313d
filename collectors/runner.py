"""One run: slot, fetch, read, store, journal; the only place that catches everything."""

import logging
import os
import socket
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

from collectors import COLLECTORS, Collector, fetch
from data import outbox
from data.clock import Clock
from data.errors import MastheadError, SourceError, StoreError, UsageError
from data.jsonform import to_json
from data.model import Look, Origin, Outcome, Page, Run, Snapshot, from_ms, iso, slot_of
from data.settings import Settings
from data.store import Store, open_store

EXIT: Final[dict[Outcome, int]] = {
    "stored": 0,
    "duplicate": 0,
    "unchanged": 0,
    "partial": 3,
    "failed": 4,
    "outbox": 5,
}
"""The exit code of each outcome; of several runs the worst counts."""

JSON_KEYS: Final = (
    "source",
    "slot",
    "taken_at",
    "as_of",
    "origin",
    "outcome",
    "via",
    "readings",
    "headlines",
    "error",
)
"""What ``collect --json`` prints of a run, in this order."""

log: Final = logging.getLogger("masthead")


@dataclass(frozen=True, slots=True)
class Job:
    """One source as configured: its collector, its address and how often to look."""

    collector: Collector
    url: str
    every: timedelta

    @property
    def source(self) -> str:
        """The source's name."""
        return self.collector.name


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one run."""

    source: str
    slot: datetime
    outcome: Outcome
    snapshot: Snapshot | None = None
    error: str | None = None

    @property
    def exit_code(self) -> int:
        """The command's exit code for this run."""
        return EXIT[self.outcome]

    def json(self) -> dict[str, Any]:
        """The object that ``collect --json`` prints."""
        known = to_json(self.snapshot) if self.snapshot else {"readings": {}, "headlines": []}
        known |= {
            "source": self.source,
            "slot": iso(self.slot),
            "outcome": self.outcome,
            "error": self.error,
        }
        return {key: known.get(key) for key in JSON_KEYS}

    @property
    def sentence(self) -> str:
        """One line for a person."""
        words = {"duplicate": "already there", "outbox": "kept in the outbox"}
        line = f"{self.source} {iso(self.slot)}: {words.get(self.outcome, self.outcome)}"
        return f"{line}: {self.error}" if self.error else line


def jobs(settings: Settings, names: Iterable[str] = (), url: str | None = None) -> list[Job]:
    """The sources to run: the named ones, else every one that is configured. Raises UsageError."""
    unknown = [name for name in (*settings.sources, *names) if name not in COLLECTORS]
    if unknown:
        known = ", ".join(COLLECTORS)
        raise UsageError(f"The source {unknown[0]!r} is not known: there is {known}.")
    enabled = [name for name, source in settings.sources.items() if source.enabled]
    chosen = list(dict.fromkeys(names)) or enabled
    if not chosen:
        raise UsageError("No source is enabled: set 'enabled' of one in the config.")
    if url is not None and len(chosen) != 1:
        raise UsageError(f"--url goes with one source; here are {len(chosen)}: name one.")
    return [_job(settings, name, url) for name in chosen]


def _job(settings: Settings, name: str, url: str | None) -> Job:
    collector, chosen = COLLECTORS[name], settings.sources.get(name)
    address = url or (chosen and chosen.url) or collector.url
    if not address.startswith(("http://", "https://")):
        raise UsageError(f"The address {address!r} of {name} is not http or https.")
    return Job(collector, address, (chosen and chosen.every) or collector.every)


@dataclass(frozen=True, slots=True)
class Runner:
    """Takes snapshots: one call of :meth:`run` is one look at one source."""

    settings: Settings
    clock: Clock
    dry_run: bool = False
    """Read and tell, but write nothing at all."""
    refresh: bool = False
    """Look again though the slot has its snapshot, to fill what it could not read."""

    def run(self, job: Job, page: Page | None = None) -> Result:
        """Fetch (or take the saved ``page``), read, store and journal; never raises."""
        started_at = self.clock()
        slot = slot_of(page.taken_at if page else started_at, job.every)
        store, away = self._open()
        try:
            run = Run(job.source, slot, started_at, host=socket.gethostname())
            number = _try(store.start_run, run) if store else None
            result, got = self._look(job, slot, page, store, away)
            if store is not None and number is not None:
                _try(store.finish_run, number, self._finished(run, result, got))
            return result
        finally:
            if store is not None:
                store.close()

    def _open(self) -> tuple[Store | None, StoreError | None]:
        if self.dry_run:
            return None, None
        try:
            store = open_store(self.settings.database)
            outbox.flush(self.settings.outbox, store)
        except StoreError as error:
            return None, error
        except OSError as error:
            log.warning("the outbox %s cannot be emptied: %s", self.settings.outbox, error)
        return store, None

    def _look(
        self,
        job: Job,
        slot: datetime,
        page: Page | None,
        store: Store | None,
        away: StoreError | None,
    ) -> tuple[Result, Page | SourceError | None]:
        got: Page | SourceError | None = page
        try:
            if page is None:
                known = None if store is None or self.refresh else store.snapshot(job.source, slot)
                if known is not None:
                    return Result(job.source, slot, "duplicate", known), None
                got = page = self._fetch(job)
            slot = slot_of(page.taken_at, job.every)
            look = job.collector.read(page)
            origin: Origin = "live" if page.status is not None else "file"
            snapshot = Snapshot(job.source, slot, page.taken_at, origin, look)
            return self._keep(job, snapshot, page, store, away), got
        except SourceError as error:
            return Result(job.source, slot, "failed", None, str(error)), got or error
        except MastheadError as error:
            return Result(job.source, slot, "failed", None, str(error)), got
        except Exception as error:
            log.exception("%s: a run failed on a bug", job.source)
            message = f"A bug in Masthead, please report it: {type(error).__name__}: {error}"
            return Result(job.source, slot, "failed", None, message), got

    def _fetch(self, job: Job) -> Page:
        agent = fetch.user_agent(self.settings.contact)
        return fetch.get(job.url, agent, min(self.settings.timeout, job.every), self.clock)

    def _keep(
        self,
        job: Job,
        snapshot: Snapshot,
        page: Page,
        store: Store | None,
        away: StoreError | None,
    ) -> Result:
        look = snapshot.look
        unread = None if look.complete else page
        if look.empty:
            if store is not None:
                _try(store.keep_page, snapshot, page)
            return Result(job.source, snapshot.slot, "failed", snapshot, _why_empty(look, page))
        error = _why_partial(look)
        if self.dry_run:
            outcome: Outcome = "stored" if look.complete else "partial"
            return Result(job.source, snapshot.slot, outcome, snapshot, error)
        try:
            if store is None:
                raise away or StoreError("The store could not be reached.")
            saved = store.save(snapshot, job.every, unread)
            now_known = store.snapshot(job.source, snapshot.slot)
        except StoreError as failure:
            outbox.put(self.settings.outbox, snapshot, job.every, unread)
            return Result(job.source, snapshot.slot, "outbox", snapshot, str(failure))
        if saved == "duplicate":
            return Result(job.source, snapshot.slot, "duplicate", snapshot)
        if now_known is not None and now_known.look.complete:
            return Result(job.source, snapshot.slot, "stored", snapshot)
        return Result(job.source, snapshot.slot, "partial", snapshot, error)

    def _finished(self, run: Run, result: Result, got: Page | SourceError | None) -> Run:
        page = got if isinstance(got, Page) else None
        failure = got if isinstance(got, SourceError) else None
        kind = failure.kind if failure else "reading" if result.error else None
        return replace(
            run,
            slot=result.slot,
            ended_at=self.clock(),
            outcome=result.outcome,
            error_kind="store" if result.outcome == "outbox" else kind,
            message=result.error,
            http_status=page.status if page else failure.status if failure else None,
            bytes=len(page.body) if page else None,
            attempts=0 if got is None else 1,
        )


def _try(write: Callable[..., Any], *arguments: Any) -> Any:
    """The journal must not stop a run: a store that goes away meets the snapshot itself."""
    try:
        return write(*arguments)
    except StoreError as error:
        log.debug("not journalled: %s", error)
        return None


def _why_partial(look: Look) -> str | None:
    missing = [
        f"{key}: {reading.problem or 'not read'}"
        for key, reading in look.readings.items()
        if reading.value is None
    ]
    return "; ".join(missing) + "." if missing else None


def _why_empty(look: Look, page: Page) -> str:
    if look.via is None:
        return f"{page.url} has none of the five figures: nothing was stored."
    return f"{page.url} has the five labels but no figure to trust: {_why_partial(look)}"


def saved_page(job: Job, file: BinaryIO, name: str, at: datetime | None, now: datetime) -> Page:
    """A page saved by hand: HTML or the visible text, by its content.

    Taken ``at``; unsaid, when the file was last changed (``now`` for a pipe). Raises UsageError.
    """
    body = file.read(fetch.MAX_BYTES + 1)
    if len(body) > fetch.MAX_BYTES:
        raise UsageError(f"{name} is larger than {fetch.MAX_BYTES // 2**20} MiB: no page is.")
    if not body.strip():
        raise UsageError(f"{name} is empty: save the page again.")
    if at is None:
        about = os.fstat(file.fileno())
        at = from_ms(about.st_mtime_ns // 1_000_000) if stat.S_ISREG(about.st_mode) else now
    if at > now + timedelta(minutes=1):
        raise UsageError(f"--at {iso(at)} lies in the future: say when the page was taken.")
    kind = "text/plain" if name.lower().endswith(".txt") else ""
    return Page(body=body, url=job.url, taken_at=at, content_type=kind)
