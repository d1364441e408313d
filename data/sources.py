"""The list of sources: what is known of each, and what a write transaction does to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data.connection import Connection, Row
from data.model import About
from data.rows import given_by, texts_json, texts_of
from data.schema import (
    ROLLUPS,
    alerts,
    answers,
    captures,
    headlines,
    listings,
    pages,
    runs,
    snapshots,
    sources,
)
from data.sql import or_
from data.statements import delete, insert, select, update

UNKNOWN_EVERY_MS: Final = 3_600_000
FORGOTTEN: Final = 0
"""The ``every_ms`` of a source that was removed."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """One source in the store: how often it is sampled, its span and its change counter."""

    source: str
    every: timedelta
    first_slot: datetime | None
    last_slot: datetime | None
    version: int
    about: About
    """What it is; as far as its collector said."""


def info_of(row: Row) -> SourceInfo:
    """The source that a row of the table is."""
    every = timedelta(milliseconds=row.every_ms)
    return SourceInfo(
        source=row.source,
        every=every,
        first_slot=row.first_slot,
        last_slot=row.last_slot,
        version=row.version,
        about=About(
            source=row.source,
            label=row.label or row.source,
            metrics=given_by(row.metrics),
            credit=row.credit,
            credit_url=row.credit_url,
            counts=texts_of(row.counts),
        ),
    )


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
        "counts": texts_json(about.counts.items()),
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
        *ROLLUPS,
        headlines,
        runs,
        pages,
        answers,
        captures,
        listings,
        alerts,
    ):
        connection.execute(delete(table).where(table.c.source == source))
    values = {"every_ms": FORGOTTEN, "first_slot": None, "last_slot": None}
    place = sources.c.source == source
    connection.execute(update(sources).where(place).values(**values, version=sources.c.version + 1))
    return removed.rowcount
