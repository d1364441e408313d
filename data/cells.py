"""Cells of a CSV and their lines: numbers without exponents, times in UTC, guarded texts."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from data.model import iso
from data.tables import Column

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A text that starts so is run by spreadsheets, the wide forms by some; it gets an apostrophe."""
BEFORE: Final = "'\" \n\v\f\u00a0\u200b\u202f\u3000\ufeff"
"""What some of them take away first."""


def number(value: float) -> str:
    """A number as CSV holds it: no exponent, no trailing zeros, reads back to the same float."""
    return str(int(value)) if float(value).is_integer() else f"{Decimal(repr(value)):f}"


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it as a formula.

    A text that already looks guarded gets one more, so that :func:`unguarded` always gives the
    original back.
    """
    return f"'{text}" if text.lstrip(BEFORE).startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """The inverse of :func:`guarded`."""
    if text.startswith("'") and text.lstrip(BEFORE).startswith(FORMULA):
        return text[1:]
    return text


def lines(head: tuple[Column, ...], rows: Iterable[tuple[Any, ...]], raw: bool) -> bytes:
    """The rows as lines of RFC 4180, UTF-8; ``raw`` leaves texts unguarded."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(
        [_cell(value, column, raw) for value, column in zip(row, head, strict=True)] for row in rows
    )
    return buffer.getvalue().encode()


def _cell(value: Any, column: Column, raw: bool) -> str:
    if value is None:
        return ""
    if column.kind == "time":
        return iso(value)
    if column.kind in ("number", "whole"):
        return number(value)
    if column.kind == "flag":
        return "true" if value else "false"
    return str(value) if raw else guarded(str(value))
