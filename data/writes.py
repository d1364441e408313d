"""What a write transaction does to each table; :mod:`data.store` opens and ends it."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from data.engine import insert
from data.model import KEYS, Headline, Page, SeenHeadline, Snapshot
from data.rows import headline_row, seen_of, snapshot_row, texts_json, texts_of
from data.schema import headlines, pages, snapshots, sources

KEPT_PAGES: Final = 200
UNKNOWN_EVERY_MS: Final = 3_600_000

Saved = Literal["stored", "filled", "duplicate"]


def is_slot(source: str, slot: datetime) -> Any:
    """The condition that names one snapshot."""
    return (snapshots.c.source == source) & (snapshots.c.slot == slot)


def save_snapshot(connection: Connection, snapshot: Snapshot) -> Saved:
    """Insert the snapshot, or fill what an earlier look at the slot could not read."""
    new = snapshot_row(snapshot)
    query = select(snapshots).where(is_slot(snapshot.source, snapshot.slot))
    old = connection.execute(query).first()
    if old is None:
        connection.execute(snapshots.insert().values(**new))
        return "stored"
    changes = _filled(old, new)
    if not changes:
        return "duplicate"
    place = is_slot(snapshot.source, snapshot.slot)
    connection.execute(update(snapshots).where(place).values(**changes))
    return "filled"


def _filled(old: Row[Any], new: dict[str, Any]) -> dict[str, Any]:
    """The columns that change: all of them where nothing was read, else the missing figures."""
    known = [key for key in KEYS if getattr(old, key) is not None]
    gained = [key for key in KEYS if new[key] is not None and key not in known]
    if not gained or (known and old.via != new["via"]):
        return {}
    if not known:
        return new
    changes = {key: new[key] for key in gained}
    for column in ("shown", "problems"):
        before, after = texts_of(getattr(old, column)), texts_of(new[column])
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
    """Slots that hold another value than the one offered; the old one was kept."""

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
    wanted = [snapshot.slot for snapshot in batch]
    slot = snapshots.c.slot
    query = select(snapshots).where(
        snapshots.c.source == source, slot.between(min(wanted), max(wanted))
    )
    old = {row.slot: row for row in connection.execute(query)}
    fresh: dict[datetime, dict[str, Any]] = {}
    changed: list[datetime] = []
    filled = kept = 0
    for snapshot in batch:
        row, offered = old.get(snapshot.slot), snapshot_row(snapshot)
        if row is None and snapshot.slot not in fresh:
            fresh[snapshot.slot] = offered
        elif _contradicts(fresh[snapshot.slot] if row is None else row._mapping, offered):
            kept += 1
        elif row is not None and save_snapshot(connection, snapshot) == "filled":
            filled += 1
            changed.append(snapshot.slot)
    if fresh:
        connection.execute(snapshots.insert(), list(fresh.values()))
    known = len(batch) - len(fresh) - filled - kept
    return Added(len(fresh), filled, known, kept), [*fresh, *changed]


def _contradicts(old: Mapping[Any, Any], offered: Mapping[str, Any]) -> bool:
    pairs = [(old[key], offered[key]) for key in KEYS]
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def save_headline(connection: Connection, seen: SeenHeadline) -> bool:
    """Keep a headline, or what it adds to the one already kept; whether a reader sees a change."""
    new = headline_row(seen)
    same_title = headlines.c.title == new["title"]
    if new["url"]:
        same_title &= headlines.c.url.is_(None)
    query = select(headlines).where(
        headlines.c.source == seen.source, or_(headlines.c.key == new["key"], same_title)
    )
    old = connection.execute(query.order_by(headlines.c.key != new["key"]).limit(1)).first()
    if old is None:
        connection.execute(headlines.insert().values(**new))
        return True
    merged = headline_row(_merged(seen_of(old), seen))
    place = (headlines.c.source == old.source) & (headlines.c.key == old.key)
    connection.execute(update(headlines).where(place).values(**merged))
    visible = set(merged) - {"last_seen_at"}
    return any(merged[column] != getattr(old, column) for column in visible)


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


def touch_source(
    connection: Connection,
    source: str,
    every: timedelta | None,
    slots: Sequence[datetime],
    changed: bool,
) -> None:
    """Note the source's interval and span, and count the change if a reader could see one.

    ``every`` None: what is known, or an hour.
    """
    old = connection.execute(select(sources).where(sources.c.source == source)).first()
    if every is not None:
        every_ms = every // timedelta(milliseconds=1)
    else:
        every_ms = UNKNOWN_EVERY_MS if old is None else old.every_ms
    known = [] if old is None else [old.first_slot, old.last_slot]
    span = [slot for slot in (*known, *slots) if slot is not None]
    values = {
        "every_ms": every_ms,
        "first_slot": min(span, default=None),
        "last_slot": max(span, default=None),
        "version": (0 if old is None else old.version) + int(changed),
    }
    if old is None:
        connection.execute(sources.insert().values(source=source, **values))
    elif any(getattr(old, column) != value for column, value in values.items()):
        connection.execute(update(sources).where(sources.c.source == source).values(**values))


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
    statement = insert(connection, pages).values(**values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source", "slot"], set_=values)
    )
    of_source = pages.c.source == snapshot.source
    newest = select(pages.c.slot).where(of_source).order_by(pages.c.slot.desc())
    oldest = connection.scalar(newest.offset(KEPT_PAGES - 1).limit(1))
    if oldest is not None:
        connection.execute(delete(pages).where(of_source, pages.c.slot < oldest))


def count_pages(connection: Connection, source: str) -> int:
    """How many pages of the source are kept."""
    query = select(func.count()).select_from(pages).where(pages.c.source == source)
    return int(connection.scalar(query) or 0)
