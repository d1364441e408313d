"""How the site rounds a figure, both ways: value to shown text, shown text to half-width."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from data.model import Metric, Via

SCALES: Final = {
    "K": 10**3,
    "M": 10**6,
    "B": 10**9,
    "T": 10**12,
    "тыс.": 10**3,
    "млн": 10**6,
    "млрд": 10**9,
    "трлн": 10**12,
}
"""Compact suffixes of the site's English and Russian number format."""

_NOISE: Final = 1e-9
"""How much of a sum of half-widths may be nothing but its binary form."""
_LETTERS: Final = re.compile(r"[0-9][\s\u00a0\u202f]*([KMBT]|тыс\.|млн|млрд|трлн)(?!\w)")
_STEP: Final = Decimal("0.01")
_ENGLISH: Final = (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3))
_PRINTED: Final = (
    (999_995e6, "T", 10**12),
    (999_995e3, "B", 10**9),
    (999_995.0, "M", 10**6),
    (999.995, "K", 10**3),
    (0.0, "", 1),
)
"""From which value on each suffix is printed: what rounds to a thousand is one of the next."""


def half_width(
    metric: Metric, value: float | None, shown: str | None, via: Via | None
) -> float | None:
    """How far the true figure may lie from ``value``, in the metric's unit; None without a value.

    Payload and API figures are exact. A compact figure has two decimals at most, whatever digits
    are shown, so it is known to 0.005 of its scale (the suffix in ``shown``; by the size of
    ``value`` where no text was kept). Below 1,000 a count is exact and a price known to 0.005.
    """
    if value is None:
        return None
    if via in ("payload", "api"):
        return 0.0
    if shown is None:
        scale = next((size for _, size in _ENGLISH if abs(value) >= size), 1)
    else:
        match = _LETTERS.search(shown)
        scale = SCALES[match[1]] if match else 1
    return _half_step(metric, scale)


def printed_half_width(metric: Metric, value: float | None, via: Via | None) -> float | None:
    """The half-width of a value whose text is :func:`compact`'s."""
    if value is None:
        return None
    return 0.0 if via in ("payload", "api") else _half_step(metric, _suffix(value)[1])


def within_rounding(change: float, rounding: float) -> bool:
    """Whether a change may be nothing but the rounding of both figures (their half-widths added).

    A change of what is exact never is.
    """
    return rounding > 0 and abs(change) <= rounding * (1 + _NOISE)


def _half_step(metric: Metric, scale: int) -> float:
    if scale > 1:
        return scale / 200
    return 0.005 if metric.priced else 0.0


def _suffix(value: float) -> tuple[str, int]:
    size = abs(value)
    return next((letter, scale) for border, letter, scale in _PRINTED if size >= border)


def compact(metric: Metric, value: float) -> str:
    """``value`` as the site's English pages print it: ``16.23K``, ``78``, ``$303.26B``.

    A browser rounds the shortest decimal that means ``value`` (1.005, not 1.00499999999999989…),
    and groups digits from 10,000 on. Stores leave out texts that are printed so (see
    :mod:`data.rows`): another way to print would change them.
    """
    suffix, scale = _suffix(value)
    scaled = (Decimal(str(value)) / scale).quantize(_STEP, ROUND_HALF_UP)
    digits = f"{abs(scaled):,.2f}" if abs(scaled) >= 10_000 else f"{abs(scaled):.2f}"
    digits = f"${digits}" if metric.priced else digits.rstrip("0").rstrip(".")
    return f"{'-' if scaled.is_signed() else ''}{digits}{suffix}"
