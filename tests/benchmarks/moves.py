"""Which of the jumps that are known the list of moves finds, and what else stands in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt
from random import Random
from statistics import median
from typing import Final

from data.insight.daily import DAY_MS
from data.insight.history import History
from data.insight.moves import FEWEST, WINDOW_MS, Move, moves
from data.model import METRIC, Metric
from data.rounding import printed_half_width
from tests.benchmarks.lines import Line, table

SIZES: Final = (3, 5, 8, 15)
"""How large the jumps are: so many times the usual change, of which a move is beyond four."""
DAYS: Final = 730
EVERY_DAYS: Final = 45
"""One jump in so many days."""
SEEDS: Final = range(10)
LEVEL, ROLLING = METRIC["active_users"], METRIC["volume_30d"]
WINDOW: Final = WINDOW_MS // DAY_MS
HEAD: Final = ("jumps", "found", "right of those listed", "others a year", "", "")
Noise = Callable[[Random], float]


def gaussian(random: Random) -> float:
    """Noise without surprises."""
    return random.gauss(0, 1)


def heavy(random: Random) -> float:
    """Noise with surprises: Student's t with three degrees of freedom."""
    return random.gauss(0, 1) / sqrt(random.gammavariate(1.5, 2) / 3)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a made up series is like."""

    metric: Metric = LEVEL
    noise: Noise = gaussian
    swing: float = 0.004
    """One day's noise, as a part of the figure (of a day's flow, where it is rolling)."""
    weekly: float = 0.0
    """How much more there is on a working day than on a Sunday, as a part."""
    scale: float = 1.623e4
    """About how large the figure is; None of its digits but five are told."""
    parts: int = 1
    """Readings a day."""
    missing: float = 0.0
    """Part of the days without any reading."""
    exact: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "level": Kind(),
    "level, heavy tails": Kind(noise=heavy),
    "level, weekly": Kind(weekly=0.01),
    "level, noise below the rounding": Kind(swing=0.0004),
    "level, 10 % of days missing": Kind(missing=0.1),
    "level, 6-hourly": Kind(parts=4),
    "sum": Kind(ROLLING, swing=0.1, scale=3.0326e11),
    "sum, heavy tails": Kind(ROLLING, heavy, swing=0.1, scale=3.0326e11),
    "sum, weekly": Kind(ROLLING, swing=0.1, weekly=0.3, scale=8.79e8),
    "sum, 10 % of days missing": Kind(ROLLING, swing=0.1, missing=0.1, scale=9.97e5),
    "sum, 6-hourly, heavy, weekly, missing": Kind(
        ROLLING, heavy, swing=0.1, weekly=0.3, scale=3.0326e11, parts=4, missing=0.1
    ),
    "sum, exact": Kind(ROLLING, swing=0.1, scale=3.0326e11, exact=True),
}
"""By name; of the ones that say nothing else a reading a day, rounded as the site rounds."""


@dataclass(frozen=True, slots=True)
class Made:
    """A history with jumps at known times."""

    history: History
    jumps: Sequence[float]
    """When they happened, in ms; those for which enough was known before."""
    echoes: Sequence[float]
    """When the day of a jump left the window, which is no jump of its own."""


@dataclass(slots=True)
class Score:
    """How much of it was found."""

    jumps: int = 0
    found: int = 0
    """Jumps that stand in the list."""
    listed: int = 0
    right: int = 0
    """Of the list, jumps and their echoes."""
    years: float = 0.0


def made(kind: Kind, size: float, seed: int) -> Made:
    """A history of DAYS with a jump of ``size`` usual changes every EVERY_DAYS or so."""
    random = Random(seed)
    calm = _figures(kind, Random(seed + 1_000), {})
    daily = calm[:: kind.parts]
    changes = [after - before for before, after in pairwise(daily)]
    middle = median(changes)
    usual = median(abs(change - middle) for change in changes)
    jumps = {
        round((day + random.uniform(0, EVERY_DAYS / 2)) * kind.parts): size
        * usual
        * random.choice((-1, 1))
        for day in range(WINDOW, DAYS - WINDOW, EVERY_DAYS)
    }
    figures = _figures(kind, Random(seed + 1_000), jumps)
    times = [DAY_MS * place // kind.parts for place in range(len(figures))]
    step = DAY_MS / kind.parts
    known = [place * step for place in jumps if place > (FEWEST + 1) * kind.parts]
    echoes = [at * step + WINDOW_MS for at in jumps] if kind.metric is ROLLING else []
    return Made(_read(kind, times, figures, random), known, echoes)


def _figures(kind: Kind, random: Random, jumps: Mapping[int, float]) -> list[float]:
    """The true figure at each part of a day; jumps by the place from which on they show."""
    if kind.metric is ROLLING:
        return _sums(kind, random, jumps)
    walk, lifted, figures = 0.0, 0.0, []
    for place in range(DAYS * kind.parts):
        walk += kind.noise(random) * kind.swing / kind.parts**0.5
        lifted += jumps.get(place, 0.0)
        figures.append(kind.scale * exp(0.3 * place / kind.parts / DAYS + walk * 0.5) + lifted)
        figures[-1] *= 1 + kind.weekly * (place // kind.parts % 7 < 5)
    return figures


def _sums(kind: Kind, random: Random, jumps: Mapping[int, float]) -> list[float]:
    flows, width = [], WINDOW * kind.parts
    for place in range(-width, DAYS * kind.parts):
        wave = 1 + kind.weekly * (place // kind.parts % 7 < 5)
        noise = max(0.05, 1 + kind.swing * kind.noise(random) * kind.parts**0.5)
        grown = exp(0.3 * place / kind.parts / DAYS)
        flows.append(kind.scale / width * wave * noise * grown + jumps.get(place, 0.0))
    total, sums = sum(flows[:width]), []
    for new, old in zip(flows[width:], flows, strict=False):
        total += new - old
        sums.append(total)
    return sums


def _read(kind: Kind, times: Sequence[int], figures: Sequence[float], random: Random) -> History:
    """What the site shows of it, at the moments that it was looked at."""
    gone = {day for day in range(DAYS) if random.random() < kind.missing}
    kept = [place for place, time in enumerate(times) if time // DAY_MS not in gone]
    if kind.exact:
        values, widths = [figures[place] for place in kept], [0.0] * len(kept)
    else:
        rounded = [_rounded(kind.metric, figures[place]) for place in kept]
        values, widths = map(list, zip(*rounded, strict=True))
    return History([times[place] for place in kept], values, widths)


def _rounded(metric: Metric, figure: float) -> tuple[float, float]:
    width = printed_half_width(metric, figure, "page") or 0.5
    return round(figure / (2 * width)) * 2 * width, width


def score(kind: Kind, size: float, seeds: Sequence[int] = SEEDS) -> Score:
    """What is found of jumps of this size, of all seeds together."""
    total = Score()
    for seed in seeds:
        one = made(kind, size, seed)
        found = moves(kind.metric, one.history)
        total.jumps += len(one.jumps)
        total.found += sum(any(_shows(move, at) for move in found) for at in one.jumps)
        total.listed += len(found)
        known = [*one.jumps, *one.echoes]
        total.right += sum(any(_shows(move, at) for at in known) for move in found)
        total.years += (DAYS - FEWEST) / 365
    return total


def _shows(move: Move, at: float) -> bool:
    return move.since < at <= move.at


def lines() -> Iterator[Line]:
    """A line for each kind of series and size of jumps; none is held to a target."""
    for name, kind in KINDS.items():
        for size in SIZES:
            one = score(kind, size)
            recall, right = one.found / one.jumps, one.right / max(one.listed, 1)
            others = (one.listed - one.right) / one.years
            told = f"{recall:.0%}", f"{right:.0%}", f"{others:.1f}"
            yield Line(f"{name}: {size} × the usual change", *told, "", "", met=True)


if __name__ == "__main__":
    print(table(lines(), HEAD))
