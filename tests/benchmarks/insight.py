"""What the insights are worth: known days against reconstructed ones, known moves, ten years."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from tests.benchmarks import moves, optimum, unrolled
from tests.benchmarks.lines import Line, at_most, table

TEN_YEARS: Final = 3_653
SERIES: Final = "SERIES"
NAMELESS: Final = (
    f"No real series: name CSV files with {SERIES}='FILE …' (a date and a figure a day). "
    "What follows is of synthetic days."
)
COLD: Final = "--cold"


def main() -> None:
    """Measure, print, and exit 1 where a target is missed."""
    if sys.argv[1:] == [COLD]:
        _cold()
        return
    series = _series()
    reached = (line for name, several in series.items() for line in unrolled.lines(name, several))
    found = [*reached, *_ten_years()]
    print(table(found), flush=True)
    print()
    best = (line for name, several in series.items() for line in optimum.lines(name, several[0]))
    print(table(best, optimum.HEAD), flush=True)
    print()
    print(table(moves.lines(), moves.HEAD), flush=True)
    missed = [line.what for line in found if not line.met]
    if missed:
        sys.exit(f"{len(missed)} of {len(found)} targets are missed.")


def _series() -> dict[str, list[list[float]]]:
    """Under each name the series of days that are measured together."""
    files = [Path(name) for name in os.environ.get(SERIES, "").split()]
    if not files:
        print(NAMELESS, file=sys.stderr)
        return {"synthetic": [unrolled.made_days(seed) for seed in range(3)]}
    known = [one for file in files for one in unrolled.known_days(file).items()]
    return {name: [days] for name, days in known}


def _ten_years() -> list[Line]:
    """Three new processes, and the readings that come while one of them goes on."""
    command = [sys.executable, "-m", "tests.benchmarks.insight", COLD]
    told = []
    for _ in range(3):
        begin = perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            bare = process.stdout.readline()
            whole = perf_counter() - begin
            rest = process.stdout.read()
        told.append((whole, *map(float, [bare, *rest.split()])))
    cold, days, memory, new = map(median, zip(*told, strict=True))
    return [
        at_most("ten years, a new process from its start to the days", cold, 1, "{:.2f} s"),
        at_most("ten years, the days alone", 1e3 * days, 1_000, "{:,.0f} ms"),
        at_most("ten years, memory of that process", memory, 200, "{:,.0f} MB"),
        at_most("ten years, one more reading", 1e3 * new, 50, "{:,.0f} ms"),
    ]


def _cold() -> None:
    """Print seconds for the days of ten years; then MB at most and seconds for one more reading."""
    from random import Random

    from data.insight.history import History
    from data.insight.unroll import unroll
    from data.insight.windows import WINDOW

    days = unrolled.made_days(1, TEN_YEARS + WINDOW)
    known = unrolled.history(days, unrolled.WAYS[0], Random(1))

    def until(end: int) -> History:
        return History(known.times[:end], known.values[:end], known.half_widths[:end])

    begin = perf_counter()
    flow = unroll(until(TEN_YEARS - 5))
    print(perf_counter() - begin, flush=True)
    newer = []
    for end in range(TEN_YEARS - 4, TEN_YEARS + 1):
        begin = perf_counter()
        flow = unroll(until(end), flow.learnt)
        newer.append(perf_counter() - begin)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(memory, median(newer))


if __name__ == "__main__":
    main()
