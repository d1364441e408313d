"""The picture of docs/insight.md: real days, the figure that hides them, and what comes back."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from data.insight.daily import DAY_MS
from data.insight.unroll import unroll
from data.insight.windows import WINDOW
from tests.benchmarks.insight import SERIES
from tests.benchmarks.unrolled import START, WAYS, history, known_days

PICTURE: Final = Path(__file__).parents[2] / "docs" / "insight.svg"
YEAR: Final = 365
SHOWN: Final = 120
"""Days in the picture, the last ones of a year of readings."""
WIDTH, HEIGHT, LEFT, RIGHT = 960, 470, 64, 16
TOP: Final = (34, 150)
BELOW: Final = (206, 430)
STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #4b5563 }
.name { font-weight: 600; fill: #111827 }
.grid { stroke: #e5e7eb }
.sum { fill: none; stroke: #3158d4; stroke-width: 2 }
.band { fill: #3158d4; fill-opacity: .18 }
.told { fill: none; stroke: #3158d4; stroke-width: 1.6 }
.flat { fill: none; stroke: #9ca3af; stroke-width: 1.6; stroke-dasharray: 5 4 }
.true { fill: #b45309 }
"""


def main() -> None:
    """Draw the last SHOWN days of the first series named by SERIES."""
    files = os.environ.get(SERIES, "").split()
    if not files:
        sys.exit(f"Name a CSV file of real days: {SERIES}=FILE.csv")
    path = Path(files[0])
    [days, *_] = known_days(path).values()
    date = path.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    begin = len(days) - YEAR - WINDOW + 1
    first = datetime.fromisoformat(date).replace(tzinfo=UTC) + timedelta(days=begin)
    PICTURE.write_text(drawn(days[begin:], first), encoding="utf-8")
    print(PICTURE)


def drawn(days: Sequence[float], first: datetime) -> str:
    """The picture as SVG; ``first`` is when the first of the days began."""
    readings = history(days, WAYS[0], Random(1))
    flow = unroll(readings)
    told = [
        ((start - START) // DAY_MS, value, low, high)
        for start, value, low, high in zip(
            flow.starts, flow.values, flow.low, flow.high, strict=True
        )
        if value is not None and low is not None and high is not None
    ][-SHOWN:]
    since = told[0][0]
    sums = [
        ((time - START) / DAY_MS - since, value)
        for time, value in zip(readings.times, readings.values, strict=True)
        if time - START >= since * DAY_MS
    ]
    above = _Scale(TOP, [value for _, value in sums])
    true = [(day - since + 0.5, days[day]) for day, *_ in told]
    below = _Scale(BELOW, [value for _, value in true] + [high for *_, high in told])
    middle = [(day - since + 0.5, value) for day, value, _, _ in told]
    upper = [(day - since + 0.5, high) for day, _, _, high in told]
    lower = [(day - since + 0.5, low) for day, _, low, _ in told]
    flat = [(at - 0.5, value / WINDOW) for at, value in sums]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            _text(LEFT, 18, "What the site would show: the sum of 30 days, rounded", "name"),
            *above.grid(),
            f'<path class="sum" d="{above.path(sums)}"/>',
            _text(
                LEFT, 190, "What is inside it: the days, reconstructed, with 90 % intervals", "name"
            ),
            *below.grid(),
            f'<path class="band" d="{below.path(upper)}{below.path(lower[::-1], "L")}Z"/>',
            f'<path class="flat" d="{below.path(flat)}"/>',
            f'<path class="told" d="{below.path(middle)}"/>',
            *(
                f'<circle class="true" cx="{_x(at):.1f}" cy="{below.y(value):.1f}" r="2.2"/>'
                for at, value in true
            ),
            *_months(first + timedelta(days=since)),
            _text(WIDTH - RIGHT, 190, "dots: the true days · dashes: S/30", "", "end"),
            "</svg>\n",
        ]
    )


class _Scale:
    """One panel's heights."""

    def __init__(self, place: tuple[int, int], values: Iterable[float]) -> None:
        self._top, self._bottom = place
        found = list(values)
        reach = (max(found) - min(found)) * 0.08
        self._low, self._high = min(found) - reach, max(found) + reach

    def y(self, value: float) -> float:
        """Where a value stands."""
        part = (value - self._low) / (self._high - self._low)
        return self._bottom - part * (self._bottom - self._top)

    def path(self, points: Iterable[tuple[float, float]], begin: str = "M") -> str:
        """A line through (day, value)."""
        places = (f"{_x(at):.1f} {self.y(value):.1f}" for at, value in points)
        return begin + "L".join(places)

    def grid(self) -> list[str]:
        """Lines at round values, and what they are."""
        step = next(
            size
            for power in range(3, 12)
            for size in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
            if (self._high - self._low) / size <= 5
        )
        values = [
            step * number
            for number in range(int(self._low // step) + 1, int(self._high // step) + 1)
        ]
        return [
            part
            for value in values
            for part in (
                f'<path class="grid" d="M{LEFT} {self.y(value):.1f}H{WIDTH - RIGHT}"/>',
                _text(LEFT - 8, self.y(value) + 4, _short(value), "", "end"),
            )
        ]


def _x(day: float) -> float:
    return LEFT + day / SHOWN * (WIDTH - LEFT - RIGHT)


def _short(value: float) -> str:
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}K"


def _months(first: datetime) -> list[str]:
    """The months' first days under the lower panel."""
    days = (first + timedelta(days=number) for number in range(SHOWN))
    return [
        _text(_x((day - first).days), HEIGHT - 16, f"{day:%b %Y}", "")
        for day in days
        if day.day == 1
    ]


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{words}</text>'


if __name__ == "__main__":
    main()
