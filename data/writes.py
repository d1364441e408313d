"""What a write transaction does to each table; :mod:`data.store` opens and ends it."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from data.connection import Connection
from data.model import KEYS, About, Answered, Headline, Page, SeenHeadline, Snapshot
from data.prepared import Given, Prepared
from data.rows import headline_row, seen_of, snapshot_row, texts_json, texts_of
from data.schema import (
    answers,
    captures,
    headlines,
    listings,
    pages,
    rollups_day,
    rollups_hour,
    runs,
    snapshots,
    sources,
)
from data.sql import Table, count, or_
from data.statements import delete, insert, select, update

KEPT_PAGES: Final = 200
UNKNOWN_EVERY_MS: Final = 3_600_000
FORGOTTEN: Final = 0
"""The ``every_ms`` of a source that was removed."""

Saved = Literal["stored", "filled", "duplicate"]


def is_slot(source: str | Given, slot: datetime | Given) -> Any:
    """The condition that names one snapshot."""
    return (snapshots.c.source == source) & (snapshots.c.slot == slot)


def _known_headline(*, addressed: bool) -> Prepared:
    """The headline of the same key, else of the same title where one of the two has no address."""
    key, same_title = headlines.c.key, headlines.c.title == Given("title")
    if addressed:
        same_title &= headlines.c.url.is_(None)
    place = (headlines.c.source == Given("source"), or_(key == Given("key"), same_title))
    return Prepared(select(headlines).where(*place).order_by(key != Given("key")).limit(1))


def _insert(table: Table) -> Prepared:
    """An INSERT of a row that has every column of ``table``."""
    return Prepared(insert(table).values(**{one.name: Given(one.name) for one in table.columns}))


INSERT_SNAPSHOT: Final = _insert(snapshots)
_INSERT_HEADLINE: Final = _insert(headlines)
_KNOWN_HEADLINE: Final = {has: _known_headline(addressed=has) for has in (False, True)}


def save_snapshot(connection: Connection, snapshot: Snapshot) -> Saved:
    """Insert the snapshot, or fill what an earlier look at the slot could not read."""
    new = snapshot_row(snapshot)
    query = select(snapshots).where(is_slot(snapshot.source, snapshot.slot))
    old = connection.execute(query).first()
    if old is None:
        connection.execute(INSERT_SNAPSHOT(new))
        return "stored"
    changes = _filled(old._mapping, new)
    if not changes:
        return "duplicate"
    place = is_slot(snapshot.source, snapshot.slot)
    connection.execute(update(snapshots).where(place).values(**changes))
    return "filled"


def _filled(old: Mapping[Any, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The columns that change: all of them where nothing was read, else the missing figures."""
    known = [key for key in KEYS if old[key] is not None]
    gained = [key for key in KEYS if new[key] is not None and key not in known]
    if not gained or (known and old["via"] != new["via"]):
        return {}
    if not known:
        return new
    changes = {key: new[key] for key in gained}
    for column in ("shown", "problems"):
        before, after = texts_of(old[column]), texts_of(new[column])
        changes[column] = texts_json(
            (key, (after if key in gained else before).get(key)) for key in KEYS
        )
    return changes


@dataclass(frozen=True, slots=True)
class Added:
    """What became of many snapshots."""

    new: int = 0
    filled: int = 0
    """Slots that had a snapshot and gained figures."""
    known: int = 0
    """Slots that had the same already."""
    kept: int = 0
    """Slots that hold other figures than those offered, or read them another way: kept."""

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.new + other.new,
            self.filled + other.filled,
            self.known + other.known,
            self.kept + other.kept,
        )


def add_snapshots(
    connection: Connection, source: str, batch: Sequence[Snapshot]
) -> tuple[Added, list[datetime]]:
    """Insert or fill the snapshots of one source; what became of them, and the slots changed."""
    wanted = {snapshot.slot for snapshot in batch}
    query = select(snapshots).where(snapshots.c.source == source, snapshots.c.slot.in_(wanted))
    held = {row.slot: dict(row._mapping) for row in connection.execute(query)}
    old, changed = set(held), set()
    total = Added()
    for snapshot in batch:
        slot, offered = snapshot.slot, snapshot_row(snapshot)
        if slot not in held:
            held[slot], became = offered, Added(new=1)
        else:
            changes = {} if _contradicts(held[slot], offered) else _filled(held[slot], offered)
            held[slot] |= changes
            left = any(offered[key] not in (None, held[slot][key]) for key in KEYS)
            became = Added(filled=1) if changes else Added(kept=1) if left else Added(known=1)
        if became.new or became.filled:
            changed.add(slot)
        total += became
    if fresh := changed - old:
        connection.execute(insert(snapshots), [held[slot] for slot in sorted(fresh)])
    for slot in changed & old:
        connection.execute(update(snapshots).where(is_slot(source, slot)).values(**held[slot]))
    return total, sorted(changed)


def _contradicts(old: Mapping[str, Any], offered: Mapping[str, Any]) -> bool:
    pairs = [(old[key], offered[key]) for key in KEYS]
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def save_headline(connection: Connection, seen: SeenHeadline) -> bool:
    """Keep a headline, or what it adds to the one already kept; whether a reader sees a change."""
    new = headline_row(seen)
    old = connection.execute(_KNOWN_HEADLINE[bool(new["url"])](new)).first()
    if old is None:
        connection.execute(_INSERT_HEADLINE(new))
        return True
    merged = headline_row(_merged(seen_of(old), seen))
    changes = {name: value for name, value in merged.items() if value != getattr(old, name)}
    if changes:
        place = (headlines.c.source == old.source) & (headlines.c.key == old.key)
        connection.execute(update(headlines).where(place).values(**changes))
    return not changes.keys() <= {"last_seen_at"}


def _merged(old: SeenHeadline, new: SeenHeadline) -> SeenHeadline:
    before, after = old.headline, new.headline
    if new.last_seen_at < old.last_seen_at:
        before, after = after, before
    start, end = _narrowed(before, after)
    headline = Headline(
        title=after.title,
        url=after.url or before.url,
        summary=after.summary or before.summary,
        author=after.author or before.author,
        published_from=start,
        published_to=end,
        lead=before.lead or after.lead,
    )
    return replace(
        old,
        headline=headline,
        first_seen_at=min(old.first_seen_at, new.first_seen_at),
        last_seen_at=max(old.last_seen_at, new.last_seen_at),
    )


def _narrowed(before: Headline, after: Headline) -> tuple[datetime | None, datetime | None]:
    """The interval both agree on; the earlier one where they contradict or one is unknown."""
    if before.published_from is None or before.published_to is None:
        return after.published_from, after.published_to
    if after.published_from is None or after.published_to is None:
        return before.published_from, before.published_to
    start = max(before.published_from, after.published_from)
    end = min(before.published_to, after.published_to)
    return (start, end) if start <= end else (before.published_from, before.published_to)


def see_again(connection: Connection, source: str, before: datetime, at: datetime) -> None:
    """The stories last seen ``before`` are still there ``at``: their page has not changed."""
    place = (headlines.c.source == source) & (headlines.c.last_seen_at == before)
    connection.execute(update(headlines).where(place).values(last_seen_at=at))


def keep_answer(connection: Connection, source: str, answered: Answered) -> None:
    """Keep what the source's server said of its page, in place of what it said before."""
    values = {
        "url": answered.url,
        "etag": answered.etag,
        "last_modified": answered.last_modified,
        "slot": answered.slot,
        "not_before": answered.not_before,
    }
    statement = insert(answers).values(source=source, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))


def touch_source(
    connection: Connection,
    source: str,
    every: timedelta | None,
    slots: Sequence[datetime],
    changed: bool,
) -> None:
    """Note the source's interval and span, and count the change if a reader could see one.

    ``every`` None: what is known, or an hour. The row of a source that was removed (FORGOTTEN)
    goes on counting, so that no version ever stands for two histories.
    """
    old = connection.execute(select(sources).where(sources.c.source == source)).first()
    if every is not None:
        every_ms = every // timedelta(milliseconds=1)
    else:
        every_ms = (old and old.every_ms) or UNKNOWN_EVERY_MS
    known = [] if old is None else [old.first_slot, old.last_slot]
    span = [slot for slot in (*known, *slots) if slot is not None]
    values = {
        "every_ms": every_ms,
        "first_slot": min(span, default=None),
        "last_slot": max(span, default=None),
    }
    changed = changed or (old is not None and old.every_ms != every_ms)
    values["version"] = (0 if old is None else old.version) + int(changed)
    if old is None:
        connection.execute(insert(sources).values(source=source, **values))
    elif any(getattr(old, column) != value for column, value in values.items()):
        connection.execute(update(sources).where(sources.c.source == source).values(**values))


def describe_source(connection: Connection, about: About, every: timedelta) -> None:
    """Note what a source is called, what it gives, whom to credit and how often it is looked at.

    A source that gave nothing yet has a row from then on.
    """
    values = {
        "every_ms": every // timedelta(milliseconds=1),
        "label": about.label,
        "metrics": ",".join(about.metrics),
        "credit": about.credit,
        "credit_url": about.credit_url,
    }
    changes = or_(*(sources.c[name].is_distinct_from(value) for name, value in values.items()))
    statement = insert(sources).values(source=about.source, version=1, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["source"],
            set_={**values, "version": sources.c.version + 1},
            where=changes,
        )
    )


def forget(connection: Connection, source: str) -> int:
    """Delete all that was kept of a source but its counter; the number of snapshots deleted."""
    removed = connection.execute(delete(snapshots).where(snapshots.c.source == source))
    for table in (
        rollups_hour,
        rollups_day,
        headlines,
        runs,
        pages,
        answers,
        captures,
        listings,
    ):
        connection.execute(delete(table).where(table.c.source == source))
    values = {"every_ms": FORGOTTEN, "first_slot": None, "last_slot": None}
    place = sources.c.source == source
    connection.execute(update(sources).where(place).values(**values, version=sources.c.version + 1))
    return removed.rowcount


def keep_page(connection: Connection, snapshot: Snapshot, page: Page) -> None:
    """Keep the page gzipped, the slot's newest, and the newest KEPT_PAGES of the source."""
    values = {
        "source": snapshot.source,
        "slot": snapshot.slot,
        "taken_at": page.taken_at,
        "origin": snapshot.origin,
        "url": page.url,
        "content_type": page.content_type,
        "body": gzip.compress(page.body, mtime=0),
    }
    statement = insert(pages).values(**values)
    newer = statement.excluded.taken_at >= pages.c.taken_at
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source", "slot"], set_=values, where=newer)
    )
    of_source = pages.c.source == snapshot.source
    newest = select(pages.c.slot).where(of_source).order_by(pages.c.slot.desc())
    oldest = connection.scalar(newest.offset(KEPT_PAGES - 1).limit(1))
    if oldest is not None:
        connection.execute(delete(pages).where(of_source, pages.c.slot < oldest))


def drop_page(connection: Connection, snapshot: Snapshot) -> None:
    """Forget the slot's page, when every figure that its source gives is known by now."""
    given = snapshot.look.readings
    known = [snapshots.c[key].is_not(None) for key in given]
    whole = select(snapshots.c.slot).where(is_slot(snapshot.source, snapshot.slot), *known)
    place = (pages.c.source == snapshot.source) & (pages.c.slot == snapshot.slot)
    connection.execute(delete(pages).where(place, whole.exists()))


def count_pages(connection: Connection, source: str) -> int:
    """How many pages of the source are kept."""
    query = select(count()).select_from(pages).where(pages.c.source == source)
    return int(connection.scalar(query) or 0)
