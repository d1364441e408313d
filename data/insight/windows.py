"""The days of a history, and its readings as sums of thirty of them."""

from dataclasses import dataclass
from typing import Final

import numpy
from numpy.typing import NDArray

from data.insight.banded import Array
from data.insight.daily import DAY_MS
from data.insight.history import History

WINDOW: Final = 30
"""Days that a rolling figure sums."""
CLOSE: Final = 15 * 60_000
"""Readings that near the border of a day stand at it."""
FINEST: Final = 2e-6
"""No reading is taken as known better than to this part of it."""
_BUCKET: Final = 10 * 60_000
_HOUR: Final = 3_600_000
_STRETCHES: Final = (1, 2, 3, 7, 13)
"""Hours in which a figure is seen renewed, where the site does so once a day: what is looked at
four times a day may be seen renewed at one of two or three looks."""
_FEW: Final = 10
_MOSTLY: Final = 0.9
_OFTEN: Final = 0.2


@dataclass(frozen=True, slots=True)
class Windows:
    """The days that readings are about; reading i is (1 - part[i]) · B[first[i]] + part[i] ·
    B[first[i] + 1], where B[k] is the sum of the days k … k + 29.
    """

    start: int
    """When the first day began."""
    days: int
    times: NDArray[numpy.int64]
    values: Array
    half_widths: Array
    first: NDArray[numpy.int64]
    part: Array

    def sums(self, flow: Array) -> Array:
        """What the readings would be if the days were ``flow``, shape (days,)."""
        windows = _windows(flow)
        return (1 - self.part) * windows[self.first] + self.part * windows[self.first + 1]

    def back(self, weights: Array) -> Array:
        """The transpose of :meth:`sums`: to each day the weights of all readings that hold it."""
        windows = self._gathered((1 - self.part) * weights, self.part * weights)
        total = numpy.concatenate([numpy.zeros(WINDOW), numpy.cumsum(windows)])
        total = numpy.concatenate([total, numpy.full(WINDOW - 1, total[-1])])
        found: Array = total[WINDOW:][: self.days] - total[: self.days]
        return found

    def squared(self, weights: Array) -> Array:
        """The matrix of Σ weights · reading · readingᵀ, of WINDOW diagonals below the main one."""
        before, after = 1 - self.part, self.part
        alone = self._gathered(weights * before**2, weights * after**2)
        pairs = _counted(self.first, weights * before * after, len(alone))
        found = numpy.zeros((WINDOW + 1, self.days))
        own, both = _Running(alone), _Running(pairs)
        for lag in range(WINDOW + 1):
            row = found[lag, : self.days - lag]
            row += own.between(lag - WINDOW + 1, 0, len(row))
            row += both.between(max(lag - WINDOW, 1 - WINDOW), min(lag - 1, 0), len(row))
            row += both.between(lag - WINDOW + 1, -1, len(row))
        return found

    def _gathered(self, before: Array, after: Array) -> Array:
        """By window, what its readings give to it and those that end within the next day."""
        many = self.days - WINDOW + 2
        own = _counted(self.first, before, many)
        own[1:] += _counted(self.first, after, many)[:-1]
        return own[: self.days - WINDOW + 1]


def _counted(places: NDArray[numpy.int64], weights: Array, many: int) -> Array:
    """By place the sum of the weights there."""
    return numpy.bincount(places, weights, many).astype(numpy.float64, copy=False)


class _Running:
    """Sums of neighbours among the values of the windows."""

    def __init__(self, values: Array) -> None:
        total = numpy.cumsum(values)
        before, after = numpy.zeros(WINDOW + 1), numpy.full(WINDOW - 1, total[-1])
        self._total = numpy.concatenate([before, total, after])

    def between(self, low: int, high: int, many: int) -> Array:
        """For each of the first ``many`` days the sum of the values from ``low`` to ``high`` after
        it, both from -WINDOW to 1; 0 where high < low.
        """
        low, high = low + WINDOW, max(high + 1, low) + WINDOW
        found: Array = self._total[high : high + many] - self._total[low : low + many]
        return found


def _windows(flow: Array) -> Array:
    """The sum of each thirty days; the last one once more, for it has no follower."""
    total = numpy.concatenate([[0.0], numpy.cumsum(flow)])
    found: Array = total[WINDOW:] - total[:-WINDOW]
    return numpy.append(found, found[-1:])


def windows(history: History) -> Windows:
    """The days that a history of at least one reading is about, from thirty before the first one.

    Days begin when most readings are taken, so that a reading a day ends a day: at midnight UTC
    where nothing speaks against it. A figure that the site renews once a day counts from then on.
    """
    times = numpy.asarray(history.times, numpy.int64)
    values = numpy.asarray(history.values, numpy.float64)
    widths = numpy.asarray(history.half_widths, numpy.float64)
    renewed = _renewed(times, values)
    if renewed is None:
        phase = _phase(times)
    else:
        phase, within = renewed
        settled = _settled(times, phase, within)
        times = (times[settled] - phase) // DAY_MS * DAY_MS + phase
        values, widths = values[settled], widths[settled]
    since, kept = _at_ends((times - phase) / DAY_MS)
    times, values, widths, since = times[kept], values[kept], widths[kept], since[kept]
    low = int(numpy.floor(since[0])) - WINDOW
    since -= low + WINDOW
    first = numpy.floor(since).astype(numpy.int64)
    days = int(numpy.ceil(since[-1])) + WINDOW
    part = since - first
    even = _even(first, part, values, widths, days)
    times, values, widths = times[even], values[even], widths[even]
    return Windows(phase + low * DAY_MS, days, times, values, widths, first[even], part[even])


def _even(
    first: NDArray[numpy.int64], part: Array, values: Array, widths: Array, days: int
) -> NDArray[numpy.bool_]:
    """Which readings do not contradict those at both ends of their day, were the day even.

    The others only tell how it went within a day: nights are calmer, and a busy hour is one hour.
    """
    ends = part == 0
    at, slack = numpy.full((2, days), numpy.nan)
    at[first[ends]], slack[first[ends]] = values[ends], widths[ends]
    after = numpy.minimum(first + 1, days - 1)
    line = (1 - part) * at[first] + part * at[after]
    room = widths + (1 - part) * slack[first] + part * slack[after] + FINEST * values.max()
    found: NDArray[numpy.bool_] = ends | ~(numpy.abs(values - line) > room)
    return found


def _at_ends(since: Array) -> tuple[Array, NDArray[numpy.bool_]]:
    """Times in days, those near the end of a day put at it, and whether each of them counts: of
    several at one end the nearest does, for it has one sum.
    """
    near = numpy.rint(since)
    off = numpy.abs(since - near)
    close = off * DAY_MS <= CLOSE
    order = numpy.lexsort((off, near))
    again = order[1:][near[order[1:]] == near[order[:-1]]]
    kept = numpy.ones(len(since), numpy.bool_)
    kept[again] = ~close[again]
    return numpy.where(close, near, since), kept


def _phase(times: NDArray[numpy.int64]) -> int:
    """At which time of the day, in ms after midnight UTC, most readings were taken."""
    place = (times + _BUCKET // 2) % DAY_MS // _BUCKET
    counts = numpy.bincount(place)
    if counts[0] >= _MOSTLY * counts.max() or counts.max() < _OFTEN * len(times):
        return 0
    chosen = int(counts.argmax())
    offset = (times[place == chosen] - chosen * _BUCKET + DAY_MS // 2) % DAY_MS - DAY_MS // 2
    return chosen * _BUCKET + int(numpy.median(offset))


def _renewed(times: NDArray[numpy.int64], values: Array) -> tuple[int, int] | None:
    """From which time of the day on, and within how long, the figure changes once a day; in ms.

    None where it changes all day long, or where that cannot be told: there must be readings at
    several times of the day.
    """
    short = numpy.diff(times) < DAY_MS // 2
    changed = (times[1:] % DAY_MS)[short & (numpy.diff(values) != 0)]
    if len(changed) < _FEW:
        return None
    hours = numpy.bincount(changed // _HOUR, minlength=24)
    for stretch in _STRETCHES:
        within = sum((numpy.roll(hours, -ahead) for ahead in range(stretch)), 0 * hours)
        if within.max() >= _MOSTLY * len(changed):
            return int(within.argmax()) * _HOUR, stretch * _HOUR
    return None


def _settled(times: NDArray[numpy.int64], phase: int, within: int) -> NDArray[numpy.bool_]:
    """Which readings are the last of their day, without those that may be the day's before."""
    sure = numpy.flatnonzero((times - phase) % DAY_MS >= within)
    days = (times[sure] - phase) // DAY_MS
    found = numpy.zeros(len(times), numpy.bool_)
    found[sure[numpy.append(days[1:] != days[:-1], numpy.ones(min(len(days), 1), bool))]] = True
    return found
