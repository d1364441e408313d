"""What the readers of JSON APIs share: strict documents, numbers that are numbers, whole days."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from data.errors import SourceError
from data.model import EPOCH, METRIC, Reading

DAY: Final = timedelta(days=1)
WINDOW: Final = 30
"""Days of a rolling sum."""
_LONGEST: Final = 60


def document(body: bytes, name: str) -> Any:
    """The JSON in ``body``, the answer of ``name``. Raises SourceError when it is none."""
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        start = body[:_LONGEST].decode(errors="replace").split("\n", 1)[0].strip()
        message = f"{name} is not JSON: it starts {start!r}." if start else f"{name} is empty."
        raise SourceError(message, kind="shape") from None


def reading(key: str, figure: Callable[[], tuple[float, str | None]]) -> Reading:
    """The reading of a metric whose ``figure`` gives (value, text); NULL where it raises.

    A SourceError is the reason why there is no value.
    """
    unit = METRIC[key].unit
    try:
        value, shown = figure()
    except SourceError as error:
        return Reading(None, None, unit, None, str(error).rstrip("."))
    return Reading(value, 0.0, unit, shown)


def number(value: Any, what: str) -> float:
    """``value`` as a finite number that is not negative. Raises SourceError that names ``what``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SourceError(f"{what} is {shape(value)}, not a number.", kind="shape")
    if not math.isfinite(value) or value < 0:
        raise SourceError(f"{what} is {value}: no such figure can be.", kind="shape")
    return float(value)


def shape(value: Any) -> str:
    """What kind of JSON value this is, for a person."""
    if isinstance(value, str):
        return f"the text {value[:_LONGEST]!r}"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return orjson.dumps(value).decode()


def listed(value: Any, what: str) -> list[Any]:
    """``value`` as a list with something in it. Raises SourceError that names ``what``."""
    if not isinstance(value, list):
        raise SourceError(f"{what} is {shape(value)}, not a list.", kind="shape")
    if not value:
        raise SourceError(f"{what} is an empty list: nothing is no figure.", kind="shape")
    return value


def fields(value: Any, what: str) -> dict[str, Any]:
    """``value`` as an object. Raises SourceError that names ``what``."""
    if not isinstance(value, dict):
        raise SourceError(f"{what} is {shape(value)}, not an object.", kind="shape")
    return value


def day_of(instant: datetime) -> int:
    """The UTC day of an instant, counted from the epoch."""
    return (instant - EPOCH) // DAY


def day_name(day: int) -> str:
    """A day counted from the epoch, as ``2026-01-31``."""
    return (EPOCH + day * DAY).date().isoformat()
