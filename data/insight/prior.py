"""What is expected of daily values before any of them is known; learnt from the readings alone.

A day's distance x from the level (a month's mean around it) keeps a part of the day before's, for
it goes back to nothing by and by, and of the week before's: x[t] = kept[0] · x[t-1] + kept[1] ·
x[t-7] + news. The news are scaled by the level, and heavy-tailed (Student's t with TAIL degrees of
freedom): a day that stands out must not bend the others. Restless times last, so the news are also
scaled by how large those of the days around were. Expectation and maximisation in turn (Dempster
1977) find ``kept``, ``spread``, the unrest and how surprising each day was.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy

from data.insight.banded import Array, Factor
from data.insight.windows import WINDOW, Windows

LAGS: Final = (1, 7)
EXPECTED: Final = (0.5, 0.0)
"""``kept`` before anything is known, worth as many days as SURE."""
TAIL: Final = 8.0
AROUND: Final = 5.0
"""Days in which the weight of a day for the unrest of another falls to 1 / e, both ways; a usual
unrest has the weight of as many days."""
SURE: Final = 20.0
ROUNDS: Final = 40
SETTLED: Final = 1e-3
"""A round that moves no day by more than this part of its interval is the last one."""
_SPREAD: Final = 0.05
_LEAST: Final = 1e-6
_BAND: Final = max(LAGS)
_NEAR: Final = numpy.exp(-numpy.abs(numpy.arange(-40, 41)) / AROUND)


@dataclass(frozen=True, slots=True)
class Prior:
    """What was learnt; ``spread`` and the news are parts of the level."""

    kept: tuple[float, ...] = EXPECTED
    spread: float = _SPREAD
    calm: Array = field(default_factory=lambda: numpy.ones(0))
    """By day how little it surprised, from 0 to (TAIL + 1) / TAIL."""
    unrest: Array = field(default_factory=lambda: numpy.ones(0))
    """By day how many times the usual the news around it are."""

    def begun(self, days: int) -> "Prior":
        """The same for ``days`` days, nothing known of those that came since."""
        return replace(
            self, calm=_lengthened(self.calm, days), unrest=_lengthened(self.unrest, days)
        )

    def precision(self, scale: Array) -> Array:
        """The inverse covariance of x, of _BAND diagonals below the main one."""
        weights = self.weights(scale)
        many = len(scale)
        found = numpy.zeros((WINDOW + 1, many))
        parts = self._parts()
        for one, left in parts:
            for other, right in parts:
                if other <= one:
                    lag = one - other
                    # The news of day t hold x[t - one] and x[t - other].
                    found[lag, : many - one] += left * right * weights[one:]
        return found

    def weights(self, scale: Array) -> Array:
        """The inverse variance of each day's news."""
        found: Array = self.calm / (self.spread * self.unrest * scale) ** 2
        return found

    def news(self, x: Array) -> Array:
        """What of each day was not expected."""
        found = x.copy()
        for lag, part in self._parts()[1:]:
            found[lag:] += part * x[:-lag]
        return found

    def variance(self, inverse: Array) -> Array:
        """Of each day's news, from the diagonals of the covariance of x."""
        many = inverse.shape[1]
        found = numpy.zeros(many)
        parts = self._parts()
        for one, left in parts:
            for other, right in parts:
                lag = abs(one - other)
                begin = max(one, other)
                found[begin:] += left * right * inverse[lag, : many - begin]
        return found

    def _parts(self) -> tuple[tuple[int, float], ...]:
        return (0, 1.0), *((lag, -part) for lag, part in zip(LAGS, self.kept, strict=True))


@dataclass(frozen=True, slots=True)
class Learnt:
    """The days as the readings and the prior tell them together."""

    prior: Prior
    x: Array
    variance: Array
    matrix: Array
    """The inverse covariance of x."""


def learn(readings: Windows, rest: Array, noise: Array, scale: Array, prior: Prior) -> Learnt:
    """The days' distances from the level, of which the readings tell the sums ``rest``.

    ``noise`` is the variance of each reading, ``scale`` the level by day. A ``prior`` that was
    learnt before, of a history that was nearly this one, is only brought up to date.
    """
    prior = prior.begun(readings.days)
    told, right = readings.squared(1 / noise), readings.back(rest / noise)
    x, reach = numpy.zeros((2, readings.days))
    for _ in range(ROUNDS):
        matrix = told + prior.precision(scale)
        factor = Factor(matrix)
        before, x = x, factor.solve(right)
        if numpy.all(numpy.abs(x - before) <= SETTLED * reach + _LEAST * scale):
            break
        inverse = factor.inverse(_BAND)
        reach = numpy.sqrt(inverse[0])
        prior = _better(prior, x, inverse, scale)
    # How surprising a day was is not known but estimated, which leaves so much less information.
    sure = (TAIL + 1) / (TAIL + 3)
    variance = Factor(told + sure * prior.precision(scale)).inverse(0)[0]
    return Learnt(prior, x, variance, matrix)


def _lengthened(values: Array, days: int) -> Array:
    found = numpy.ones(days)
    found[: len(values)] = values[:days]
    return found


def _better(prior: Prior, x: Array, inverse: Array, scale: Array) -> Prior:
    surprise = (prior.news(x) ** 2 + prior.variance(inverse)) / scale**2
    usual = surprise / prior.unrest**2
    calm = (TAIL + 1) / (TAIL + usual / prior.spread**2)
    spread = max(float(numpy.sqrt(numpy.mean(calm * usual))), _LEAST)
    unrest = _unrest(calm * surprise / spread**2)
    prior = replace(prior, calm=calm, spread=spread, unrest=unrest)
    return replace(prior, kept=_regression(prior.weights(scale)[_BAND:], x, inverse))


def _unrest(surprise: Array) -> Array:
    """The root of what the surprises around each day are, in the mean of logarithms 1."""
    around = (_around(surprise) + AROUND) / (_around(numpy.ones(len(surprise))) + AROUND)
    found: Array = numpy.sqrt(around / numpy.exp(numpy.mean(numpy.log(around))))
    return found


def _around(values: Array) -> Array:
    """The sum of all values, each by how near it is."""
    found: Array = numpy.convolve(values, _NEAR)[len(_NEAR) // 2 :][: len(values)]
    return found


def _regression(weights: Array, x: Array, inverse: Array) -> tuple[float, ...]:
    """What a day keeps of the days before, by least squares of the days that the readings tell."""

    def together(one: int, other: int) -> float:
        """Σ weights · E[x[t - one] · x[t - other]], over the days t from _BAND on."""
        one, other = max(one, other), min(one, other)
        many = len(weights)
        left, right = x[_BAND - one :][:many], x[_BAND - other :][:many]
        return float(weights @ (left * right + inverse[one - other, _BAND - one :][:many]))

    matrix = numpy.array([[together(one, other) for other in LAGS] for one in LAGS])
    right = numpy.array([together(0, lag) for lag in LAGS])
    expected = SURE * numpy.array(EXPECTED)
    found = numpy.linalg.solve(matrix + SURE * numpy.eye(len(LAGS)), right + expected)
    return tuple(found.tolist())
