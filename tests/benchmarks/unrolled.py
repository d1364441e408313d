"""How near the reconstructed days come to days that are known, beside S/30."""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp
from pathlib import Path
from statistics import median
from typing import Final

from data.insight.daily import DAY_MS
from data.insight.history import History
from data.insight.unroll import unroll
from data.insight.windows import WINDOW
from data.model import METRIC
from data.rounding import compact, printed_half_width
from tests.benchmarks.lines import Line, at_least, at_most

VOLUME: Final = METRIC["volume_30d"]
SCALES: Final = (1, 24, 200_000)
LENGTHS: Final = {120: 2.5, 365: 1.5}
"""Days of readings, and the most percent by which the median day may be off."""
EVERY: Final = 30
"""Windows begin so many days apart."""
WORSE: Final = 1.5
"""How many times as far off days may be where readings are missing or stand within the days."""
WAYS: Final = ("daily", "10 % missing", "6-hourly")
START: Final = 17_532 * DAY_MS
ROUNDED: Final = (
    "the site's rounding leaves a reading of trillions open by 2 to 4 % of a day to each side"
)


@dataclass(slots=True)
class Found:
    """What came out of the windows of one kind: a number a day."""

    errors: list[float]
    """How far each day is off, in percent of it."""
    flat: list[float]
    """The same of S/30."""
    reaches: list[float]
    """Half-widths of the intervals, in percent of the estimates."""
    inside: int = 0
    worst: float = 0.0
    """The median error of the worst window."""


def known_days(path: Path) -> dict[str, list[float]]:
    """The columns of a CSV beside its dates, by their names: one row a day, without gaps."""
    with path.open(newline="", encoding="utf-8") as file:
        first, *rows = csv.reader(file)
    return {name: [float(row[place]) for row in rows] for place, name in enumerate(first) if place}


def made_days(seed: int, days: int = 1_100) -> list[float]:
    """Synthetic days: a trend, weekends, unrest, and a busy day now and then."""
    chance, distance = random.Random(seed), 0.0
    found = []
    for day in range(days):
        distance = 0.6 * distance + chance.gauss(0, 0.06)
        busy = chance.uniform(1.3, 2) if chance.random() < 0.01 else 1.0
        found.append(8e5 * exp(0.3 * day / 365 + distance) * busy * (0.88 if day % 7 > 4 else 1))
    return found


def history(days: Sequence[float], way: str, chance: random.Random) -> History:
    """What would have been read while ``days`` passed, from the end of the thirtieth on."""
    totals = [0.0, *accumulate(days)]

    def until(quarter: int) -> float:
        whole, rest = divmod(quarter, 4)
        part = totals[whole + 1] - totals[whole] if rest else 0.0
        return totals[whole] + part * rest / 4

    step = 1 if way == "6-hourly" else 4
    quarters = [
        quarter
        for quarter in range(4 * WINDOW, 4 * len(days) + 1, step)
        if way != "10 % missing" or chance.random() >= 0.1
    ]
    sums = (until(quarter) - until(quarter - 4 * WINDOW) for quarter in quarters)
    values = [_read(value) for value in sums]
    widths = [printed_half_width(VOLUME, value, "page") or 0.0 for value in values]
    return History([START + quarter * DAY_MS // 4 for quarter in quarters], values, widths)


def _read(value: float) -> float:
    """The value that the site's text of it tells."""
    number = compact(VOLUME, value).lstrip("$")
    scale = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(number[-1], 1.0)
    return float(number.rstrip("KMBT")) * scale


def measured(series: Iterable[Sequence[float]], length: int, scale: float, way: str) -> Found:
    """The days of every window of ``length`` readings: those that begin within it."""
    found, chance = Found([], [], []), random.Random(length)
    for days in series:
        for begin in range(0, len(days) - length - WINDOW + 2, EVERY):
            span = [day * scale for day in days[begin : begin + length + WINDOW - 1]]
            _compare(span, history(span, way, chance), found)
    return found


def _compare(days: Sequence[float], readings: History, found: Found) -> None:
    flow = unroll(readings)
    sums = dict(zip(readings.times, readings.values, strict=True))
    errors = []
    for start, value, low, high in zip(flow.starts, flow.values, flow.low, flow.high, strict=True):
        place = (start - START) // DAY_MS
        if value is None or low is None or high is None or not WINDOW - 1 <= place < len(days):
            continue
        day = days[place]
        errors.append(100 * abs(value - day) / day)
        found.inside += low <= day <= high
        found.reaches.append(100 * (high - low) / 2 / value)
        if start + DAY_MS in sums:
            found.flat.append(100 * abs(sums[start + DAY_MS] / WINDOW - day) / day)
    found.errors += errors
    found.worst = max(found.worst, median(errors))


def lines(name: str, series: Sequence[Sequence[float]]) -> Iterator[Line]:
    """A line a target, for the windows of all the series together."""
    for length, most in LENGTHS.items():
        for scale in SCALES:
            plain = 0.0
            for way in WAYS:
                what = f"{name} × {scale:,}, {length} days, {way}"
                found = measured(series, length, scale, way)
                error = median(found.errors)
                plain = plain or error
                beside = "S/30", f"{median(found.flat):.2f} %"
                limit = most if way == WAYS[0] else WORSE * plain
                why = ROUNDED if scale == SCALES[-1] else ""
                label = f"{what}: a day is off by"
                yield at_most(label, error, limit, "{:.2f} %", beside, why)
                inside = 100 * found.inside / len(found.errors)
                yield _between(f"{what}: days within the 90 % interval", inside)
                if way == WAYS[0]:
                    better = median(found.flat) / error
                    yield at_least(f"{what}: nearer than S/30", better, 3, "{:.1f} ×", why=why)
                    if length == max(LENGTHS):
                        reach = median(found.reaches)
                        yield at_most(f"{what}: the interval's half-width", reach, 6, "{:.1f} %")


def _between(what: str, share: float) -> Line:
    met = 85 <= share <= 98
    by = max(85 / share - 1, share / 98 - 1, 0.0)
    return Line(what, f"{share:.0f} %", "", "", "", "85 – 98 %", met, by)
