"""The likeliest daily flow that no reading contradicts: its sums within their rounding, and no
day below zero.

A quadratic programme, solved by a primal-dual interior point method (Mehrotra 1992): each step
is one banded system.
"""

from dataclasses import dataclass
from typing import Final

import numpy

from data.insight.banded import Array, Factor, product
from data.insight.windows import Windows

STEPS: Final = 40
USUAL: Final = 12
"""So many are nearly always enough, where there is a flow."""
CLOSE: Final = 1e-9
"""How far beyond a bound a result may lie, as a part of the largest day."""
HOPELESS: Final = 100.0
"""How many times wider than in the beginning the gap gets only where there is no flow."""
_EDGE: Final = 0.995
_BEGIN: Final = 1e-3


def within(
    readings: Windows, values: Array, widths: Array, matrix: Array, flow: Array
) -> Array | None:
    """The flow of at least 0 whose sums lie within ``widths`` of ``values`` that is nearest.

    Nearest to ``flow`` by the metric ``matrix`` (the inverse covariance of its days). None where
    there is no such flow. Every width is greater than 0.
    """
    sums = readings.sums(flow)
    if flow.min() >= 0 and numpy.all(numpy.abs(sums - values) <= widths):
        return flow
    unit = float(numpy.abs(flow).max())
    problem = _Problem(readings, values / unit, widths / unit, matrix * unit**2, flow / unit)
    found = problem.solve()
    return None if found is None else numpy.maximum(found, 0.0) * unit


@dataclass(frozen=True, slots=True)
class _Problem:
    """Minimise (x - flow)ᵀ matrix (x - flow) / 2 where C x + room = limits and room >= 0.

    The rows of C are the readings, the readings with the other sign, and each day with it.
    """

    readings: Windows
    values: Array
    widths: Array
    matrix: Array
    flow: Array

    def solve(self) -> Array | None:
        """x, None where it does not come near one; what it was at the end is of no use then."""
        x = numpy.maximum(self.flow, _BEGIN)
        limits = numpy.concatenate([self.values + self.widths, self.widths - self.values, 0 * x])
        least = numpy.concatenate([self.widths, self.widths, numpy.full(len(x), _BEGIN)])
        room = numpy.maximum(limits - self._rows(x), least)
        force = 1 / room
        for place in range(STEPS):
            gap = float(room @ force) / len(room)
            short = limits - self._rows(x) - room
            if gap < CLOSE and numpy.all(numpy.abs(short) < CLOSE):
                return x
            if gap > HOPELESS:
                return None
            pull = -product(self.matrix, x - self.flow) - self._columns(force)
            try:
                factor = Factor(self.matrix + self._squared(force / room))
            except numpy.linalg.LinAlgError:
                return None

            def step(
                aim: Array,
                room: Array = room,
                force: Array = force,
                short: Array = short,
                pull: Array = pull,
                factor: Factor = factor,
            ) -> tuple[Array, Array, Array]:
                push = (aim - force * short) / room - force
                dx = factor.solve(pull - self._columns(push))
                rows = self._rows(dx)
                return dx, short - rows, push + force / room * rows

            _, droom, dforce = step(0 * room)
            far = min(_length(room, droom), _length(force, dforce))
            after = float((room + far * droom) @ (force + far * dforce)) / len(room)
            # All of the second order is quickest, but may go to and fro for ever.
            part = 1.0 if place < USUAL else far
            dx, droom, dforce = step(gap * (after / gap) ** 3 - part * droom * dforce)
            far = _EDGE * min(_length(room, droom), _length(force, dforce))
            x, room, force = x + far * dx, room + far * droom, force + far * dforce
        return None

    def _rows(self, x: Array) -> Array:
        """C x."""
        sums = self.readings.sums(x)
        return numpy.concatenate([sums, -sums, -x])

    def _columns(self, force: Array) -> Array:
        """Cᵀ force."""
        above, below, zero = self._parts(force)
        return self.readings.back(above - below) - zero

    def _squared(self, weights: Array) -> Array:
        """Cᵀ weights C."""
        above, below, zero = self._parts(weights)
        found = self.readings.squared(above + below)
        found[0] += zero
        return found

    def _parts(self, rows: Array) -> tuple[Array, Array, Array]:
        many = len(self.values)
        return rows[:many], rows[many : 2 * many], rows[2 * many :]


def _length(values: Array, step: Array) -> float:
    """How far along ``step`` the values stay above 0, at most 1."""
    return 1 / max(1.0, float(numpy.max(-step / values)))
