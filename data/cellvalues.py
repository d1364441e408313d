"""Cells of an exported CSV: what each must look like, and the value it stands for."""

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final, get_args

from data.cells import unguarded
from data.model import KEYS, Origin, Outcome, Via
from data.rows import MOST_INDEXED, is_indexable
from data.tables import Column

MAX_CELL: Final = 30_000
MAX_LINE: Final = 4 * 2**20
"""Bytes of a line: more than all cells of one can take."""
MAX_WHOLE: Final = 2**31 - 1
"""The largest whole number that both databases hold in any of the whole columns."""
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2999
"""Times must leave room to reckon with: the calendar ends with the year 9999."""
SOURCE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
NUMBER: Final = re.compile(r"\d{1,310}(\.\d{1,340})?", re.ASCII)
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", re.ASCII)
CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "origin": get_args(Origin),
    "via": get_args(Via),
    "outcome": get_args(Outcome),
    "metric": KEYS,
}
NEEDED: Final = {"slot", "taken_at", "first_seen_at", "started_at", "source", "title", "metric"}


def lines(*files: IO[bytes]) -> Iterator[str]:
    """The lines of files in UTF-8, one file after the other, each line with its end.

    Raises UnicodeDecodeError, and csv.Error for a line that is too long to be one.
    """
    for file in files:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                raise csv.Error(f"the line after it is longer than {MAX_LINE // 2**20} MiB")
            yield from io.StringIO(line.decode(), newline="")


def value(column: Column, cell: str, raw: bool) -> Any:
    """The value of a cell; None for an empty one. Raises ValueError, which says what is wrong."""
    if cell == "":
        if column.name in NEEDED:
            raise ValueError("it is empty")
        return None
    if len(cell) > MAX_CELL:
        raise ValueError(f"it is longer than {MAX_CELL:,} characters")
    if column.kind == "time":
        return _time(cell)
    if column.kind in ("number", "whole"):
        return _number(cell, whole=column.kind == "whole")
    if column.kind == "flag":
        if cell not in ("true", "false"):
            raise ValueError(f"{cell[:40]!r} is neither true nor false")
        return cell == "true"
    return _text(column.name, cell if raw else unguarded(cell))


def _time(cell: str) -> datetime:
    if not TIME.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is not a time like 2026-01-31T06:00:00Z")
    if not FIRST_YEAR <= int(cell[:4]) <= LAST_YEAR:
        raise ValueError(f"{cell} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return datetime.fromisoformat(cell).astimezone(UTC)


def _number(cell: str, whole: bool) -> float:
    if not NUMBER.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is not a number")
    number = int(cell) if whole else float(cell)
    if number > (MAX_WHOLE if whole else sys.float_info.max):
        raise ValueError(f"{cell[:40]!r} is too large a number")
    return number


def _text(name: str, text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL, which PostgreSQL cannot keep")
    choices = CHOICES.get(name)
    if choices and text not in choices:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}")
    if name == "url" and not text.startswith(("http://", "https://")):
        raise ValueError(f"{text[:40]!r} is not an http or https address")
    if name in ("title", "url") and not is_indexable(text):
        raise ValueError(f"it is longer than {MOST_INDEXED:,} bytes")
    if name == "source" and not SOURCE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no source's name (a-z, 0-9 and _)")
    return text
