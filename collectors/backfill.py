"""Reaching back: list what archives hold of a source, thin it, fetch, read and store it.

Whatever is learned is written as it is learned, so that a backfill may be killed at any moment and
goes on with the same command.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType, MappingProxyType
from typing import Final

from collectors import commoncrawl, fetch, wayback
from collectors.commoncrawl import CommonCrawl
from collectors.looks import Archive, Looker, note_rest, processes
from collectors.meter import Meter, Tally
from collectors.order import Order
from collectors.pace import Pace, Terms, stopped
from collectors.retry import is_waiting
from collectors.saved import Saved
from collectors.spans import Queue, plan
from collectors.suspect import judged_within
from collectors.wayback import Wayback
from data.captures import Capture, Captures, Window
from data.clock import Clock
from data.errors import SourceError
from data.model import Origin, iso, slot_of
from data.settings import Settings
from data.store import Store, open_store

TERMS: Final[Mapping[str, Terms]] = MappingProxyType(
    {"wayback": wayback.TERMS, "commoncrawl": commoncrawl.TERMS}
)
"""How the archives that have a name want to be asked."""


def archives(
    wanted: Order,
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    client: fetch.Client | None = None,
    terms: Mapping[str, Terms] = TERMS,
) -> dict[Origin, Archive]:
    """Where to look, by origin; ``client`` keeps the connections to the archives."""
    found: dict[Origin, Archive] = {}
    agent, bases = fetch.user_agent(settings.contact), settings.archives
    if "wayback" in wanted.places:
        pace = Pace(terms["wayback"], agent, clock, stop, client)
        found["wayback"] = Wayback(bases.wayback.rstrip("/"), pace, clock)
    if "commoncrawl" in wanted.places:
        found["commoncrawl"] = CommonCrawl(
            bases.commoncrawl_index.rstrip("/"),
            bases.commoncrawl_data.rstrip("/"),
            Pace(terms["commoncrawl"], agent, clock, stop, client),
            clock,
            wanted.since,
            wanted.until,
        )
    if wanted.paths:
        found["file"] = Saved(wanted.paths, wanted.job.url, clock)
    return found


@dataclass(frozen=True, slots=True)
class Backfill:
    """One order being done."""

    order: Order
    store: Store
    archives: Mapping[Origin, Archive]
    clock: Clock
    stop: threading.Event
    tally: Tally
    meter: Meter

    def run(self) -> None:
        """Do what is ordered; ``tally`` holds what became of it. Raises StoreError."""
        job = self.order.job
        captures = Captures(self.store, job.source, job.every)
        try:
            asked = {
                origin: archive
                for origin, archive in self.archives.items()
                if not self._rests(origin, captures) and self._list(archive, captures)
            }
            self._read(captures, asked)
        except SourceError as error:
            if error.kind != "stopped":
                self.tally.problems.append(str(error))
        if self.tally.counts["read"] + self.tally.counts["partial"]:
            self.store.describe(job.collector.about, job.every)

    def _rests(self, origin: Origin, captures: Captures) -> bool:
        """Whether an archive said that it wants to be left alone; then it is."""
        until = captures.rests_until(origin)
        if until is None or not is_waiting(until, self.clock()):
            return False
        self.tally.problems.append(f"{origin} asked to be left alone until {iso(until)}: it was.")
        return True

    def _list(self, archive: Archive, captures: Captures) -> bool:
        """List one archive; whether it may be asked for captures, if only those listed so far."""
        try:
            for new in archive.list_captures(self.order.job.url, captures):
                self.tally.found += new
                self.meter.listed(archive.origin)
                if self.stop.is_set():
                    raise stopped()
        except SourceError as error:
            if error.kind == "stopped":
                raise
            self.tally.problems.append(str(error))
            if error.kind == "refused":
                note_rest(captures, archive.origin, error, self.clock())
                return False
        if isinstance(archive, Saved):
            self.tally.problems += archive.problems
            self.tally.other_site = archive.other_site
        return True

    def _read(self, captures: Captures, asked: Mapping[Origin, Archive]) -> None:
        order = self.order
        window = Window(tuple(asked), order.since, order.until)
        found = self._mine(captures.candidates(window))
        self.tally.given_up = captures.given_up(window)
        spans, passed = plan(found, order.every, order.job.every, self._held(found))
        captures.pass_over(passed)
        captures.reopen([one for span in spans for one in span])
        self.tally.counts.update(outcome for _, outcome in passed)
        self.meter.begin(len(spans))
        with processes(sum(span[0].origin == "file" for span in spans)) as pool:
            looker = Looker(
                order.job.source,
                asked,
                captures,
                judged_within,
                self.clock,
                self.stop,
                self.tally,
                self.meter,
                pool,
            )
            looker.work(Queue(spans, looker.start, looker.ahead))

    def _mine(self, found: list[Capture]) -> list[Capture]:
        """Without the pages of files that an earlier order named and this one does not."""
        saved = self.archives.get("file")
        if not isinstance(saved, Saved):
            return found
        return [
            one
            for one in found
            if one.origin != "file" or one.key.rpartition("#")[0] in saved.files
        ]

    def _held(self, found: Sequence[Capture]) -> set[datetime]:
        """The slots that have a snapshot, in all spans that captures were found in."""
        if not found:
            return set()
        every = self.order.every
        start, end = (slot_of(found[place].taken_at, every) for place in (0, -1))
        return set(self.store.slots(self.order.job.source, start, end + every))


@contextmanager
def stopping(stop: threading.Event, tally: Tally) -> Iterator[None]:
    """SIGINT and SIGTERM give up the request under way and end it; a second one ends it at once."""

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        tally.stopped = number
        stop.set()

    before = [signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)


def backfill(wanted: Order, settings: Settings, clock: Clock, shown: bool) -> Tally:
    """The command: what became of the order. Raises StoreError when there is no store.

    ``shown``: a progress bar on stderr, and Ctrl-C ends cleanly.
    """
    stop, tally = threading.Event(), Tally()
    store = open_store(settings.database)
    try:
        with fetch.new_client() as client, stopping(stop, tally), Meter(tally, shown) as meter:
            found = archives(wanted, settings, clock, stop, client)
            Backfill(wanted, store, found, clock, stop, tally, meter).run()
    finally:
        store.close()
    return tally
