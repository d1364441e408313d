"""One reading a day of a history, and the reading a day before another."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

DAY_MS: Final = 86_400_000
SLACK_MS: Final = 3 * 3_600_000
"""How much more or less than 24 h two readings may be apart that are a day apart."""
_TURN_MS: Final = 15 * 60_000 + DAY_MS // 2
"""From when on readings count for the midnight to come, as ms before it: from 11:45. A source that
is read at noon, a little early or late, has one reading for each."""


def daily(times: Sequence[int]) -> list[int]:
    """The places of the readings that end the days: the one next to each midnight (UTC).

    ``times`` in ms, ascending. A day without a reading has none.
    """
    return list(midnights(times).values())


def midnights(times: Sequence[int]) -> dict[int, int]:
    """The same places by the midnights, in ms."""
    found: dict[int, int] = {}
    for place, time in enumerate(times):
        midnight = (time + _TURN_MS) // DAY_MS * DAY_MS
        best = found.setdefault(midnight, place)
        if abs(time - midnight) < abs(times[best] - midnight):
            found[midnight] = place
    return found


def day_before(times: Sequence[int], place: int) -> int | None:
    """The place of the reading next to 24 h before another one; None where a gap is."""
    wanted = times[place] - DAY_MS
    high = bisect_left(times, wanted)
    near = [one for one in (high - 1, high) if one >= 0 and abs(times[one] - wanted) <= SLACK_MS]
    return min(near, key=lambda one: abs(times[one] - wanted), default=None)
