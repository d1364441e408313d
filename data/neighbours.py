"""The readings around a slot: what a new one is judged against."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.connection import Connection, Row
from data.model import KEYS
from data.prepared import Given, Prepared
from data.rows import width_of
from data.schema import snapshots
from data.statements import select


@dataclass(frozen=True, slots=True)
class Known:
    """A value in the store and when it was taken."""

    value: float
    taken_at: datetime
    half_width: float = 0.0
    """How far the true figure may lie from it."""


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
    values = {"source": source, "slot": slot, "least": slot - reach, "most": slot + reach}
    before, after = (_nearest(connection, side, values) for side in (_BEFORE, _AFTER))
    return {key: Neighbours(before.get(key), after.get(key)) for key in KEYS}


def _side(*, before: bool) -> dict[str | None, Prepared]:
    """The nearest snapshot on a side: of all (None), and of those that have a figure."""
    at = snapshots.c.slot
    if before:
        places, order = (at < Given("slot"), at >= Given("least")), at.desc()
    else:
        places, order = (at > Given("slot"), at <= Given("most")), at
    beside = snapshots.c.taken_at, snapshots.c.shown, snapshots.c.via
    query = select(*beside, *(snapshots.c[key] for key in KEYS))
    query = query.where(snapshots.c.source == Given("source"), *places).order_by(order).limit(1)
    side: dict[str | None, Prepared] = {None: Prepared(query)}
    for key in KEYS:
        side[key] = Prepared(query.where(snapshots.c[key].is_not(None)))
    return side


_BEFORE: Final = _side(before=True)
_AFTER: Final = _side(before=False)


def _nearest(
    connection: Connection, side: Mapping[str | None, Prepared], values: Mapping[str, Any]
) -> dict[str, Known]:
    """The first value of each metric on a side; most stand in the first snapshot."""
    first = connection.execute(side[None](values)).first()
    if first is None:
        return {}
    found = {}
    for key in KEYS:
        row: Row | None = first
        if getattr(first, key) is None:
            row = connection.execute(side[key](values)).first()
        if row is not None:
            value = getattr(row, key)
            found[key] = Known(value, row.taken_at, width_of(key, value, row.shown, row.via))
    return found
