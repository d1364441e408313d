"""What stands beside the points of a series that are single readings: rounding, and reasons."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from data.connection import Row
from data.jsonform import plain
from data.model import METRIC, to_ms
from data.rounding import half_width
from data.rows import texts_of

MOST_PROBLEMS: Final = 100
UNKNOWN: Final = "not read"

Point = tuple[datetime, Sequence[Row]]
"""A time and the snapshots that stand there, oldest first: one, but of a source that became slower
several."""


def beside(points: Sequence[Point], times: Sequence[datetime], key: str) -> dict[str, Any]:
    """``half_width`` and ``problems`` of one metric.

    ``half_width``: how far each reading may lie from the true figure, as a list as long as
    ``times`` with None where nothing was read; one number where all readings share it, None
    where there is none. ``problems``: [time in ms, reason] of the newest MOST_PROBLEMS snapshots
    without the figure, in time order.
    """
    texts = lru_cache(maxsize=None)(texts_of)
    widths: dict[datetime, float] = {}
    problems = []
    for time, rows in points:
        row = next((row for row in reversed(rows) if getattr(row, key) is not None), None)
        if row is None:
            problems.append((time, rows[-1].problems))
        elif row.via in ("payload", "api"):
            widths[time] = 0.0
        else:
            text = texts(row.shown).get(key)
            widths[time] = half_width(METRIC[key], getattr(row, key), text, row.via) or 0.0
    return {
        "half_width": _shared(widths, times),
        "problems": [
            [to_ms(time), texts(problem).get(key, UNKNOWN)]
            for time, problem in problems[-MOST_PROBLEMS:]
        ],
    }


def _shared(widths: dict[datetime, float], times: Sequence[datetime]) -> Any:
    if len(set(widths.values())) > 1:
        return [plain(widths.get(time)) for time in times]
    return plain(next(iter(widths.values()), None))
