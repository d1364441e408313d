"""The store: writes snapshots once per slot, and reads them back."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeVar

from data import engine as engines
from data import revisions, stories, writes
from data import sources as source_rows
from data.connection import Connection, Row
from data.engine import Engine
from data.many import Part, add_parts
from data.model import KEYS, SAMPLE, About, Answered, Page, Run, SeenHeadline, Snapshot
from data.places import ORDER, SHOWN_AT, Place, behind
from data.rollup import rebuild
from data.rows import given_by, run_of, run_row, seen_of, snapshot_of
from data.schema import answers, headlines, robots, runs, snapshots, sources
from data.sources import SourceInfo
from data.sql import or_
from data.statements import Select, insert, select

Made = TypeVar("Made")


class Store:
    """A history in one database. Every method raises StoreError when it cannot be reached."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view, for several reads that belong together."""
        return engines.reading(self.engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """One write transaction."""
        return engines.writing(self.engine)

    def save(
        self,
        snapshot: Snapshot,
        every: timedelta,
        page: Page | None = None,
        answered: Answered | None = None,
    ) -> writes.Saved:
        """Keep one look, its headlines and (where it was not read fully) its page: all or nothing.

        A slot that has a snapshot keeps what it knows: only figures that were not read before are
        filled in ("filled"), and only from the same kind of reading, so that their rounding holds.
        ``answered`` is kept with a snapshot that is new.
        """
        source = snapshot.source
        with self.writing() as connection:
            saved = writes.save_snapshot(connection, snapshot)
            news = [stories.save_headline(connection, seen) for seen in _seen(snapshot)]
            if saved != "duplicate":
                rebuild(connection, source, [snapshot.slot])
            changed = saved != "duplicate" or any(news)
            source_rows.touch_source(connection, source, every, [snapshot.slot], changed)
            if page is not None:
                writes.keep_page(connection, snapshot, page)
            writes.drop_page(connection, snapshot)
            if answered is not None and saved == "stored":
                writes.keep_answer(connection, source, answered)
        return saved

    def save_unchanged(
        self, snapshot: Snapshot, every: timedelta, before: datetime, answered: Answered
    ) -> writes.Saved:
        """Keep a look at a page that is the one read ``before``, its stories seen again."""
        with self.writing() as connection:
            saved = writes.save_snapshot(connection, snapshot)
            # Another run may have read the slot in part since this one began: that is filled.
            if saved != "duplicate":
                rebuild(connection, snapshot.source, [snapshot.slot])
                source_rows.touch_source(connection, snapshot.source, every, [snapshot.slot], True)
                writes.drop_page(connection, snapshot)
                stories.see_again(connection, snapshot.source, before, snapshot.taken_at)
                writes.keep_answer(connection, snapshot.source, answered)
        return saved

    def add(
        self, history: Iterable[Snapshot], every: Mapping[str, timedelta | None]
    ) -> writes.Added:
        """Keep many snapshots, all or nothing, each slot once, as :meth:`save` does.

        ``every`` by source is asked for when ``history`` has ended; None keeps what is known.
        """
        return self.add_parts([Part(lambda: history)], every)

    def add_parts(
        self, parts: Iterable[Part], every: Mapping[str, timedelta | None]
    ) -> writes.Added:
        """Keep a history that comes in parts as :meth:`add` does: all or nothing."""
        with self.writing() as connection:
            total, spans = add_parts(connection, parts)
            for source, slots in spans.items():
                source_rows.touch_source(connection, source, every.get(source), slots, bool(slots))
        return total

    def add_headlines(
        self, seen: Iterable[SeenHeadline], every: Mapping[str, timedelta | None]
    ) -> int:
        """Keep headlines with the times they were seen, all or nothing; how many told news."""
        changed: dict[str, int] = {}
        with self.writing() as connection:
            for one in seen:
                news = stories.save_headline(connection, one)
                changed[one.source] = changed.get(one.source, 0) + news
            for source, count in changed.items():
                source_rows.touch_source(connection, source, every.get(source), [], count > 0)
        return sum(changed.values())

    def add_runs(self, history: Iterable[Run]) -> int:
        """Keep runs made elsewhere, each once; the number of new ones."""
        with self.writing() as connection:
            statement = insert(runs).on_conflict_do_nothing()
            return sum(
                connection.execute(statement.values(**run_row(run))).rowcount for run in history
            )

    def keep_page(self, snapshot: Snapshot, page: Page) -> None:
        """Keep a page that gave no figure at all."""
        with self.writing() as connection:
            writes.keep_page(connection, snapshot, page)

    def snapshot(self, source: str, slot: datetime) -> Snapshot | None:
        """The snapshot of a slot (without headlines), None when there is none."""
        return self._snapshot(_looks(source).where(snapshots.c.slot == slot))

    def answered(self, source: str) -> Answered | None:
        """What the source's server said of its page last, None when nothing."""
        return self._first(select(answers).where(answers.c.source == source), _answered_of)

    def keep_answer(self, source: str, answered: Answered) -> None:
        """Keep what the source's server said of its page."""
        with self.writing() as connection:
            writes.keep_answer(connection, source, answered)

    def describe(self, about: About, every: timedelta) -> None:
        """Keep what a source says of itself, also before it has a history."""
        with self.writing() as connection:
            source_rows.describe_source(connection, about, every)

    def cached_rules(self, site: str) -> tuple[str, datetime] | None:
        """The robots.txt of a site as last fetched, and when; None when it never was."""
        query = select(robots).where(robots.c.site == site)
        return self._first(query, lambda row: (row.rules, row.fetched_at))

    def keep_rules(self, site: str, text: str, at: datetime) -> None:
        """Keep the robots.txt of a site, fetched at ``at``, in the place of an older one."""
        row = {"site": site, "fetched_at": at, "rules": text}
        with self.writing() as connection:
            statement = insert(robots).values(**row)
            connection.execute(statement.on_conflict_do_update(index_elements=["site"], set_=row))

    def remove(self, source: str) -> int:
        """Forget a source and all that was kept of it; the number of snapshots removed."""
        with self.writing() as connection:
            return source_rows.forget(connection, source)

    def sources(self) -> list[SourceInfo]:
        """Every source with a history, real ones first."""
        query = select(sources).where(sources.c.every_ms != source_rows.FORGOTTEN)
        query = query.order_by(sources.c.source == SAMPLE, sources.c.source)
        return self._rows(query, source_rows.info_of)

    def source(self, source: str) -> SourceInfo | None:
        """One source, None when nothing was ever kept of it."""
        query = select(sources).where(sources.c.every_ms != source_rows.FORGOTTEN)
        return self._first(query.where(sources.c.source == source), source_rows.info_of)

    def latest(self, source: str) -> Snapshot | None:
        """The newest snapshot (without headlines), None when there is none."""
        return self._snapshot(_looks(source).order_by(snapshots.c.slot.desc()))

    def latest_read(
        self, source: str, until: datetime, keys: Sequence[str] = KEYS
    ) -> Snapshot | None:
        """The newest snapshot up to ``until`` with one of these figures, None when there is none.

        A later one was taken by a clock that was set back since.
        """
        read = or_(*(snapshots.c[key].is_not(None) for key in keys))
        past = snapshots.c.slot <= until
        query = _looks(source).where(read, past).order_by(snapshots.c.slot.desc())
        return self._snapshot(query)

    def last_run(self, source: str) -> Run | None:
        """The newest run."""
        query = select(runs).where(runs.c.source == source)
        return self._first(query.order_by(runs.c.started_at.desc(), runs.c.id.desc()), run_of)

    def slots(self, source: str, start: datetime, end: datetime) -> list[datetime]:
        """The slots in [start, end) that have a snapshot, oldest first."""
        slot = snapshots.c.slot
        query = select(slot).where(snapshots.c.source == source, slot >= start, slot < end)
        return self._rows(query.order_by(slot), _only)

    def first_try(self, source: str) -> datetime | None:
        """When the source was first looked at live, with or without success; None: never."""
        live = snapshots.c.origin == "live"
        looks = select(snapshots.c.slot).where(snapshots.c.source == source, live)
        tries = select(runs.c.started_at).where(runs.c.source == source, runs.c.attempts > 0)
        look = self._first(looks.order_by(snapshots.c.slot), _only)
        found = look, self._first(tries.order_by(runs.c.started_at), _only)
        return min((at for at in found if at), default=None)

    def page_count(self, source: str) -> int:
        """How many pages are kept to be read again."""
        with self.reading() as connection:
            return writes.count_pages(connection, source)

    def headlines(
        self,
        source: str,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        after: Place | None = None,
    ) -> list[SeenHeadline]:
        """The newest headlines, at most ``limit``, that stand in [start, end] (see SHOWN_AT).

        ``after``: of those behind that place alone. Raises UsageError where nothing stands there.
        """
        query = select(headlines).where(headlines.c.source == source)
        if start is not None:
            query = query.where(start <= SHOWN_AT)
        if end is not None:
            query = query.where(end >= SHOWN_AT)
        with self.reading() as connection:
            if after is not None:
                query = query.where(behind(connection, source, after))
            found = connection.execute(query.order_by(*ORDER).limit(limit))
            return [seen_of(row) for row in found]

    def _snapshot(self, query: Select) -> Snapshot | None:
        return self._first(query, lambda row: snapshot_of(row, given_by(row.metrics)))

    def _first(self, query: Select, form: Callable[[Row], Made]) -> Made | None:
        return next(iter(self._rows(query.limit(1), form)), None)

    def _rows(self, query: Select, form: Callable[[Row], Made]) -> list[Made]:
        """What ``form`` makes of each row, while a row of a damaged file is still told as such."""
        with self.reading() as connection:
            return [form(row) for row in connection.execute(query)]


def _answered_of(row: Row) -> Answered:
    return Answered(row.url, row.etag, row.last_modified, row.slot, row.not_before, row.wished_at)


def _only(row: Row) -> datetime:
    only: datetime = row[0]
    return only


def open_store(
    database: str,
    read_only: bool = False,
    patience: timedelta = engines.PATIENCE,
    stop: threading.Event | None = None,
    silence: timedelta = engines.SILENCE,
) -> Store:
    """The store at a database URL; made and migrated first; if ``read_only``, only looked at.

    ``patience``: how long a writer waits for its turn, at most PATIENCE; setting ``stop`` ends
    that. ``silence``: how long a server may leave a statement unanswered. Raises StoreError.
    """
    url, patience = engines.parse_url(database), min(patience, engines.PATIENCE)
    engine = engines.connect(url, patience, stop, read_only, silence)
    (revisions.check if read_only else revisions.migrate)(engine)
    return Store(engine)


def _looks(source: str) -> Select:
    """The snapshots of a source, each with the metrics that the source gives."""
    of_source = sources.c.source == snapshots.c.source
    query = select(snapshots, sources.c.metrics).outerjoin(sources, of_source)
    return query.where(snapshots.c.source == source)


def _seen(snapshot: Snapshot) -> Iterable[SeenHeadline]:
    at = snapshot.taken_at
    return [SeenHeadline(one, snapshot.source, at, at) for one in snapshot.look.headlines]
