"""What a request asks for: its parameters checked, each complaint naming the parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from werkzeug.datastructures import MultiDict

from dashboard.ids import DEFAULT_RANGE
from data.errors import UsageError
from data.model import KEYS
from data.series import MAX_POINTS
from data.tables import span_end

SPANS: Final[Mapping[str, timedelta | None]] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
    "all": None,
}
MOST_HEADLINES: Final = 500
FEWEST_POINTS: Final = 100
LONGEST_NUMBER: Final = 9


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when; ``start`` is None for "from the beginning"."""

    start: datetime | None
    end: datetime
    relative: bool
    """It ends now, or was to end later: it goes as far as there are snapshots."""


def span(asked: MultiDict[str, str], now: datetime) -> Span:
    """``range``, or ``from`` and ``to`` (either may be left out)."""
    if "from" in asked or "to" in asked:
        start = span_end("from", asked.get("from"), now)
        end = span_end("to", asked.get("to"), now) or now
        if start is not None and start > end:
            raise UsageError("from: the span must not begin after it ends.")
        return Span(start, end, relative=end >= now)
    name = asked.get("range", DEFAULT_RANGE)
    if name not in SPANS:
        raise UsageError(f"range: {name!r} is none of {', '.join(SPANS)}.")
    length = SPANS[name]
    return Span(None if length is None else now - length, now, relative=True)


def keys(asked: MultiDict[str, str], given: tuple[str, ...]) -> tuple[str, ...]:
    """``metric``, repeated for several, in their own order; those ``given`` when left out."""
    names = asked.getlist("metric")
    for name in names:
        if name not in KEYS:
            raise UsageError(f"metric: {name!r} is none of {', '.join(KEYS)}.")
    return tuple(key for key in KEYS if key in names) if names else given


def limit(asked: MultiDict[str, str]) -> int:
    """``limit``, a whole number; 200 when left out."""
    return _number(asked, "limit", 200, (1, MOST_HEADLINES))


def points(asked: MultiDict[str, str]) -> int:
    """``points``, a whole number: so many at most; as many as a series ever has when left out."""
    return _number(asked, "points", MAX_POINTS, (FEWEST_POINTS, MAX_POINTS))


def _number(asked: MultiDict[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text, (low, high) = asked.get(name, str(default)), bounds
    whole = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if not (whole and low <= int(text) <= high):
        raise UsageError(f"{name}: {text[:40]!r} is not a whole number from {low} to {high}.")
    return int(text)
