"""The readings around a slot: what a new one is judged against."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.model import KEYS
from data.schema import snapshots
from data.statements import select
from data.store import Store


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
    store: Store, source: str, slot: datetime, reach: timedelta
) -> dict[str, Neighbours]:
    """By metric the nearest values before and after ``slot``, at most ``reach`` away."""
    at, of_source = snapshots.c.slot, snapshots.c.source == source
    found: dict[str, Neighbours] = {}
    with store.reading() as connection:

        def nearest(key: str, order: Any, *places: Any) -> Known | None:
            column = snapshots.c[key]
            query = select(column, snapshots.c.taken_at)
            query = query.where(of_source, column.is_not(None), *places).order_by(order).limit(1)
            row = connection.execute(query).first()
            return None if row is None else Known(*row)

        for key in KEYS:
            found[key] = Neighbours(
                nearest(key, at.desc(), at < slot, at >= slot - reach),
                nearest(key, at, at > slot, at <= slot + reach),
            )
    return found
