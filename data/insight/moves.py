"""Moves: changes from one day to the next that are beyond the rounding and beyond what is usual."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from data.insight.daily import DAY_MS, daily, day_before
from data.insight.history import History
from data.model import Metric

TIMES: Final = 4
"""So many times the usual change a move is, at least."""
OWN: Final = 0.5
"""By so much of its limit at least a move differs from what days, and this weekday, are like."""
FEWEST_WEEKS: Final = 4
"""Changes on one weekday, without which nobody can say what is usual on it."""
TRAILING_MS: Final = 90 * DAY_MS
FEWEST: Final = 30
"""Changes in the trailing days, without which nobody can say what is usual."""
WINDOW_MS: Final = 30 * DAY_MS
"""What a rolling figure sums."""
NOISE: Final = 1e-12
"""How much of a figure may be nothing but its binary form."""
Pair = tuple[int, int]
"""The places of two readings a day apart."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a figure over a day that stands out; values in the metric's unit."""

    metric: str
    since: int
    at: int
    """When the two readings were made, in ms."""
    before: float
    after: float
    rounding: float
    """How far both half-widths together let the change be off."""
    usual: float
    """How far the changes of the 90 days before ``since`` lie from their median, by the median."""
    leaves: int | None = None
    """Of a rolling figure: ``at`` of the move the other way whose day leaves the window now."""

    @property
    def change(self) -> float:
        """The later value less the earlier one."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The change in percent of the earlier value; None where that is 0."""
        return 100 * self.change / self.before if self.before else None


def moves(metric: Metric, history: History) -> list[Move]:
    """The moves of a history, oldest first.

    Compared are the readings that end the days, and the newest one, each with the one 24 h ± 3 h
    before it. A change is a move when it is beyond the rounding, beyond that of the trailing
    changes (by the median) and beyond ``TIMES`` the usual; so must be, where days overlap, what
    came after the last move. It must be no mere part of the median change, nor of that on its
    weekday (see :func:`_own`). There is none before ``FEWEST`` changes are known.
    """
    times, values, widths = history.times, history.values, history.half_widths
    pairs = _pairs(times)
    trailing = _Trailing(history, pairs)
    found: list[Move] = []
    last = 0
    for before, after in pairs:
        usual = trailing.until(times[before])
        if usual is None:
            continue
        change, rounding = values[after] - values[before], widths[before] + widths[after]
        noise = NOISE * max(abs(values[before]), abs(values[after]))
        limit = max(rounding, usual.rounding, TIMES * usual.spread) + noise
        sizes = [change]
        if found and times[before] < found[-1].at:
            sizes.append(values[after] - values[last])
        ways = usual.middle, trailing.on_day(times[after])
        if min(map(abs, sizes)) > limit and all(_own(change, way, limit) for way in ways):
            ends = times[before], times[after], values[before], values[after]
            found.append(_told(Move(metric.key, *ends, rounding, usual.spread), metric, found))
            last = after
    return found


def _own(change: float, way: float, limit: float) -> bool:
    """Whether a change is beyond the way of its days by enough: by ``limit`` where that way alone
    would be beyond it, by OWN of it at least.
    """
    return abs(change - way) > max(OWN * limit, min(abs(way), limit))


def _pairs(times: Sequence[int]) -> list[Pair]:
    """What is compared, in the order of the later readings."""
    ends = daily(times)
    if ends and ends[-1] != len(times) - 1:
        ends.append(len(times) - 1)
    pairs = ((day_before(times, end), end) for end in ends)
    return [(before, after) for before, after in pairs if before is not None]


@dataclass(frozen=True, slots=True)
class _Usual:
    """What changes are like."""

    middle: float
    """The median change."""
    spread: float
    """How far they lie from it, by the median."""
    rounding: float
    """How far rounding let them be off, by the median: what is usual is known no better."""


class _Trailing:
    """The changes of the trailing days, for ever later moments."""

    def __init__(self, history: History, pairs: Sequence[Pair]) -> None:
        values, widths = history.values, history.half_widths
        self._ends = [history.times[after] for _, after in pairs]
        self._changes = [values[after] - values[before] for before, after in pairs]
        self._roundings = [widths[after] + widths[before] for before, after in pairs]
        self._low = self._high = 0
        self._sorted: tuple[list[float], list[float]] = [], []
        """The changes from ``low`` up to ``high``, and their roundings, by size."""

    def until(self, moment: int) -> _Usual | None:
        """What was usual in the days up to ``moment``; None where too little is known of them."""
        ends, (changes, roundings) = self._ends, self._sorted
        while self._high < len(ends) and ends[self._high] <= moment:
            insort(changes, self._changes[self._high])
            insort(roundings, self._roundings[self._high])
            self._high += 1
        while self._low < self._high and ends[self._low] <= moment - TRAILING_MS:
            del changes[bisect_left(changes, self._changes[self._low])]
            del roundings[bisect_left(roundings, self._roundings[self._low])]
            self._low += 1
        if len(changes) < FEWEST:
            return None
        middle = _median(changes)
        spread = _median(sorted(abs(change - middle) for change in changes))
        return _Usual(middle, spread, _median(roundings))

    def on_day(self, moment: int) -> float:
        """The median change on the weekday of ``moment`` in the same days; 0 where few are known:
        figures that fall each weekend do not move by it.
        """
        same = [
            change
            for end, change in zip(
                self._ends[self._low : self._high],
                self._changes[self._low : self._high],
                strict=True,
            )
            if round((moment - end) / DAY_MS) % 7 == 0
        ]
        return _median(sorted(same)) if len(same) >= FEWEST_WEEKS else 0.0


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _told(move: Move, metric: Metric, earlier: Sequence[Move]) -> Move:
    """The move, with the earlier one that leaves the window by it, if there is one.

    They mirror each other when what is left of both is itself no move.
    """
    if metric.kind == "level":
        return move
    near = takewhile(lambda one: move.since < one.at + WINDOW_MS, reversed(earlier))
    mirrored = [
        (abs(move.change + one.change), one.at)
        for one in near
        if one.since + WINDOW_MS < move.at
        and move.change * one.change < 0
        and abs(move.change + one.change) <= move.rounding + one.rounding + TIMES * move.usual
    ]
    return replace(move, leaves=min(mirrored)[1]) if mirrored else move
