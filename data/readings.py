"""What stands beside the points of a series that are single readings: rounding, and reasons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from data.connection import Row
from data.jsonform import plain
from data.model import KEYS, METRIC, to_ms
from data.rounding import half_width
from data.rows import texts_of
from data.schema import snapshots

COLUMNS: Final = tuple(snapshots.c[name] for name in ("slot", *KEYS, "shown", "via", "problems"))
"""What is read of a snapshot, in this order."""
MOST_PROBLEMS: Final = 100
UNKNOWN: Final = "not read"
EXACT: Final = ("payload", "api")
ZERO: Final = dict.fromkeys(KEYS, 0.0)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")

Point = tuple[datetime, Sequence[Row]]
"""A time and the snapshots (COLUMNS) that stand there, oldest first: one, but of a source that
became slower several."""
Rounded = tuple[Row, Mapping[str, float | None]]
"""A snapshot and the half-widths that its texts tell."""


class Widths:
    """How far the figures of a snapshot are rounded, from their texts.

    The digits of a text do not matter to that, so texts that differ in nothing else share it:
    a thousand snapshots are but a few shapes of text.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Mapping[str, float | None]] = {}

    def of(self, row: Row) -> Mapping[str, float | None]:
        """By key the half-width of each figure that has a text; of all where they are exact."""
        shown, via, _ = row[-3:]
        if via in EXACT or shown is None:
            return ZERO if via in EXACT else {}
        shape = via, shown.encode().translate(_DIGITS)
        if shape not in self._known:
            self._known[shape] = {
                key: half_width(METRIC[key], 0.0, text, via)
                for key, text in texts_of(shown).items()
            }
        return self._known[shape]


def beside(
    points: Sequence[Point], times: Sequence[datetime], keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """``half_width`` and ``problems`` of each metric.

    ``half_width``: how far each reading may lie from the true figure, as a list as long as
    ``times`` with None where nothing was read; one number where all readings share it, None
    where there is none. ``problems``: [time in ms, reason] of the newest MOST_PROBLEMS snapshots
    without the figure, in time order.
    """
    known = Widths()
    slots = [time for time, _ in points]
    looks = [[(row, known.of(row)) for row in rows] for _, rows in points]
    found = {}
    for key in keys:
        place = 1 + KEYS.index(key)
        shown = [one[0] if len(one) == 1 else _shown(one, place) for one in looks]
        widths = [_width(row, of_row, key, row[place]) for row, of_row in shown]
        unread = [at for at, width in enumerate(widths) if width is None][-MOST_PROBLEMS:]
        reasons = [texts_of(shown[at][0][-1]).get(key, UNKNOWN) for at in unread]
        found[key] = {
            "half_width": _shared(slots, widths, times),
            "problems": [
                [to_ms(slots[at]), reason] for at, reason in zip(unread, reasons, strict=True)
            ],
        }
    return found


def _shown(looks: Sequence[Rounded], place: int) -> Rounded:
    """The newest of a point's snapshots that has the figure, else the newest."""
    read = (look for look in reversed(looks) if look[0][place] is not None)
    return next(read, looks[-1])


def _width(
    row: Row, of_row: Mapping[str, float | None], key: str, value: float | None
) -> float | None:
    if value is None or key in of_row:
        return None if value is None else of_row[key]
    return half_width(METRIC[key], value, None, row[-2])


def _shared(
    slots: Sequence[datetime], widths: Sequence[float | None], times: Sequence[datetime]
) -> Any:
    one = set(widths) - {None}
    if len(one) < 2:
        return plain(next(iter(one), None))
    at = dict(zip(slots, widths, strict=True))
    return [plain(at.get(time)) for time in times]
