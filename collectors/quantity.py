"""Compact figures as the site prints them (``$303.26B``, ``16,23 тыс.``) become quantities."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from data.model import Metric
from data.rounding import SCALES, half_width


class QuantityError(ValueError):
    """A text that is not a figure of the metric; the message is the one-line reason."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its rounding: the true value lies within ``half_width`` of ``value``."""

    value: float
    half_width: float
    unit: str
    shown: str


_LONGEST: Final = 40
_SPACE: Final = "[ \u00a0\u2009\u202f]"
_ENGLISH: Final = re.compile(
    r"(?P<sign>(?:US)?\$)?(?P<whole>0|[1-9][0-9]{0,2}(?P<grouped>(?:,[0-9]{3})+)|[1-9][0-9]*)"
    r"(?:\.(?P<part>[0-9]{1,2}))?(?P<scale>[KMBT])?"
)
_RUSSIAN: Final = re.compile(
    rf"(?P<whole>0|[1-9][0-9]{{0,2}}(?P<grouped>(?:{_SPACE}[0-9]{{3}})+)|[1-9][0-9]*)"
    rf"(?:,(?P<part>[0-9]{{1,2}}))?(?:{_SPACE}*(?P<scale>тыс\.|млн|млрд|трлн))?"
    rf"(?:{_SPACE}*(?P<sign>\$))?"
)
_LARGEST: Final = ("T", "трлн")
_CODE: Final = re.compile(r"(?:^|[^A-Za-z])(?!US\$)(?:[A-Z]{3,5}(?![A-Za-z])|[A-Z]{1,3}\$)")


def parse(text: str, metric: Metric) -> Quantity:
    """The figure that ``text`` is, in the metric's unit, or QuantityError with the reason.

    The text alone tells its language: a Latin scale, or a decimal point, means English; a Cyrillic
    scale, or the dollar sign last, means Russian. A decimal comma with neither is refused, as is
    everything that the site's own number format would not print: no guess is made.
    """
    shown = text.strip()
    if not shown:
        raise QuantityError("empty")
    if len(shown) > _LONGEST:
        raise QuantityError("not a figure: too long")
    _refuse_other_money(shown)
    match = _ENGLISH.fullmatch(shown) or _RUSSIAN.fullmatch(shown)
    if match is None:
        raise QuantityError(
            "negative" if re.match(r"[$(]?[-−–]\s*[$0-9]", shown) else "not a figure"
        )
    _refuse_odd_form(match, metric)
    number = re.sub("[^0-9]", "", match["whole"]) + "." + (match["part"] or "0")
    value = float(Decimal(number) * SCALES.get(match["scale"] or "", 1))
    width = half_width(metric, value, shown, "page")
    assert width is not None  # noqa: S101 - a value always has a width
    return Quantity(value, width, metric.unit, shown)


def _refuse_other_money(shown: str) -> None:
    symbols = (char for char in shown if unicodedata.category(char) == "Sc")
    if any(char != "$" for char in symbols) or _CODE.search(shown):
        raise QuantityError("not US dollars")


def _refuse_odd_form(match: re.Match[str], metric: Metric) -> None:
    """What no one of the site's formats prints, though the characters fit."""
    scale, part = match["scale"], match["part"]
    if match["sign"] and not metric.priced:
        raise QuantityError("a price where a count belongs")
    if metric.unit == "USD" and not match["sign"]:
        raise QuantityError("no dollar sign")
    if scale and scale not in _LARGEST and len(match["whole"]) > 3:
        raise QuantityError("not a figure: a thousand or more before the scale")
    if scale and match["whole"] == "0":
        raise QuantityError("not a figure: zero before the scale")
    if part is None or scale:
        return
    if match.re is _RUSSIAN and not match["sign"]:
        raise QuantityError("a decimal comma or a group: unclear")
    if not metric.priced:
        raise QuantityError("a fraction where a count belongs")
