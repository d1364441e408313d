"""What a request asks for: its parameters checked, each complaint naming the parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from unicodedata import category

from werkzeug.datastructures import MultiDict

from dashboard.ids import DEFAULT_RANGE
from data.errors import UsageError
from data.model import KEYS
from data.places import Place, place_named
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
HEADLINES: Final = 200
MOST_HEADLINES: Final = 500
FEWEST_POINTS: Final = 100
LONGEST_NUMBER: Final = 9
LONGEST: Final = 200
"""Characters of one value: longer than any name, time or place."""
MOST: Final = 64
"""Values of all parameters together."""
FLAGS: Final[Mapping[str, bool]] = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when; ``start`` is None for "from the beginning"."""

    start: datetime | None
    end: datetime
    relative: bool
    """It ends now, or was to end later: it goes as far as there are snapshots."""


def check(asked: MultiDict[str, str], known: Mapping[str, bool]) -> None:
    """Refuse what is not ``known`` and what has no meaning. Raises UsageError.

    ``known`` says of each parameter's name whether it may be repeated.
    """
    if sum(1 for _ in asked.items(multi=True)) > MOST:
        raise UsageError(f"There are more than {MOST} parameters: ask for less at a time.")
    for name, values in asked.lists():
        if name not in known:
            raise UsageError(f"The parameter {name[:40]!r} is not known.")
        if len(values) > 1 and not known[name]:
            raise UsageError(f"The parameter {name!r} is there {len(values)} times: give it once.")
        for value in values:
            if len(value) > LONGEST:
                raise UsageError(f"The parameter {name!r} is longer than {LONGEST} characters.")
            if any(category(sign) == "Cc" for sign in value):
                raise UsageError(f"The parameter {name!r} holds a control character.")


def span(asked: MultiDict[str, str], now: datetime) -> Span:
    """``range``, or ``from`` and ``to`` (either may be left out)."""
    if "from" in asked or "to" in asked:
        if "range" in asked:
            raise UsageError("range: it cannot stand beside 'from' or 'to': take one of them.")
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
    """``limit``, a whole number; HEADLINES when left out."""
    return _number(asked, "limit", HEADLINES, (1, MOST_HEADLINES))


def after(asked: MultiDict[str, str]) -> Place | None:
    """``after``, the place of a headline; None when left out."""
    return place_named(asked["after"]) if "after" in asked else None


def flag(asked: MultiDict[str, str], name: str) -> bool:
    """A parameter that is 0 or 1; 0 when left out."""
    given = asked.get(name, "0").lower()
    if given not in FLAGS:
        raise UsageError(f"The parameter {name!r} is {given[:40]!r}: it is 0 or 1.")
    return FLAGS[given]


def points(asked: MultiDict[str, str]) -> int:
    """``points``, a whole number: so many at most; as many as a series ever has when left out."""
    return _number(asked, "points", MAX_POINTS, (FEWEST_POINTS, MAX_POINTS))


def _number(asked: MultiDict[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text, (low, high) = asked.get(name, str(default)), bounds
    whole = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if not (whole and low <= int(text) <= high):
        raise UsageError(f"{name}: {text[:40]!r} is not a whole number from {low} to {high}.")
    return int(text)
