"""What a write transaction does to each table; :mod:`data.store` opens and ends it."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from data.connection import Connection
from data.model import KEYS, Answered, Page, Snapshot
from data.prepared import Given, prepared_insert
from data.rows import shown_column, shown_of, snapshot_row, texts_json, texts_of
from data.schema import (
    answers,
    pages,
    snapshots,
)
from data.sql import count
from data.statements import delete, insert, select, update

KEPT_PAGES: Final = 200

Saved = Literal["stored", "filled", "duplicate"]


def is_slot(source: str | Given, slot: datetime | Given) -> Any:
    """The condition that names one snapshot."""
    return (snapshots.c.source == source) & (snapshots.c.slot == slot)


INSERT_SNAPSHOT: Final = prepared_insert(snapshots)


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
    texts = [(shown_of(old), shown_of(new)), (texts_of(old["problems"]), texts_of(new["problems"]))]
    shown, problems = (
        {key: (after if key in gained else before).get(key) for key in KEYS}
        for before, after in texts
    )
    changes["shown"] = shown_column({**old, **changes}, shown)
    changes["problems"] = texts_json(problems.items())
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


def keep_answer(connection: Connection, source: str, answered: Answered) -> None:
    """Keep what the source's server said of its page, in place of what it said before."""
    values = {
        "url": answered.url,
        "etag": answered.etag,
        "last_modified": answered.last_modified,
        "slot": answered.slot,
        "not_before": answered.not_before,
        "wished_at": answered.wished_at,
    }
    statement = insert(answers).values(source=source, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))


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
