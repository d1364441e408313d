"""Archived pages that a backfill knows of: what was listed, what is to be read, what became of it.

Everything is written as it happens, each step in one transaction, so a backfill that is killed at
any moment goes on where it was.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from data.connection import Connection, Row
from data.model import Origin, Page, SeenHeadline, Snapshot, iso, slot_of
from data.prepared import Given, Prepared
from data.rollup import rebuild
from data.rows import snapshot_row
from data.schema import captures, listings, snapshots
from data.sources import touch_source
from data.sql import and_, count, or_
from data.statements import insert, select, update
from data.store import Store
from data.stories import save_headline
from data.writes import INSERT_SNAPSHOT, is_slot, keep_page

CaptureOutcome = Literal["read", "partial", "empty", "no header", "failed", "covered", "thinned"]
"""``empty``: labels without a figure; ``covered``: its slot had a snapshot; ``thinned``: its span
had one."""

MOST_ATTEMPTS: Final = 3
"""Backfills that may try a capture that fails each time."""
CHUNK: Final = 500
PEACE: Final = "peace"
"""The scope under which an archive's wish to be left alone is noted."""

Judge = Callable[[Connection, Snapshot], Snapshot]
"""Takes away what cannot be true; reads history through the transaction the snapshot goes into."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived page: where it is (``key``, within its origin), what it is of, and when."""

    origin: Origin
    key: str
    taken_at: datetime
    address: str
    digest: str | None = None
    """Tells versions of the same key apart."""
    outcome: CaptureOutcome | None = None
    """None: still to be read."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How far an index was listed: the place to go on from, and when its end was reached."""

    cursor: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A capture and what became of it; ``snapshot`` where there is something to keep."""

    capture: Capture
    outcome: CaptureOutcome
    message: str | None = None
    snapshot: Snapshot | None = None
    page: Callable[[], Page | None] = lambda: None
    """Gives the page, which is kept to be read again where it was not read fully."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which captures a backfill is about: of these origins, taken in [since, until)."""

    origins: Collection[Origin]
    since: datetime | None
    until: datetime


class Captures:
    """The captures of one source. Every method raises StoreError when there is no store."""

    def __init__(self, store: Store, source: str, every: timedelta) -> None:
        self.store = store
        self.source = source
        self.every = every

    def listing(self, origin: Origin, scope: str) -> Listing:
        """How far the index ``scope`` was listed."""
        with self.store.reading() as connection:
            row = connection.execute(select(listings).where(*self._scope(origin, scope))).first()
        return Listing(row.cursor, row.ended_at) if row else Listing()

    def listed(self, origin: Origin, scope: str, found: Sequence[Capture], listing: Listing) -> int:
        """Keep a part of an index and how far it goes; how many captures are new or have changed.

        A capture whose digest is another than the one known is to be read again.
        """
        with self.store.writing() as connection:
            fresh = sum(
                self._add(connection, found[start : start + CHUNK])
                for start in range(0, len(found), CHUNK)
            )
            place = {"source": self.source, "origin": origin, "scope": scope}
            values = {"cursor": listing.cursor, "ended_at": listing.ended_at}
            statement = insert(listings).values(**place, **values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=list(place), set_=values)
            )
        return fresh

    def _add(self, connection: Connection, found: Sequence[Capture]) -> int:
        rows = {one.key: self._row(one) for one in found}
        statement = insert(captures).values(list(rows.values()))
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["source", "origin", "key"],
            set_={name: new[name] for name in ("taken_at", "slot", "address", "digest")}
            | {"outcome": None, "message": None, "attempts": 0},
            where=captures.c.digest.is_distinct_from(new.digest),
        )
        return connection.execute(statement).rowcount

    def _row(self, one: Capture) -> dict[str, Any]:
        return {
            "source": self.source,
            "origin": one.origin,
            "key": one.key,
            "taken_at": one.taken_at,
            "slot": slot_of(one.taken_at, self.every),
            "address": one.address,
            "digest": one.digest,
            "outcome": None,
            "message": None,
            "attempts": 0,
        }

    def rest(self, origin: Origin, until: datetime) -> None:
        """Note that an archive wants to be left alone so long, whoever asks."""
        self.listed(origin, PEACE, [], Listing(iso(until)))

    def rests_until(self, origin: Origin) -> datetime | None:
        """Until when an archive wants to be left alone, if it ever said so."""
        cursor = self.listing(origin, PEACE).cursor
        return None if cursor is None else datetime.fromisoformat(cursor)

    def candidates(self, window: Window) -> list[Capture]:
        """What may be read, oldest first: all that was not looked at.

        When nothing is left over from a backfill that was stopped, also what failed before, up to
        MOST_ATTEMPTS times: so a backfill that goes on asks for nothing it had an answer to.
        """
        outcome = captures.c.outcome
        open_ = outcome.is_(None)
        again = and_(outcome == "failed", captures.c.attempts < MOST_ATTEMPTS)
        wanted = or_(open_, outcome.in_(("covered", "thinned")))
        columns = captures.c
        with self.store.reading() as connection:
            left = select(count()).select_from(captures).where(*self._within(window), open_)
            if not connection.scalar(left):
                wanted = or_(wanted, again)
            query = select(captures).where(*self._within(window), wanted)
            query = query.order_by(columns.taken_at, columns.origin.desc(), columns.key)
            return [_capture(row) for row in connection.execute(query)]

    def given_up(self, window: Window) -> int:
        """How many captures failed so often that they are not tried again."""
        query = (
            select(count())
            .select_from(captures)
            .where(
                *self._within(window),
                captures.c.outcome == "failed",
                captures.c.attempts >= MOST_ATTEMPTS,
            )
        )
        with self.store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def reopen(self, found: Sequence[Capture]) -> None:
        """Note that these are to be read, whatever became of them before."""
        self._mark([(one, None) for one in found if one.outcome is not None])

    def pass_over(self, found: Sequence[tuple[Capture, CaptureOutcome]]) -> None:
        """Note what became of captures that nobody needs to look at."""
        self._mark(found)

    def _mark(self, found: Sequence[tuple[Capture, CaptureOutcome | None]]) -> None:
        with self.store.writing() as connection:
            for one, outcome in found:
                noted = update(captures).values(outcome=outcome)
                connection.execute(noted.where(*self._is(one)))

    @contextmanager
    def settling(self, judge: Judge) -> Iterator[Callable[[Settled], CaptureOutcome]]:
        """One transaction in which captures are settled; the function says what became of each.

        A slot that has a snapshot keeps it as it is: the capture is ``covered``.
        """
        touched: list[datetime] = []
        with self.store.writing() as connection:
            yield lambda one: self._settle(connection, one, judge, touched)
            if touched:
                rebuild(connection, self.source, touched)
                touch_source(connection, self.source, self.every, touched, changed=True)

    def _settle(
        self, connection: Connection, one: Settled, judge: Judge, touched: list[datetime]
    ) -> CaptureOutcome:
        outcome = one.outcome
        message = one.message
        if one.snapshot is not None:
            outcome, message = self._save(connection, one.snapshot, one.page, judge)
            if outcome in ("read", "partial"):
                touched.append(one.snapshot.slot)
        known = {"source": self.source, "origin": one.capture.origin, "key": one.capture.key}
        note = _NOTE_FAILED if outcome == "failed" else _NOTE
        connection.execute(note(known | {"outcome": outcome, "message": message}))
        return outcome

    def _save(
        self,
        connection: Connection,
        snapshot: Snapshot,
        page: Callable[[], Page | None],
        judge: Judge,
    ) -> tuple[CaptureOutcome, str | None]:
        held = _HELD({"source": self.source, "slot": snapshot.slot})
        if connection.execute(held).first() is not None:
            return "covered", None
        judged = judge(connection, snapshot)
        unread = None if judged.look.complete else page()
        if unread is not None:
            keep_page(connection, judged, unread)
        if judged.look.empty:
            return "empty", _why(judged)
        connection.execute(INSERT_SNAPSHOT(snapshot_row(judged)))
        at = judged.taken_at
        for headline in judged.look.headlines:
            save_headline(connection, SeenHeadline(headline, self.source, at, at))
        return ("read", None) if judged.look.complete else ("partial", _why(judged))

    def _is(self, one: Capture) -> tuple[Any, ...]:
        return _is(self.source, one.origin, one.key)

    def _scope(self, origin: Origin, scope: str) -> tuple[Any, ...]:
        columns = listings.c
        return columns.source == self.source, columns.origin == origin, columns.scope == scope

    def _within(self, window: Window) -> tuple[Any, ...]:
        columns = captures.c
        since = () if window.since is None else (columns.taken_at >= window.since,)
        return (
            columns.source == self.source,
            columns.origin.in_(window.origins),
            columns.taken_at < window.until,
            *since,
        )


def _is(source: Any, origin: Any, key: Any) -> tuple[Any, ...]:
    columns = captures.c
    return columns.source == source, columns.origin == origin, columns.key == key


def _note(**tried: Any) -> Prepared:
    """Note what became of a capture that is still open.

    Another backfill of the same source may have settled it meanwhile: its word stands.
    """
    note = update(captures).values(outcome=Given("outcome"), message=Given("message"), **tried)
    place = _is(Given("source"), Given("origin"), Given("key"))
    return Prepared(note.where(*place, captures.c.outcome.is_(None)))


_NOTE: Final = _note()
_NOTE_FAILED: Final = _note(attempts=captures.c.attempts + 1)
_HELD: Final = Prepared(select(snapshots.c.slot).where(is_slot(Given("source"), Given("slot"))))


def _capture(row: Row) -> Capture:
    return Capture(row.origin, row.key, row.taken_at, row.address, row.digest, row.outcome)


def _why(snapshot: Snapshot) -> str:
    """What is not there, and why."""
    readings = snapshot.look.readings.items()
    return "; ".join(f"{key}: {one.problem}" for key, one in readings if one.value is None) + "."
