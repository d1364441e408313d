"""The daily flow inside a rolling thirty-day figure, with an interval for each day.

A reading is the sum of the thirty days before it, rounded. Two readings a day apart differ by a
day that came and the day of thirty days ago that went; all readings together, each within its
rounding, and what is expected of days (:mod:`data.insight.prior`) give the days back.
``docs/insight.md`` derives it and says when not to trust it.
"""

from dataclasses import dataclass
from typing import Final

import numpy
from numpy.typing import NDArray
from scipy.special import stdtrit

from data.insight.banded import Array
from data.insight.bounds import within
from data.insight.daily import DAY_MS
from data.insight.flow import INSIDE, SHORTEST, Daily
from data.insight.history import History
from data.insight.prior import Prior, learn
from data.insight.windows import CLOSE, FINEST, WINDOW, Windows, windows

NARROW: Final = 7
"""A day has a value where readings tell the sum of at most so many days with it."""
COARSE: Final = 1 / 3
"""Where the interval of half of all days reaches further than this part of them, none is shown."""
FEWEST: Final = 15
"""Days that must have a value."""
_WITHIN_DAY: Final = 0.02
"""How far a reading between the ends of a day may lie from where an even day puts it, as a part
of a day: days are not even, and none is as the one that it replaces."""
_LARGEST: Final = 1e300
"""Sums of what is larger are no numbers any more."""
_LEVEL: Final = 31
_SCALE: Final = 61


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the next call may begin with, when a reading was added to the history."""

    start: int
    prior: Prior


def unroll(history: History, learnt: Learnt | None = None) -> Daily:
    """The daily flow of which ``history`` has the rolling sums.

    ``learnt`` is what an earlier call on the same history, with fewer readings, gave: it saves
    time and changes the result by no more than a thousandth of the interval.
    """
    span = (history.times[-1] - history.times[0]) // DAY_MS if history.times else 0
    if span < SHORTEST:
        return Daily("short", span=span)
    if not _comparable(numpy.asarray(history.values)):
        return Daily("unfit", span=span)
    readings = windows(history)
    known = _known(readings)
    if known.sum() < FEWEST:
        return Daily("coarse", span=span)
    unit = float(numpy.median(readings.values)) / WINDOW
    values = readings.values / unit
    widths = numpy.maximum(readings.half_widths / unit, FINEST * values.max())
    level = _level(readings, values, _LEVEL)
    scale = numpy.maximum(_level(readings, values, _SCALE), FINEST)
    noise = widths**2 / 3 + _off(readings) ** 2
    prior = learnt.prior if learnt and learnt.start == readings.start else Prior()
    found = learn(readings, values - readings.sums(level), noise, scale, prior)
    flow = _fitting(readings, values, widths, found.matrix, level + found.x)
    if flow is None:
        return Daily("unfit", span=span)
    reach = _reach(readings.days) * numpy.sqrt(found.variance)
    if numpy.median(reach[known]) > COARSE * numpy.median(flow[known]):
        return Daily("coarse", span=span)
    return Daily(
        "shown",
        starts=(readings.start + DAY_MS * numpy.arange(readings.days)).tolist(),
        values=_told(flow * unit, known),
        low=_told(numpy.maximum(flow - reach, 0) * unit, known),
        high=_told((flow + reach) * unit, known),
        span=span,
        learnt=Learnt(readings.start, found.prior),
    )


def _comparable(values: Array) -> bool:
    """Whether half of the readings are more than nothing beside the largest, which is a number."""
    middle, largest = numpy.sort(values)[len(values) // 2], numpy.abs(values).max()
    return bool(FINEST * largest < middle and largest < _LARGEST)


def _told(values: Array, known: NDArray[numpy.bool_]) -> list[float | None]:
    told = values.astype(object)
    told[~known] = None
    found: list[float | None] = told.tolist()
    return found


def _level(readings: Windows, values: Array, width: int) -> Array:
    """The mean day of the month around each day, smoothed over ``width`` days."""
    middle = readings.first + readings.part + WINDOW / 2 - 0.5
    level = numpy.interp(numpy.arange(readings.days), middle, values / WINDOW)
    padded = numpy.pad(level, width // 2, mode="edge")
    total = numpy.concatenate([[0.0], numpy.cumsum(padded)])
    found: Array = (total[width:] - total[:-width]) / width
    return found


def _off(readings: Windows) -> Array:
    """How far each reading may lie from where even days put it: most in the middle of a day."""
    found: Array = _WITHIN_DAY * 4 * readings.part * (1 - readings.part)
    return found


def _fitting(
    readings: Windows, values: Array, widths: Array, matrix: Array, flow: Array
) -> Array | None:
    """The flow moved to where it fits all readings, those within a day less strictly if need be:
    first as if days were nearly even, then as if a day could come, and go, within a moment.
    """
    off = _off(readings)
    days = numpy.maximum(flow, 0)
    course = days[readings.first] + days[numpy.minimum(readings.first + WINDOW, len(days) - 1)]
    for more in (0 * off, 3 * off, numpy.where(off > 0, course, 0)):
        found = within(readings, values, widths + more, matrix, flow)
        if found is not None or not off.any():
            return found
    return None


def _reach(days: int) -> float:
    """How many standard deviations an interval reaches to each side.

    What the readings leave open are the levels of thirty chains of days a month apart; each is
    estimated from so many days as a chain has, hence Student's t.
    """
    return float(stdtrit(max(days / WINDOW - 1, 2.0), (1 + INSIDE) / 2))


def _known(readings: Windows) -> NDArray[numpy.bool_]:
    """Which days readings tell: at both their ends, or when they leave the thirty days again."""
    starts = readings.start + DAY_MS * numpy.arange(readings.days)
    entering = _between(readings.times, starts)
    leaving = _between(readings.times, starts + WINDOW * DAY_MS)
    found: NDArray[numpy.bool_] = numpy.minimum(entering, leaving) <= NARROW * DAY_MS + 2 * CLOSE
    return found


def _between(times: NDArray[numpy.int64], starts: NDArray[numpy.int64]) -> Array:
    """How far the last reading before each day and the first one after it are apart, in ms."""
    before = numpy.searchsorted(times, starts + CLOSE, side="right") - 1
    after = numpy.searchsorted(times, starts + DAY_MS - CLOSE)
    inside = (before >= 0) & (after < len(times))
    gap = times[numpy.minimum(after, len(times) - 1)] - times[numpy.maximum(before, 0)]
    return numpy.where(inside, gap, numpy.inf)
