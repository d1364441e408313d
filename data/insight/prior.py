"""What is expected of daily values before any of them is known; learnt from the readings alone.

A day's distance x from the level (a month's mean around it) keeps a part of the day before's, for
it goes back to nothing by and by, and of the week before's: x[t] = kept[0] · x[t-1] + kept[1] ·
x[t-7] + news. The news are scaled by the level, and heavy-tailed (Student's t with TAIL degrees of
freedom): a day that stands out must not bend the others. Expectation and maximisation in turn
(Dempster 1977) find ``kept``, ``spread`` and how surprising each day was.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy

from data.insight.banded import Array, Factor
from data.insight.windows import WINDOW, Windows

LAGS: Final = (1, 7)
EXPECTED: Final = (0.5, 0.0)
"""``kept`` before anything is known, worth as many days as SURE."""
TAIL: Final = 6.0
SURE: Final = 20.0
ROUNDS: Final = 40
SETTLED: Final = 1e-3
"""A round that moves no day by more than this part of its interval is the last one."""
_SPREAD: Final = 0.05
_LEAST: Final = 1e-6
_BAND: Final = max(LAGS)


@dataclass(frozen=True, slots=True)
class Prior:
    """What was learnt; ``spread`` and the news are parts of the level."""

    kept: tuple[float, ...] = EXPECTED
    spread: float = _SPREAD
    calm: Array = field(default_factory=lambda: numpy.ones(0))
    """By day how little it surprised, from 0 to (TAIL + 1) / TAIL."""

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
        found: Array = self.calm / (self.spread * scale) ** 2
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
    known = numpy.ones(readings.days)
    known[: len(prior.calm)] = prior.calm[: readings.days]
    prior = replace(prior, calm=known)
    told, right = readings.squared(1 / noise), readings.back(rest / noise)
    x = numpy.zeros(readings.days)
    for _ in range(ROUNDS):
        matrix = told + prior.precision(scale)
        factor = Factor(matrix)
        before, x = x, factor.solve(right)
        inverse = factor.inverse(_BAND)
        if numpy.all(numpy.abs(x - before) <= SETTLED * numpy.sqrt(inverse[0]) + _LEAST * scale):
            break
        prior = _better(prior, x, inverse, scale)
    return Learnt(prior, x, inverse[0], matrix)


def _better(prior: Prior, x: Array, inverse: Array, scale: Array) -> Prior:
    surprise = (prior.news(x) ** 2 + prior.variance(inverse)) / scale**2
    calm = (TAIL + 1) / (TAIL + surprise / prior.spread**2)
    spread = max(float(numpy.sqrt(numpy.mean(calm * surprise))), _LEAST)
    prior = replace(prior, calm=calm, spread=spread)
    return replace(prior, kept=_regression(prior.weights(scale)[_BAND:], x, inverse))


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
