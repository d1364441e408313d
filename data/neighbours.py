"""The readings around a slot: what a new one is judged against."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.connection import Connection, Row
from data.model import KEYS
from data.schema import snapshots
from data.statements import select


@dataclass(frozen=True, slots=True)
class Known:
    """A value in the store and when it was taken."""

    value: float
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest values of one metric on either side of a slot."""

    before: Known | None = None
    after: Known | None = None


def neighbours(
    connection: Connection, source: str, slot: datetime, reach: timedelta
) -> dict[str, Neighbours]:
    """By metric the nearest values before and after ``slot``, at most ``reach`` away.

    What the caller's transaction wrote itself counts too.
    """
    at = snapshots.c.slot
    sides = (
        (at.desc(), at < slot, at >= slot - reach),
        (at, at > slot, at <= slot + reach),
    )
    before, after = (_nearest(connection, source, *side) for side in sides)
    return {key: Neighbours(before.get(key), after.get(key)) for key in KEYS}


def _nearest(connection: Connection, source: str, order: Any, *places: Any) -> dict[str, Known]:
    """The first value of each metric in this order; most stand in the first snapshot."""
    query = select(snapshots).where(snapshots.c.source == source, *places).order_by(order).limit(1)
    first = connection.execute(query).first()
    if first is None:
        return {}
    found = {}
    for key in KEYS:
        row: Row | None = first
        if first._mapping[key] is None:
            row = connection.execute(query.where(snapshots.c[key].is_not(None))).first()
        if row is not None:
            found[key] = Known(row._mapping[key], row.taken_at)
    return found
