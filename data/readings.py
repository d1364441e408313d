"""What stands beside the points of a series that are single readings: rounding, and reasons."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.jsonform import plain
from data.model import KEYS, METRIC, Via
from data.points import Figures, Look, Points
from data.rounding import half_width, printed_half_width
from data.rows import AS_PRINTED, texts_of

MOST_PROBLEMS: Final = 100
UNKNOWN: Final = "not read"
EXACT: Final = ("payload", "api")
ZERO: Final = dict.fromkeys(KEYS, 0.0)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")

Known = Mapping[str, float | None]
"""By key the half-width of each figure of a snapshot that has a text."""
PRINTED: Final[Known] = {AS_PRINTED: None}
"""Of a snapshot whose texts follow from its figures, as their half-widths do."""


class Widths:
    """How far the figures of a snapshot are rounded, from their texts.

    The digits of a text do not matter to that, so texts that differ in nothing else share it:
    a thousand snapshots are but a few shapes of text.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Known] = {}

    def of(self, look: Look) -> Known:
        """By key the half-width of each figure that has a text; of all where they are exact."""
        shown, via, _ = look[-3:]
        if via in EXACT or shown is None:
            return ZERO if via in EXACT else {}
        if shown == AS_PRINTED:
            return PRINTED
        shape = via, shown.encode().translate(_DIGITS)
        if shape not in self._known:
            self._known[shape] = {
                key: half_width(METRIC[key], 0.0, text, via)
                for key, text in texts_of(shown).items()
            }
        return self._known[shape]


def width(key: str, figure: float | None, via: Via | None, known: Known) -> float | None:
    """The half-width of a figure: what its text told (see :class:`Widths`), else its size."""
    if figure is None:
        return None
    if key in known:
        return known[key]
    if known is PRINTED:
        return printed_half_width(METRIC[key], figure, via)
    return half_width(METRIC[key], figure, None, via)


def beside(points: Points) -> dict[str, dict[str, Any]]:
    """``half_width`` and ``problems`` of each metric.

    ``half_width``: how far each reading may lie from the true figure, a list with None where
    nothing was read; one number where all readings share it, None where there is none.
    ``problems``: [time in ms, reason] of the newest MOST_PROBLEMS snapshots without the figure,
    in time order.
    """
    widths, found = Widths(), {}
    looks = [looks[-1] for looks in points.looks]
    known = [widths.of(look) for look in looks]
    alone = all(len(looks) == 1 for looks in points.looks)
    for place, (key, figures) in enumerate(points.last.items(), 1):
        if not alone:
            looks = [_shown(looks, place) for looks in points.looks]
            known = [widths.of(look) for look in looks]
        found[key] = {
            "half_width": _half_width(key, figures, looks, known),
            "problems": _problems(key, figures, looks, points.times),
        }
    return found


def _shown(looks: Sequence[Look], place: int) -> Look:
    """The newest of a point's snapshots that has the figure, else the newest."""
    return next((look for look in reversed(looks) if look[place] is not None), looks[-1])


def _half_width(key: str, figures: Figures, looks: Sequence[Look], known: Sequence[Known]) -> Any:
    """What each figure's text told, else what its size tells; one number where all agree."""
    read = [figure for figure in figures if figure is not None]
    if read and known.count(known[0]) == len(known):
        if key in known[0]:
            return plain(known[0][key])
        ends = min(read), max(read)
        told = {printed_half_width(METRIC[key], end, None) for end in ends}
        if known[0] is PRINTED and ends[0] >= 0 and len(told) == 1:
            return plain(told.pop())
    widths = [
        width(key, figure, look[-2], of_look)
        for figure, look, of_look in zip(figures, looks, known, strict=True)
    ]
    one = set(widths) - {None}
    if len(one) < 2:
        return plain(next(iter(one), None))
    return [plain(width) for width in widths]


def _problems(
    key: str, figures: Figures, looks: Sequence[Look], times: Sequence[int]
) -> list[list[Any]]:
    if None not in figures:
        return []
    unread = [at for at, figure in enumerate(figures) if figure is None][-MOST_PROBLEMS:]
    return [[times[at], texts_of(looks[at][-1]).get(key, UNKNOWN)] for at in unread]
