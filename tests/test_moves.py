"""Moves: what is beyond the rounding and beyond what is usual, day by day."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.insight.daily import DAY_MS, daily, day_before
from data.insight.history import History
from data.insight.moves import FEWEST, Move, moves
from data.model import METRIC

HOUR_MS = DAY_MS // 24
LEVEL, ROLLING, COUNT = METRIC["active_users"], METRIC["volume_30d"], METRIC["blockchains"]
QUIET = [0, 3, -2, 1, -3, 2, -1, 4, -4, 1] * 12
"""Changes of 120 days: their median is 0.5, and they lie 2 from it, by the median."""


def history(changes: Sequence[float], first: float = 1000, width: float = 0.0) -> History:
    """A reading each midnight, the first one before all the changes."""
    values = [float(first)]
    for change in changes:
        values.append(values[-1] + change)
    times = [number * DAY_MS for number in range(len(values))]
    return History(times, values, [width] * len(values))


def without(whole: History, *places: int) -> History:
    """The history without some of its readings."""
    columns = (whole.times, whole.values, whole.half_widths)
    left: Any = [[one for at, one in enumerate(part) if at not in places] for part in columns]
    return History(*left)


def joined(whole: History, *readings: tuple[float, float]) -> History:
    """The history and some more readings, (day, value); exact."""
    more = sorted(
        [*zip(whole.times, whole.values, strict=True), *((d * DAY_MS, v) for d, v in readings)]
    )
    return History([int(time) for time, _ in more], [value for _, value in more], [0.0] * len(more))


def days(found: Sequence[Move]) -> list[float]:
    """When the moves were seen, in days."""
    return [move.at / DAY_MS for move in found]


def changed(changes: Mapping[int, float], usual: Sequence[float] = QUIET) -> list[float]:
    """The usual changes, but for those up to some days."""
    return [changes.get(number, change) for number, change in enumerate(usual, 1)]


def test_a_jump() -> None:
    """A jump stands out with its readings, its rounding and the usual change before it."""
    [move] = moves(LEVEL, history(changed({100: 51}), width=1.5))
    assert (move.metric, move.since, move.at) == ("active_users", 99 * DAY_MS, 100 * DAY_MS)
    assert (move.change, move.rounding, move.usual, move.leaves) == (51, 3.0, 2.0, None)
    assert move.percent == pytest.approx(100 * 51 / move.before)


@pytest.mark.parametrize(
    ("change", "width", "found"),
    [
        (8, 0, []),
        (8.1, 0, [100]),
        (-8, 0, []),
        (-8.1, 0, [100]),
        (20, 10, []),
        (20.1, 10, [100]),
    ],
)
def test_thresholds(change: float, width: float, found: list[float]) -> None:
    """It is beyond both half-widths together, and beyond four times the usual."""
    assert days(moves(LEVEL, history(changed({100: change}), width=width))) == found


def test_too_short() -> None:
    """Nobody can say what is usual before there are 30 changes."""
    assert days(moves(LEVEL, history(changed({FEWEST: 500})))) == []
    assert days(moves(LEVEL, history(changed({FEWEST + 1: 500})))) == [FEWEST + 1]


def test_constant_figure() -> None:
    """Of a figure that stands still any change is a move; within its rounding none is."""
    still = changed({100: 1}, [0] * 120)
    assert days(moves(COUNT, history(still))) == [100]
    assert moves(COUNT, history(still, width=0.5)) == []


@pytest.mark.parametrize(("change", "found"), [(16, []), (17, [100]), (-16, [100])])
def test_slow_growth(change: float, found: list[float]) -> None:
    """Where days alone bring three quarters of a move, a move is beyond them by as much."""
    growing = [6.0 + change for change in QUIET]
    listed = days(moves(LEVEL, history(changed({100: change - 3.5}, growing))))
    assert [day for day in listed if day == 100] == found


def test_steady_growth() -> None:
    """A figure that grows as it always did does not move; one that stops, or leaps, does."""
    growing = [100.0 + change for change in QUIET]
    assert moves(LEVEL, history(growing)) == []
    assert days(moves(LEVEL, history(changed({80: 150, 100: -1}, growing)))) == [80]
    assert days(moves(LEVEL, history(changed({100: -60}, growing)))) == [100]
    assert moves(COUNT, history([0.1] * 120, first=0.3)) == []


def test_weekend() -> None:
    """A figure that falls each weekend does not move by it, but by what is more than that."""
    week = [
        change + (40 if day % 7 == 0 else -40 if day % 7 == 5 else 0)
        for day, change in enumerate(QUIET)
    ]
    assert moves(LEVEL, history(week)) == []
    assert days(moves(LEVEL, history(changed({100: 51, 105: 0, 112: 80}, week)))) == [100, 112]


def test_usual_as_rounded() -> None:
    """Changes that were told in coarse steps do not make finer ones unusual, when those come."""
    coarse, fine = history([0] * 90, width=10), history([0] * 90)
    for day in range(80, 91):
        fine.values[day] += 9 * (day % 2)  # type: ignore[index]
    widths = [*coarse.half_widths[:79], *fine.half_widths[79:]]
    assert moves(LEVEL, History(fine.times, fine.values, widths)) == []
    assert len(moves(LEVEL, fine)) > 5


def test_gap() -> None:
    """What changed over a gap is not a change of a day."""
    whole = history(changed({100: 500}))
    assert moves(LEVEL, without(whole, 99)) == []
    assert moves(LEVEL, without(whole, 100)) == []
    assert days(moves(LEVEL, without(whole, 98, 101))) == [100]
    assert moves(LEVEL, without(whole, *range(35, 99))) == []


def test_usual_is_of_the_trailing_days() -> None:
    """What was usual more than 90 days ago does not count."""
    loud = [change * 10 for change in QUIET]
    found = moves(LEVEL, history([*loud, *changed({100: 30})]))
    assert days(found) == [220]
    assert found[0].usual == 2


def test_several_readings_a_day() -> None:
    """A jump between midnights is one move, however often it is read, at the end of its day."""
    whole = history(changed({100: 50}))
    steps = [(day + part / 4, whole.values[day]) for day in range(99) for part in (1, 2, 3)]
    after = whole.values[100]
    seen = joined(whole, *steps, (99.25, whole.values[99]), (99.5, after), (99.75, after))
    assert days(moves(LEVEL, seen)) == [100]
    later = joined(seen, (120.25, whole.values[120]), (120.5, whole.values[120]))
    assert days(moves(LEVEL, later)) == [100]


def test_newest_day_is_not_over() -> None:
    """A move shows at the newest reading before its day ends; seen again it is no other one."""
    whole = history(QUIET[:100])
    calm, jumped = whole.values[100], whole.values[100] + 50
    today = joined(whole, (99.25, calm), (100.25, jumped))
    assert days(moves(LEVEL, today)) == [100.25]
    over = joined(today, (101, jumped))
    assert days(moves(LEVEL, over)) == [101]
    assert days(moves(LEVEL, joined(over, (101.25, jumped)))) == [101]
    assert days(moves(LEVEL, joined(over, (101.25, jumped + 30)))) == [101, 101.25]


def test_leaving_the_window() -> None:
    """Thirty days after a jump of a rolling figure its day leaves, and the move back says so."""
    spike = history(changed({80: 50, 110: -49}))
    first, second = moves(ROLLING, spike)
    assert (first.leaves, second.leaves) == (None, first.at)
    assert [move.leaves for move in moves(LEVEL, spike)] == [None, None]
    for other in ({80: 50, 111: -50}, {80: 50, 110: 50}, {80: 50, 110: -80}):
        assert [move.leaves for move in moves(ROLLING, history(changed(other)))] == [None, None]


@pytest.mark.parametrize("hour", [0, 6, 12, 18, 23])
def test_one_reading_a_day(hour: int) -> None:
    """A source that is read once a day at about the same hour has each of its readings."""
    times = [day * DAY_MS + hour * HOUR_MS + 60_000 * (-1) ** day for day in range(20)]
    assert daily(times) == list(range(20))
    assert [day_before(times, place) for place in range(1, 20)] == list(range(19))


def test_ends_of_days() -> None:
    """Of several readings the one next to midnight ends the day."""
    assert daily([hour * HOUR_MS for hour in range(0, 60, 5)]) == [0, 5, 10]
    assert daily([hour * HOUR_MS for hour in (30, 36, 47, 49, 50, 59)]) == [0, 2]
    assert daily([]) == []


def test_a_day_before() -> None:
    """The reading next to 24 h before, three hours off at most."""
    times = [hour * HOUR_MS for hour in (0, 2, 5, 24, 27, 32)]
    assert [day_before(times, place) for place in range(6)] == [None, None, None, 0, 1, 2]
    assert day_before([0, 27 * HOUR_MS + 1], 1) is None


@st.composite
def histories(draw: Any) -> History:
    """Some months of readings, with gaps and several a day, rounded to whole ones, with jumps."""
    steps = st.sampled_from([5, 6, 6, 12, 24, 24, 24, 25, 60])
    sizes = st.integers(-5, 5) | st.integers(-60, 60)
    readings = draw(st.lists(st.tuples(steps, sizes), min_size=40, max_size=150))
    width = draw(st.sampled_from([0.0, 0.5, 4.0]))
    times, values = [0], [1000.0]
    for step, size in readings:
        times.append(times[-1] + step * HOUR_MS)
        values.append(values[-1] + size)
    return History(times, values, [width] * len(times))


@given(histories(), st.integers(-40, 40))
def test_scale(read: History, power: int) -> None:
    """In another unit a figure moves at the same times."""
    scale = 2.0**power
    scaled = History(
        read.times,
        [value * scale for value in read.values],
        [width * scale for width in read.half_widths],
    )
    assert [(move.at, move.after * scale, move.usual * scale) for move in moves(ROLLING, read)] == [
        (move.at, move.after, move.usual) for move in moves(ROLLING, scaled)
    ]


@given(histories())
def test_beyond_rounding(read: History) -> None:
    """No move is within its rounding or what is usual, and all are a day long, in order."""
    found = moves(ROLLING, read)
    for move in found:
        assert abs(move.change) > max(move.rounding, 4 * move.usual)
        assert 21 * HOUR_MS <= move.at - move.since <= 27 * HOUR_MS
    assert [move.at for move in found] == sorted({move.at for move in found})


@given(histories(), st.integers(1, 100))
def test_the_past_stays(read: History, later: int) -> None:
    """Later readings change no move but those of the day that was not over."""
    known = len(read.times) - min(later, len(read.times) - 1)
    before = History(read.times[:known], read.values[:known], read.half_widths[:known])
    over = (read.times[known - 1] + DAY_MS // 2 + HOUR_MS // 4) // DAY_MS * DAY_MS - DAY_MS // 2

    def past(found: Sequence[Move]) -> list[Move]:
        return [move for move in found if move.at < over - HOUR_MS // 4]

    assert past(moves(ROLLING, before)) == past(moves(ROLLING, read))
