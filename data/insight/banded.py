"""Symmetric positive definite matrices with few diagonals: solving, and the middle of the inverse.

A matrix of n rows with k diagonals below the main one is an array of (k + 1, n): row p holds the
elements [j + p, j], and zeros at its end. All of it is LAPACK's by way of scipy.
"""

from typing import Final

import numpy
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded

Array = NDArray[numpy.float64]
_SMALLEST_BLOCK: Final = 8


class Factor:
    """The Cholesky factor of a banded matrix. Raises LinAlgError where it is not definite."""

    def __init__(self, matrix: Array) -> None:
        self._factor: Array = cholesky_banded(matrix, lower=True, check_finite=False)

    def solve(self, right: Array) -> Array:
        """What the matrix makes ``right``, shapes (n,)."""
        found: Array = cho_solve_banded((self._factor, True), right, check_finite=False)
        return found

    def inverse(self, lags: int) -> Array:
        """The first ``lags`` + 1 diagonals of the inverse, as a matrix with few diagonals.

        Blocks as large as the band is wide make the factor one of two block diagonals; from the
        last block upwards each one of the inverse follows from the one below it (Takahashi 1973).
        """
        width, size = max(len(self._factor) - 1, lags, _SMALLEST_BLOCK), self._factor.shape[1]
        count = -(-size // width)
        on, below = _blocks(self._factor, width, count)
        straight = numpy.linalg.inv(on)
        own = straight.transpose(0, 2, 1) @ straight
        step = below @ straight[:-1]
        diagonal, lower = numpy.empty_like(own), numpy.empty_like(step)
        diagonal[-1] = own[-1]
        for place in range(count - 2, -1, -1):
            lower[place] = -diagonal[place + 1] @ step[place]
            diagonal[place] = own[place] - step[place].T @ lower[place]
        return _diagonals(diagonal, lower, lags, size)


def _blocks(factor: Array, width: int, count: int) -> tuple[Array, Array]:
    """The factor's blocks on the diagonal and those below them; filled up with ones to a whole."""
    high, size = factor.shape
    whole = numpy.zeros((2 * width, count * width))
    whole[:high, :size] = factor
    whole[0, size:] = 1.0
    column = numpy.arange(width)
    row = numpy.arange(2 * width)[:, None] - column
    columns = whole.reshape(2 * width, count, width).transpose(1, 0, 2)
    both = numpy.where(row >= 0, columns[:, numpy.maximum(row, 0), column], 0.0)
    return both[:, :width], both[:-1, width:]


def _diagonals(diagonal: Array, lower: Array, lags: int, size: int) -> Array:
    count, width, _ = diagonal.shape
    both = numpy.zeros((count, 2 * width, width))
    both[:, :width] = diagonal
    both[:-1, width:] = lower
    column = numpy.arange(width)
    row = numpy.arange(lags + 1)[:, None] + column
    every = both[:, row, column].transpose(1, 0, 2).reshape(lags + 1, count * width)
    found: Array = every[:, :size]
    return found


def product(matrix: Array, vector: Array) -> Array:
    """The banded ``matrix`` times ``vector``, shape (n,)."""
    found: Array = matrix[0] * vector
    for lag in range(1, len(matrix)):
        part = matrix[lag, :-lag]
        found[lag:] += part * vector[:-lag]
        found[:-lag] += part * vector[lag:]
    return found
