"""A figure's readings over time, as the functions of this package take them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """Readings of one figure of one source, oldest first; sequences of one length."""

    times: Sequence[int]
    """Until when each reading counts, in ms since the epoch: when the site says it made the
    figures (``as_of``), else when they were fetched. Strictly ascending."""
    values: Sequence[float]
    """In the metric's unit."""
    half_widths: Sequence[float]
    """How far the true figure may lie from each value, in the same unit; 0 where it is exact."""
