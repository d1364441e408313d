"""What stands beside the points of a series that are single readings: rounding, and reasons."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.connection import Row
from data.jsonform import plain
from data.model import KEYS, METRIC
from data.points import Figures, Points
from data.rounding import half_width
from data.rows import texts_of

MOST_PROBLEMS: Final = 100
UNKNOWN: Final = "not read"
EXACT: Final = ("payload", "api")
ZERO: Final = dict.fromkeys(KEYS, 0.0)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")

Known = Mapping[str, float | None]
"""By key the half-width of each figure of a snapshot that has a text."""


class Widths:
    """How far the figures of a snapshot are rounded, from their texts.

    The digits of a text do not matter to that, so texts that differ in nothing else share it:
    a thousand snapshots are but a few shapes of text.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Known] = {}

    def of(self, look: Row) -> Known:
        """By key the half-width of each figure that has a text; of all where they are exact."""
        shown, via, _ = look[-3:]
        if via in EXACT or shown is None:
            return ZERO if via in EXACT else {}
        shape = via, shown.encode().translate(_DIGITS)
        if shape not in self._known:
            self._known[shape] = {
                key: half_width(METRIC[key], 0.0, text, via)
                for key, text in texts_of(shown).items()
            }
        return self._known[shape]


def beside(points: Points) -> dict[str, dict[str, Any]]:
    """``half_width`` and ``problems`` of each metric.

    ``half_width``: how far each reading may lie from the true figure, a list with None where
    nothing was read; one number where all readings share it, None where there is none.
    ``problems``: [time in ms, reason] of the newest MOST_PROBLEMS snapshots without the figure,
    in time order.
    """
    widths, found = Widths(), {}
    known = {id(look): widths.of(look) for looks in points.looks for look in looks}
    for place, (key, figures) in enumerate(points.last.items(), 1):
        shown = [looks[0] if len(looks) == 1 else _shown(looks, place) for looks in points.looks]
        each = _each(key, figures, shown, [known[id(look)] for look in shown])
        unread = [at for at, figure in enumerate(figures) if figure is None][-MOST_PROBLEMS:]
        reasons = [texts_of(shown[at][-1]).get(key, UNKNOWN) for at in unread]
        times = [points.times[at] for at in unread]
        found[key] = {
            "half_width": _shared(each),
            "problems": [list(pair) for pair in zip(times, reasons, strict=True)],
        }
    return found


def _shown(looks: Sequence[Row], place: int) -> Row:
    """The newest of a point's snapshots that has the figure, else the newest."""
    return next((look for look in reversed(looks) if look[place] is not None), looks[-1])


def _each(
    key: str, figures: Figures, looks: Sequence[Row], known: Sequence[Known]
) -> list[float | None]:
    """The half-width of each figure: what its text told, else what its size tells."""
    metric = METRIC[key]
    return [
        None
        if figure is None
        else widths[key]
        if key in widths
        else half_width(metric, figure, None, look[-2])
        for figure, look, widths in zip(figures, looks, known, strict=True)
    ]


def _shared(widths: Sequence[float | None]) -> Any:
    one = set(widths) - {None}
    if len(one) < 2:
        return plain(next(iter(one), None))
    return [plain(width) for width in widths]
