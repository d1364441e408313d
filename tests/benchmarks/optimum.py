"""How near days could be told at all: to one who knows what they were drawn from.

Days are drawn from a normal distribution with the spread, the correlation of neighbours and the
weekdays of a real series; their sums over thirty days are rounded as those of the series; and the
mean of the days given all sums, which no estimate is better than while the rounding is taken for
normal, is held against the days.
"""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

import numpy

from data.insight.banded import Array
from data.insight.windows import WINDOW
from data.model import METRIC
from data.rounding import printed_half_width
from tests.benchmarks.lines import Line
from tests.benchmarks.unrolled import LENGTHS, SCALES

HEAD: Final = ("days drawn to be like", "a day is off by at best", "peer", "its result", "", "")
TIMES: Final = 60
WEEK: Final = 7
_MONTHS: Final = 61
_VOLUME: Final = METRIC["volume_30d"]


def lines(name: str, days: Sequence[float]) -> Iterator[Line]:
    """A line for each length and scale; none is held to a target."""
    for length in LENGTHS:
        for scale in SCALES:
            best, flat = off(days, length, scale)
            what = f"{name} × {scale:,}, {length} days"
            yield Line(what, f"{best:.2f} %", "S/30", f"{flat:.2f} %", "", "", met=True)


def off(days: Sequence[float], length: int, scale: float) -> tuple[float, float]:
    """The median day's error of the best estimate, and of S/30, in percent.

    ``length`` readings of days drawn to be like ``days``, rounded as such of ``scale`` times them.
    """
    expected, half_width = _expected(days, length + WINDOW - 1), _half_width(days, scale)
    sums = numpy.array(
        [(numpy.arange(len(expected)) - end) // WINDOW == 0 for end in range(length)]
    )
    seen = sums @ expected
    noise = half_width**2 / 3 * numpy.eye(length)
    best = numpy.linalg.solve(seen @ sums.T + noise, seen).T
    chance = numpy.random.default_rng(length)
    errors: list[float] = []
    flat: list[float] = []
    for _ in range(TIMES):
        drawn = chance.multivariate_normal(numpy.zeros(len(expected)), expected, method="cholesky")
        read = sums @ drawn + chance.uniform(-half_width, half_width, length)
        told, true = (best @ read)[WINDOW - 1 :], drawn[WINDOW - 1 :]
        errors.extend(numpy.abs(told - true) / (1 + true))
        flat.extend(numpy.abs(read / WINDOW - true) / (1 + true))
    return 100 * median(errors), 100 * median(flat)


def _expected(days: Sequence[float], many: int) -> Array:
    """The covariance of ``many`` days' distances from their level, as parts of it."""
    known = numpy.asarray(days)
    level = numpy.convolve(
        numpy.pad(known, _MONTHS // 2, mode="edge"), numpy.ones(_MONTHS), "valid"
    )
    apart = known * _MONTHS / level - 1
    weekdays = numpy.array([apart[day::WEEK].mean() for day in range(WEEK)])
    rest = apart - numpy.resize(weekdays, len(apart))
    kept = float(numpy.corrcoef(rest[1:], rest[:-1])[0, 1])
    between = numpy.abs(numpy.subtract.outer(numpy.arange(many), numpy.arange(many)))
    same = numpy.where(between % WEEK == 0, 1, -1 / (WEEK - 1))
    found: Array = rest.var() * kept**between + weekdays.var() * same
    return found


def _half_width(days: Sequence[float], scale: float) -> float:
    """The usual reading's, as a part of a day."""
    read: list[float] = (scale * numpy.convolve(days, numpy.ones(WINDOW), "valid")).tolist()
    return WINDOW * median((printed_half_width(_VOLUME, one, "page") or 0.0) / one for one in read)
