"""What a write transaction does to each table; :mod:`data.store` opens and ends it."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from data.engine import insert
from data.model import KEYS, Headline, Page, SeenHeadline, Snapshot
from data.rows import headline_row, seen_of, snapshot_row, texts_json, texts_of
from data.schema import headlines, pages, snapshots, sources

KEPT_PAGES: Final = 200

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


def insert_new(connection: Connection, batch: Sequence[Snapshot]) -> list[datetime]:
    """Insert the snapshots whose slots are free (all of one source); the slots they took."""
    source = batch[0].source
    wanted = [snapshot.slot for snapshot in batch]
    taken = set(
        connection.scalars(
            select(snapshots.c.slot).where(
                snapshots.c.source == source,
                snapshots.c.slot.between(min(wanted), max(wanted)),
            )
        )
    )
    rows: dict[datetime, dict[str, Any]] = {}
    for snapshot in batch:
        if snapshot.slot not in taken:
            rows.setdefault(snapshot.slot, snapshot_row(snapshot))
    if rows:
        connection.execute(snapshots.insert(), list(rows.values()))
    return list(rows)


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
    every: timedelta,
    slots: Sequence[datetime],
    changed: bool,
) -> None:
    """Note the source's interval and span, and count the change if a reader could see one."""
    every_ms = every // timedelta(milliseconds=1)
    old = connection.execute(select(sources).where(sources.c.source == source)).first()
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
