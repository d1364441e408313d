"""``2 years ago`` becomes the interval in which dayjs would have printed it."""

import re
from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final

Interval = tuple[datetime, datetime]

_ENGLISH: Final = re.compile(
    r"(a few|an?|[1-9][0-9]{0,2}) (second|minute|hour|day|month|year)s? ago", re.IGNORECASE
)
_RUSSIAN: Final = re.compile(
    r"(?:(несколько|[1-9][0-9]{0,2}) )?"
    r"(?:(секунд[аыу]?)|(минут[аыу]?)|(час(?:а|ов)?)|(день|дня|дней)|(месяц(?:а|ев)?)|(года?|лет))"
    r" назад",
    re.IGNORECASE,
)
_UNITS: Final = ("second", "minute", "hour", "day", "month", "year")
_ONE: Final = {
    "second": (timedelta(0), timedelta(seconds=44)),
    "minute": (timedelta(seconds=45), timedelta(seconds=89)),
    "hour": (timedelta(minutes=45), timedelta(minutes=89)),
    "day": (timedelta(hours=22), timedelta(hours=35)),
    "month": (timedelta(days=26), timedelta(days=45)),
}
"""Youngest and oldest age that dayjs words as one unit."""
_SIZE: Final = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_OLDEST_YEARS: Final = 50
_LONGEST: Final = 60
_ENDS: Final = frozenset("oOдД")
"""The last letters of "ago" and "назад": nearly every other text is refused by its own."""


def is_relative(text: str) -> bool:
    """Whether ``text`` is nothing but a relative date."""
    return _words(text) is not None


def interval(text: str, taken_at: datetime) -> Interval | None:
    """Earliest and latest instant that ``text`` can mean, seen at ``taken_at``; None if unknown.

    Ages are whole units, as dayjs compares them: ``2 years ago`` is 18 to 29 calendar months.
    """
    words = _words(text)
    if words is None:
        return None
    number, unit = words
    if unit == "year":
        if number > _OLDEST_YEARS:
            return None
        young, old = (11, 17) if number == 1 else (12 * number - 6, 12 * number + 5)
        return months_before(taken_at, old), months_before(taken_at, young)
    if number == 1:
        young_age, old_age = _ONE[unit]
        return taken_at - old_age, taken_at - young_age
    if unit == "month":
        half = timedelta(days=15)
        middle = months_before(taken_at, number)
        return middle - half, min(middle + half, taken_at - timedelta(days=46))
    size = _SIZE[unit]
    return taken_at - (number + 0.5) * size, taken_at - (number - 0.5) * size


def months_before(instant: datetime, months: int) -> datetime:
    """The same day of the month and time, ``months`` earlier; the last day where it is missing."""
    year, month = divmod(instant.year * 12 + instant.month - 1 - months, 12)
    day = min(instant.day, monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def _words(text: str) -> tuple[int, str] | None:
    """The number and the unit: 1 for "a" and "a few"."""
    if len(text) > _LONGEST or text.rstrip()[-1:] not in _ENDS:
        return None
    plain = " ".join(text.split())
    if match := _ENGLISH.fullmatch(plain):
        number, unit = match[1].lower(), match[2].lower()
    elif match := _RUSSIAN.fullmatch(plain):
        number = match[1] or "1"
        unit = next(name for name, form in zip(_UNITS, match.groups()[1:], strict=True) if form)
    else:
        return None
    if number in ("a few", "несколько") and unit != "second":
        return None
    return (int(number) if number.isdecimal() else 1), unit
