"""The reconstruction: what it may never do, and what it does with the histories that there are."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from random import Random
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.insight import bounds
from data.insight.banded import Array, Factor
from data.insight.bounds import within
from data.insight.daily import DAY_MS as DAY
from data.insight.flow import SHORTEST, Daily
from data.insight.history import History
from data.insight.prior import EXPECTED, learn
from data.insight.unroll import FEWEST, NARROW, Learnt, unroll
from data.insight.windows import CLOSE, FINEST, WINDOW
from tests.benchmarks.unrolled import START, history, made_days, measured

HOUR = DAY // 24


def read(sums: Sequence[float], half_width: float = 0.0, step: int = DAY) -> History:
    """A reading every ``step``, from the thirtieth day on."""
    times = [START + WINDOW * DAY + place * step for place in range(len(sums))]
    return History(times, list(sums), [half_width] * len(sums))


def rolling(days: Sequence[float], ends: Sequence[float] | None = None) -> list[float]:
    """What the thirty days before each of these ends sum up to: of each day when none are given."""
    at = numpy.array(range(WINDOW, len(days) + 1) if ends is None else ends)
    totals, times = [0.0, *accumulate(days)], range(len(days) + 1)
    sums = numpy.interp(at, times, totals) - numpy.interp(at - WINDOW, times, totals)
    return [float(total) for total in sums]


def at_ends(ends: Sequence[float], sums: Sequence[float], half_width: float = 0.0) -> History:
    """Readings at these days, and parts of days, after START."""
    times = [START + round(end * DAY) for end in ends]
    return History(times, sums, [half_width] * len(times))


def asked(
    part: Callable[..., Any], readings: History, learnt: Learnt | None = None
) -> tuple[Daily, list[tuple[Any, ...]]]:
    """The flow, and what was asked of one part of the work and what it said, call by call."""
    calls = []

    def heard(*arguments: Any) -> Any:
        said = part(*arguments)
        calls.append((*arguments, said))
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"data.insight.unroll.{part.__name__}", heard)
        return unroll(readings, learnt), calls


def reaches(flow: Daily) -> list[float]:
    """How far each interval reaches upwards."""
    pairs = zip(flow.values, flow.high, strict=True)
    return [high - day for day, high in pairs if day is not None and high is not None]


def summed(flow: Daily, time: int) -> float | None:
    """What a reading at ``time`` would be: the thirty days before it, parts of days as parts.

    None where one of the days is not told.
    """
    total = 0.0
    for start, value in zip(flow.starts, flow.values, strict=True):
        over = min(start + DAY, time) - max(start, time - WINDOW * DAY)
        if over > 0:
            if value is None:
                return None
            total += value * over / DAY
    return total


def fits(flow: Daily, readings: History) -> None:
    """Every reading whose days are all told lies within its rounding, and no day below 0."""
    checked = 0
    told = zip(readings.times, readings.values, readings.half_widths, strict=True)
    for time, value, half_width in told:
        total = summed(flow, time)
        if total is not None:
            assert abs(total - value) <= half_width + 2.1e-6 * max(readings.values)
            checked += 1
    assert checked >= len(readings.times) // 2
    for day, low, high in zip(flow.values, flow.low, flow.high, strict=True):
        if day is not None and low is not None and high is not None:
            assert 0 <= low <= day <= high


TENTHS = """
    20  5  5  5  5  8  7 10 12 18 17  5  5  5  5  5 45 48 12 16  5  5  5 16 15 15 19 11 10  5
    5  5  5  5 20 17 14 13 19 11 11 17 13 16  5  5  5  5  5  5  5  5 10  6  5 15 12 14 17 13
    11 19 14 20  5  5 14 10 18  5  5 10  9 20  5  7 35 50  5  6 19  5 19 13 17 16  5 18 11 11
    9  5  5 15  5  5 20  5  5  5  5  5 10 17 16  5 11
"""
TO_AND_FRO = [int(tenths) / 10 for tenths in TENTHS.split()]
"""Days whose bounds a plain predictor and corrector goes around for ever."""
days_of_a_flow = st.lists(
    st.one_of(st.floats(0.5, 2.0), st.floats(0.0, 6.0)), min_size=80, max_size=140
)


@given(days_of_a_flow, st.sampled_from([1e3, 7e5, 2.4e7, 1.1e11]), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([1.0] * 75 + [60.0] + [1.0] * 40, 7e5, False)
@example(TO_AND_FRO, 1e3, False)
def test_sums_lie_within_the_rounding(days: list[float], size: float, often: bool) -> None:
    """Whatever the days are: each reading's thirty days sum up to it, within its rounding."""
    readings = history([day * size for day in days], "6-hourly" if often else "daily", Random(1))
    flow = unroll(readings)
    assert flow.state in {"shown", "coarse"}
    if flow.state == "shown":
        fits(flow, readings)


@given(st.floats(1e-3, 1e15), st.sampled_from([0.0, 1e-4, 1e-3]), st.integers(46, 120))
@settings(max_examples=30, deadline=None)
def test_a_constant_figure_is_a_constant_flow(size: float, rounding: float, days: int) -> None:
    """Thirty days that always sum up to the same are thirtieths of it."""
    flow = unroll(read([size] * days, rounding * size))
    assert flow.state == "shown"
    known = [value for value in flow.values if value is not None]
    assert len(known) == days - 1 + WINDOW
    assert known == pytest.approx([size / WINDOW] * len(known), rel=1e-6)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e9))
@settings(max_examples=10, deadline=None)
def test_the_unit_does_not_matter(seed: int, factor: float) -> None:
    """Figures in another unit give the same days in that unit."""
    plain = history(made_days(seed, 120), "daily", Random(1))
    other = History(
        plain.times,
        [value * factor for value in plain.values],
        [width * factor for width in plain.half_widths],
    )
    for one, more in zip(unroll(plain).values, unroll(other).values, strict=True):
        assert one is not None
        assert more == pytest.approx(one * factor, rel=1e-5)


@pytest.mark.parametrize("scale", [1, 24, 200_000])
def test_days_come_back(scale: float) -> None:
    """Of synthetic days a year's reconstruction is off by a third of what S/30 is, or less."""
    found = measured([made_days(5, 500)], 365, scale, "daily")
    ordered = sorted(found.errors)
    flat = sorted(found.flat)
    assert ordered[len(ordered) // 2] < flat[len(flat) // 2] / 3
    assert 0.8 < found.inside / len(found.errors) < 0.99


def test_a_busy_day_stands_out_alone() -> None:
    """One day of three times the flow is found on its day; a month later nothing happens."""
    days = made_days(3, 200)
    days[120] *= 3
    flow = unroll(history(days, "daily", Random(1)))
    values = dict(zip(flow.starts, flow.values, strict=True))
    assert values[START + 120 * DAY] == pytest.approx(days[120], rel=0.1)
    assert values[START + 150 * DAY] == pytest.approx(days[150], rel=0.25)


def test_a_short_history_says_so() -> None:
    """Under 45 days there is a sentence and nothing else."""
    flow = unroll(read([3e9] * SHORTEST))
    assert (flow.state, flow.values, flow.span) == ("short", (), SHORTEST - 1)
    assert flow.note is not None
    assert "there are 44 so far" in flow.note
    assert unroll(read([3e9] * (SHORTEST + 1))).state == "shown"
    nothing = unroll(History([], [], []))
    assert (nothing.state, nothing.span) == ("short", 0)


def test_the_span_is_told_whatever_comes_of_it() -> None:
    """Shown, too coarse, of too few days, unfit at a glance and unfit at the end: how many days
    the readings span is said.
    """
    chance = Random(1)
    rough = [round(30 + 3 * chance.random()) * 1e9 for _ in range(120)]
    unlike = [chance.random() * 1e9 for _ in range(100)]
    found = [
        unroll(read([3e9] * 80)),
        unroll(read(rough, 5e8)),
        unroll(read([3e9] * 30, step=10 * DAY)),
        unroll(read([0.0] * 60)),
        unroll(read(unlike)),
    ]
    assert [(flow.state, flow.span) for flow in found] == [
        ("shown", 79),
        ("coarse", 119),
        ("coarse", 290),
        ("unfit", 59),
        ("unfit", 99),
    ]


def test_rough_readings_say_so() -> None:
    """Rounded to a tenth of itself, or once in ten days, a figure tells no days."""
    chance = Random(2)
    rough = [round(30 + 3 * chance.random()) * 1e9 for _ in range(120)]
    assert unroll(read(rough, 5e8)).state == "coarse"
    assert unroll(read([3e9 + number * 1e6 for number in range(30)], 5e6, 10 * DAY)).state == (
        "coarse"
    )


def test_fifteen_days_are_enough() -> None:
    """Seven days told as they come and as they go, and one more as it goes: fifteen. That one not
    read in time: fourteen, and none are shown.
    """
    ends = [*range(8), 20, 37, 50]
    fewer = unroll(at_ends(ends, [3e9] * len(ends)))
    ends.insert(ends.index(37), 36)
    flow = unroll(at_ends(ends, [3e9] * len(ends)))
    assert (fewer.state, flow.state) == ("coarse", "shown")
    assert len([value for value in flow.values if value is not None]) == FEWEST


def test_intervals_of_a_third_are_the_widest() -> None:
    """The less one day is like another, the wider the intervals are: until those of half of the
    days reach further than a third of them.
    """
    flows = []
    for tenths in range(10, 21):
        chance = Random(1)
        days = [1e6 * (1 + tenths / 10 * (chance.random() - 0.5)) for _ in range(150)]
        flows.append(unroll(read([round(total, -4) for total in rolling(days)], 5e3)))
    states = [flow.state for flow in flows]
    shown = states.count("shown")
    assert states == ["shown"] * shown + ["coarse"] * (len(states) - shown)
    widest = [
        float(numpy.median(reaches(flow)) / numpy.median([day for day in flow.values if day]))
        for flow in flows[:shown]
    ]
    assert widest == sorted(widest)
    assert 0.3 < widest[-1] <= 1 / 3


def test_a_flow_grown_tenfold() -> None:
    """Intervals are measured by the days that they are of, whatever most of the readings were."""
    chance = Random(2)
    days = [size * chance.uniform(0.9, 1.1) for size in [1e6] * 75 + [1e7] * 150]
    ends = [*(quarter / 4 for quarter in range(4 * WINDOW, 4 * 74)), *range(75, 226)]
    flow = unroll(at_ends(ends, rolling(days, ends)))
    assert flow.state == "shown"
    assert numpy.median([day for day in flow.values if day]) == pytest.approx(1e7, rel=0.1)


def test_a_figure_that_was_nothing_at_first() -> None:
    """Where less than half of the readings are nothing, days are told: nothing, and then some."""
    flow = unroll(read(rolling([0.0] * 150 + [1e6] * 180)))
    assert flow.values[:150] == pytest.approx([0.0] * 150, abs=10)
    assert flow.values[150:] == pytest.approx([1e6] * 180, rel=1e-4)
    assert unroll(read(rolling([0.0] * 210 + [1e6] * 150))).state == "unfit"


def test_impossible_readings_say_so() -> None:
    """Sums that fall by more than thirty days ago can have brought fit no days of 0 or more."""
    chance = Random(1)
    flow = unroll(read([chance.random() * 1e9 for _ in range(100)]))
    assert flow.state == "unfit"
    assert flow.note is not None
    assert unroll(read([0.0] * 60)).state == "unfit"


@pytest.mark.parametrize("odd", [1e308, -1e308, float("inf"), float("-inf"), float("nan")])
def test_absurd_readings_say_so(odd: float) -> None:
    """A reading beyond all measure is no reason to fail: nothing is told."""
    sums = [3e9 + day for day in range(100)]
    assert unroll(read([*sums[:50], odd, *sums[51:]])).state == "unfit"
    assert unroll(read([odd] * 60)).state == "unfit"


def test_what_can_be_compared() -> None:
    """Figures are told up to the largest that can be summed, and unless most are as nothing
    beside the largest.
    """
    assert unroll(read([9e299] * 60)).state == "shown"
    assert unroll(read([1e300] * 60)).state == "unfit"
    assert unroll(read([1.0] * 30 + [FINEST] * 31)).state == "unfit"
    assert unroll(read([1.0] * 30 + [3 * FINEST] * 31)).state != "unfit"


def test_no_value_where_nothing_is_known() -> None:
    """Days within a long gap that no later reading tells have none; days around it do."""
    ends = [end for end in range(WINDOW, 301) if not 100 < end <= 180]
    flow = unroll(at_ends(ends, rolling(made_days(4, 300), ends), 5e4))
    told = {
        (start - START) // DAY
        for start, value in zip(flow.starts, flow.values, strict=True)
        if value is not None
    }
    # Told by what came: up to day 99 and from 181 on; by what left thirty days later: 151 and on.
    assert told == {*range(100), *range(151, 300)}


@pytest.mark.parametrize(
    ("before", "after", "untold"),
    [
        (0, 7 * DAY, 0),
        (0, 7 * DAY + 2 * CLOSE, 0),
        (0, 7 * DAY + 2 * CLOSE + 1, 7),
        (0, 8 * DAY, 7),
        (CLOSE, 7 * DAY + CLOSE, 0),
        (CLOSE + 1, 7 * DAY + CLOSE, 1),
    ],
)
def test_days_between_readings_a_week_apart(before: int, after: int, untold: int) -> None:
    """The seven days before the last reading are told if the one before it is no more than a week
    away, give or take half an hour; the first of them if that one is in time for it.
    """
    last = START + (WINDOW + 60) * DAY
    times = [*range(START + WINDOW * DAY, last, DAY), last + before, last + after]
    flow = unroll(History(times, [3e9] * len(times), [0.0] * len(times)))
    days = dict(zip(flow.starts, flow.values, strict=True))
    told = [days[last + place * DAY] is not None for place in range(-1, 7)]
    assert told == [True] + [False] * untold + [True] * (7 - untold)


def test_a_gap_of_a_week_widens_the_intervals() -> None:
    """Days that only their sum is known of have values, less sure ones."""
    ends = [end for end in range(WINDOW, 201) if not 190 < end < 190 + NARROW]
    flow = unroll(at_ends(ends, rolling(made_days(6, 200), ends), 5e3))
    reach = {
        (start - START) // DAY: high - low
        for start, low, high in zip(flow.starts, flow.low, flow.high, strict=True)
        if low is not None and high is not None
    }
    assert reach[193] > 1.3 * reach[185]


def test_a_figure_renewed_once_a_day() -> None:
    """Looked at every six hours, a figure that changes at two o'clock tells days from then on."""
    days = made_days(7, 150)
    times = [START + place * 6 * HOUR for place in range(4 * WINDOW + 1, 4 * 150)]
    ends = [(time - START - 2 * HOUR) // DAY for time in times]
    flow = unroll(History(times, rolling(days, ends), [5e3] * len(times)))
    once = unroll(read(rolling(days)[:-1], 5e3))
    assert flow.state == "shown"
    assert flow.starts[0] % DAY == 6 * HOUR  # the first look that finds it renewed
    assert flow.values == pytest.approx(once.values, rel=1e-3)


def test_a_figure_renewed_about_midnight() -> None:
    """Seen renewed at midnight or at six, as it happens, a figure tells its days all the same."""
    days, chance = made_days(13, 200), Random(7)
    renewed = [day * DAY + chance.randrange(-HOUR, HOUR) for day in range(200)]
    times = range((WINDOW + 1) * DAY, 199 * DAY, 6 * HOUR)
    ends = [bisect_right(renewed, time) - 1 for time in times]
    moments = [START + time for time in times]
    flow = unroll(History(moments, rolling(days, ends), [0.0] * len(ends)))
    once = unroll(read(rolling(days)[1:-2]))
    assert flow.state == "shown"
    assert flow.values == pytest.approx(once.values, rel=1e-3)


def test_a_reading_a_day_ends_a_day() -> None:
    """Looked at every day at 6:17, days begin at 6:17."""
    shift, chance = 6 * HOUR + 17 * 60_000, Random(3)
    times = [START + end * DAY + shift + chance.randrange(9_000) for end in range(WINDOW, 150)]
    sums = rolling(made_days(8, 150))[:-1]
    flow = unroll(History(times, sums, [5e3] * len(times)))
    assert 0 <= (flow.starts[0] - START - shift) % DAY < 10_000
    assert flow.values == pytest.approx(unroll(read(sums, 5e3)).values, rel=1e-6)


def test_uneven_times() -> None:
    """Readings at any times of the day tell days from midnight on, and fit all the same."""
    chance = Random(4)
    ends = sorted(chance.uniform(WINDOW, 200) for _ in range(400))
    readings = at_ends(ends, rolling(made_days(9, 200), ends), 2e4)
    flow = unroll(readings)
    assert flow.state == "shown"
    assert flow.starts[0] % DAY == 0
    fits(flow, readings)


def uneven(days: Sequence[float], busy: int) -> list[float]:
    """By hour: nights are calm, and most of one busy day comes within an hour."""
    calm = [1 + 0.5 * numpy.sin((hour - 10) / 12 * numpy.pi) for hour in range(24)]
    storm = [50.0 if hour == 9 else 1.0 for hour in range(24)]
    return [
        total * part / sum(course)
        for day, total in enumerate(days)
        for course in (storm if day == busy else calm,)
        for part in course
    ]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("ends", [True, False])
def test_uneven_days(exact: bool, ends: bool) -> None:
    """Days that are not even are told all the same, by the readings at their ends or by others."""
    days = [24 * day for day in made_days(11, 200)]
    days[120] *= 3
    totals, chance = [0.0, *accumulate(uneven(days, 120))], Random(6)
    every = range(24 * WINDOW, 24 * 200 + 1)
    hours = every[::6] if ends else sorted(chance.sample(every, 400))
    sums = [totals[hour] - totals[hour - 24 * WINDOW] for hour in hours]
    values = sums if exact else [round(value, -4) for value in sums]
    width = 0.0 if exact else 5e3
    times = [START + hour * HOUR for hour in hours]
    readings = History(times, values, [width] * len(hours))
    flow = unroll(readings)
    assert flow.state == "shown"
    told = {
        (start - START) // DAY: day for start, day in zip(flow.starts, flow.values, strict=True)
    }
    errors = sorted(
        abs(day / days[place] - 1)
        for place, day in told.items()
        if day is not None and WINDOW <= place < 200
    )
    assert errors[len(errors) // 2] < (0.03 if ends else 0.1)
    assert told[120] == pytest.approx(days[120], rel=0.05 if ends else 0.25)
    if ends:
        once = History(times[::4], values[::4], [width] * len(times[::4]))
        fits(flow, once)


def test_several_readings_at_an_end() -> None:
    """Exact figures a few minutes before and after a day's end do not contradict each other: the
    nearest counts.
    """
    days = made_days(12, 150)
    ends = [float(end) for end in range(WINDOW, 150)]
    more = sorted([*ends, 80 - 0.009, 80 + 0.007, 100 + 0.002])
    found = unroll(at_ends(more, rolling(days, more)))
    assert found.state == "shown"
    assert found.values == unroll(at_ends(ends, rolling(days, ends))).values


def test_hopeless_readings_are_given_up_soon() -> None:
    """Where no flow fits, that is clear after a few steps, not after all that there could be."""
    chance, steps = Random(1), []

    class Counted(Factor):
        def __init__(self, matrix: Array) -> None:
            super().__init__(matrix)
            steps.append(1)

    readings = read([chance.random() * 1e9 for _ in range(1_000)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "Factor", Counted)
        assert unroll(readings).state == "unfit"
    assert len(steps) < bounds.STEPS * 3 / 4


def test_what_was_learnt_changes_nothing() -> None:
    """With what the call before learnt, one more reading gives what it gives without it."""
    whole = history(made_days(10, 400), "daily", Random(1))
    fewer = History(whole.times[:-1], whole.values[:-1], whole.half_widths[:-1])
    quick, slow = unroll(whole, unroll(fewer).learnt), unroll(whole)
    for one, other, low, high in zip(quick.values, slow.values, slow.low, slow.high, strict=True):
        assert one is not None
        assert other is not None
        assert low is not None
        assert high is not None
        assert abs(one - other) < 0.01 * (high - low)
    assert quick.learnt is not None
    assert quick.learnt.start == whole.times[0] - WINDOW * DAY


def test_what_was_learnt_is_begun_with() -> None:
    """The next call begins with what the call before learnt, if its days begin at the same time."""
    readings = history(made_days(10, 100), "daily", Random(1))
    learnt = unroll(readings).learnt
    assert learnt is not None
    _, (known,) = asked(learn, readings, learnt)
    _, (other,) = asked(learn, readings, replace(learnt, start=learnt.start + DAY))
    assert known[4] is learnt.prior
    assert other[4].kept == EXPECTED


def test_a_restless_time_does_not_bend_a_calm_one() -> None:
    """Where days differ three times as much for the last four months, that is found out, and a year
    is told hardly worse for it: the calm months tell the levels.
    """
    errors: dict[float, float] = {}
    for later in (0.03, 0.09):
        for seed in range(21, 27):
            chance = Random(seed)
            spreads = [0.03] * 240 + [later] * 120
            days = [8e5 * (1 + chance.gauss(0, spread)) for spread in spreads]
            flow, (call,) = asked(learn, read(rolling(days), 1e3))
            off = [abs(told / day - 1) for told, day in zip(flow.values, days, strict=True) if told]
            errors[later] = errors.get(later, 0.0) + float(numpy.median(off))
            unrest = call[5].prior.unrest
            more = numpy.median(unrest[260:]) / numpy.median(unrest[:220])
            assert (0.7 if later == 0.03 else 1.5) < more < (1.4 if later == 0.03 else 3.5)
    assert errors[0.09] < 1.45 * errors[0.03]


@pytest.mark.parametrize("tail", [3.0, None])
def test_intervals_hold_nine_days_of_ten(tail: float | None) -> None:
    """Of days around one level, heavy-tailed or not, and of a year of readings of each."""
    chance = numpy.random.default_rng(5)
    inside = []
    for _ in range(12):
        news = chance.standard_normal(394) if tail is None else chance.standard_t(tail, 394)
        days = 8e5 * numpy.exp(0.04 * news)
        flow = unroll(read(rolling(days.tolist()), 1e3))
        told = zip(days, flow.low, flow.high, strict=True)
        inside += [
            low <= day <= high for day, low, high in told if low is not None and high is not None
        ]
    assert 0.875 < numpy.mean(inside) < 0.95


def test_readings_within_a_day_are_less_sure() -> None:
    """A rounding by 0.6 of a day is a variance of 0.6² / 3; in the middle of a day one more of a
    fiftieth of a day squared is added, at its quarters three quarters of that fiftieth.
    """
    ends = [*range(40), 40.25, *range(41, 60), 60.5, *range(61, 80), 80.75, *range(81, 100)]
    _, (call,) = asked(learn, at_ends(ends, [3e9] * 100, 6e7))
    noise = dict(zip(ends, call[2], strict=True))
    expected = {40.25: 0.12 + 0.015**2, 60.5: 0.12 + 0.02**2, 80.75: 0.12 + 0.015**2}
    assert noise == pytest.approx({end: expected.get(end, 0.12) for end in ends}, rel=1e-9)


def test_an_even_rise_is_the_level() -> None:
    """Of days that rise evenly nothing is left beside their level, whenever they are read."""
    days = [1e6 * (1 + day / 200) for day in range(240)]
    ends = [WINDOW + 3 * place / 4 for place in range(280)]
    _, (call,) = asked(learn, at_ends(ends, rolling(days, ends)))
    assert call[1][100:-100] == pytest.approx([0.0] * 80, abs=1e-9)


@pytest.mark.parametrize(("days", "deviations"), [(75, 2.920), (360, 1.796)])
def test_intervals_reach_as_far_as_the_table_says(days: int, deviations: float) -> None:
    """The 95 % point of Student's t: of eleven degrees of freedom for twelve days a chain, and of
    two at least.
    """
    readings = read(rolling(made_days(14, days)), 5e3)
    flow, (call,) = asked(learn, readings)
    unit = float(numpy.median(readings.values)) / WINDOW
    expected = unit * deviations * numpy.sqrt(call[5].variance)
    assert len(expected) == days
    assert reaches(flow) == pytest.approx(expected, rel=5e-4)


def test_readings_within_a_day_are_believed_less_and_less() -> None:
    """Where no flow fits, readings within a day are given more room: three times what an uneven
    day needs, and then all of the day that comes and of the one that goes. Others never are.
    """
    chance = Random(5)
    ends = [*range(40), 40.25, *range(41, 60), 60.5, *range(61, 99), 98.5]
    readings = at_ends(ends, [chance.random() * 1e9 for _ in ends])
    flow, calls = asked(within, readings)
    assert flow.state == "unfit"
    strict, wider, widest = (call[2] for call in calls)
    assert strict == pytest.approx([strict[0]] * len(ends))
    rooms = {40.25: 0.045, 60.5: 0.06, 98.5: 0.06}
    assert wider - strict == pytest.approx([rooms.get(end, 0.0) for end in ends])
    days = numpy.maximum(calls[0][4], 0)
    courses = {end: days[int(end)] + days[int(end) + WINDOW] for end in rooms}
    assert widest - strict == pytest.approx([courses.get(end, 0.0) for end in ends])
