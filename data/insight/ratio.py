"""Two sources that measure alike: what one of them says as a share of the other, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass

from data.insight.daily import DAY_MS, midnights
from data.insight.history import History


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure divided by another at the end of each day; sequences of one length."""

    times: Sequence[int]
    """Midnights (UTC) in ms, every one from the first to the last with a ratio."""
    values: Sequence[float | None]
    """None where one of the two has no reading next to that midnight, or nothing can be said."""
    low: Sequence[float | None]
    high: Sequence[float | None]
    """Between which the true ratio lies, by the rounding of both; None where there is no value."""


def ratio(one: History, other: History) -> Ratio:
    """``one`` divided by ``other``: of each the reading next to each midnight, none made up."""
    places, against = midnights(one.times), midnights(other.times)
    found = {
        midnight: quotient
        for midnight in places.keys() & against.keys()
        if (quotient := _quotient(one, places[midnight], other, against[midnight])) is not None
    }
    if not found:
        return Ratio((), (), (), ())
    times = range(min(found), max(found) + 1, DAY_MS)
    columns = zip(*(found.get(time, (None, None, None)) for time in times), strict=True)
    return Ratio(times, *columns)


def _quotient(
    one: History, place: int, other: History, against: int
) -> tuple[float, float, float] | None:
    """The ratio and between what it lies; None where the divisor may be 0.

    A figure that is not negative is none whose rounding reaches below 0.
    """
    value, width = one.values[place], one.half_widths[place]
    by, slack = other.values[against], other.half_widths[against]
    if abs(by) <= slack:
        return None
    lowest = value - width if value < 0 else max(value - width, 0.0)
    ends = [up / down for up in (lowest, value + width) for down in (by - slack, by + slack)]
    return value / by, min(ends), max(ends)
