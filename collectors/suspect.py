"""Suspect figures: what the history around a slot makes hard to believe is no value."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from data.model import Look, Reading, Snapshot, iso
from data.neighbours import Known, Neighbours, neighbours
from data.rounding import within_rounding
from data.store import Store

REACH: Final = timedelta(days=30)
"""How far away a reading may be to be judged against."""
FACTOR: Final = 10.0
"""The largest change that is believed in a day, up or down."""
DAY: Final = timedelta(days=1)
MOST_DAYS: Final = 300
"""Beyond them the factor would be more than a number holds: an imported time may be any."""


def judged(store: Store, snapshot: Snapshot) -> Snapshot:
    """The snapshot without the figures that its neighbours in the store deny. Raises StoreError."""
    with store.reading() as connection:
        return judged_within(connection, snapshot)


def judged_within(connection: Any, snapshot: Snapshot) -> Snapshot:
    """As :func:`judged`, by what a transaction sees that is to hold the snapshot as well."""
    if snapshot.look.empty:
        return snapshot
    around = neighbours(connection, snapshot.source, snapshot.slot, REACH)
    return replace(snapshot, look=doubted(snapshot.look, snapshot.taken_at, around))


def doubted(look: Look, taken_at: datetime, around: Mapping[str, Neighbours]) -> Look:
    """The look with suspect figures as NULL: their reason and the text as shown are kept.

    A figure is suspect when it is a sudden zero, or beyond FACTOR for every day begun, against
    each neighbour there is: a change that the next reading confirms was a change.
    """
    readings = {
        key: _doubted(reading, taken_at, around.get(key, Neighbours()))
        for key, reading in look.readings.items()
    }
    return replace(look, readings=readings)


def _doubted(reading: Reading, taken_at: datetime, around: Neighbours) -> Reading:
    value = reading.value
    known = [one for one in (around.before, around.after) if one is not None]
    if value is None or not known:
        return reading
    reasons = [_reason(value, reading.half_width or 0.0, taken_at, one) for one in known]
    if None in reasons:
        return reading
    shown = reading.shown if reading.shown is not None else _plain(value)
    return replace(reading, value=None, half_width=None, shown=shown, problem=reasons[0])


def _reason(value: float, width: float, taken_at: datetime, known: Known) -> str | None:
    """Why a neighbour denies the value, wherever both lie in their rounding; None: it does not."""
    if within_rounding(value - known.value, width + known.half_width):
        return None
    if value == 0 and known.value > 0:
        return f"suspect: a sudden zero, {_was(known)}"
    if value == 0 or known.value == 0:
        return None
    days = min(max(1, -(-abs(taken_at - known.taken_at) // DAY)), MOST_DAYS)
    (less, up), (more, down) = sorted([(value, width), (known.value, known.half_width)])
    if (more - down) / (less + up) > FACTOR**days:
        return f"suspect: {more / less:.0f} times off, {_was(known)}"
    return None


def _was(known: Known) -> str:
    return f"it was {_plain(known.value)} at {iso(known.taken_at)}"


def _plain(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else f"{value:f}".rstrip("0")
