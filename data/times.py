"""Times and durations as people write them: ``1h``, ``7d`` (ago), ISO 8601."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from data.errors import UsageError

UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
DURATION: Final = re.compile("([0-9]{1,6})([smhdwy])")


def duration(text: str) -> timedelta:
    """``30s``, ``15m``, ``1h``, ``7d``, ``2w``, ``1y`` (365 days). Raises UsageError."""
    match = DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is not a duration: write a number and s, m, h, d, w or y: 1h.")
    return int(match[1]) * UNITS[match[2]]


def shown_duration(span: timedelta) -> str:
    """The shortest exact form that :func:`duration` reads back."""
    # Days before years and weeks, where six digits hold them.
    for unit in ("d", "y", "w", "h", "m"):
        if not span % UNITS[unit] and span < 10**6 * UNITS[unit]:
            return f"{span // UNITS[unit]}{unit}"
    return f"{span // UNITS['s']}s"


def moment(text: str, now: datetime) -> datetime:
    """ISO 8601 (UTC where it names no zone), or a duration before ``now``. Raises UsageError."""
    if DURATION.fullmatch(text.strip()):
        try:
            return now - duration(text)
        except OverflowError:
            raise UsageError(f"{text!r} lies before the calendar: write a shorter time.") from None
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is not a time: write ISO 8601, like 2026-01-31T06:00:00Z, or 7d for ago."
        ) from None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def age(span: timedelta) -> tuple[int, str]:
    """A span as a number and its unit, ``s``, ``min``, ``h`` or ``d``, cut to two or more."""
    for unit, size in (("d", "d"), ("h", "h"), ("min", "m")):
        if span >= 2 * UNITS[size]:
            return span // UNITS[size], unit
    return max(0, span // UNITS["s"]), "s"


def shown_age(span: timedelta) -> str:
    """A span in one or two words for a person: ``12 s``, ``5 min``, ``3 h``, ``4 d``."""
    return "{} {}".format(*age(span))
