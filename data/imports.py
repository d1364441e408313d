"""Reading an exported CSV back: the inverse of :mod:`data.export`, all or nothing."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final, get_args

from data.cells import unguarded
from data.errors import UsageError
from data.model import (
    KEYS,
    METRIC,
    METRICS,
    Headline,
    Look,
    Origin,
    Outcome,
    Reading,
    Run,
    SeenHeadline,
    Snapshot,
    Via,
)
from data.rounding import half_width
from data.store import Store
from data.tables import Column, Query, columns

MAX_CELL: Final = 30_000
MAX_WHOLE: Final = 2**31 - 1
"""The largest whole number that both databases hold in any of the whole columns."""
FIRST_YEAR: Final = "1970"
LAST_YEAR: Final = "2999"
"""Times must leave room to reckon with: the calendar ends with the year 9999."""
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NUMBER: Final = re.compile(r"\d{1,310}(\.\d{1,340})?", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", re.ASCII)
_CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "origin": get_args(Origin),
    "via": get_args(Via),
    "outcome": get_args(Outcome),
    "metric": KEYS,
}
_NEEDED: Final = {"slot", "taken_at", "first_seen_at", "started_at", "source", "title", "metric"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    what: str
    new: int
    known: int
    kept: int = 0
    """Slots that hold other figures than the file's, or read them another way: kept."""


def load(store: Store, path: Path, raw: bool = False) -> Imported:
    """Read a CSV of snapshots (wide or tidy), headlines or runs into the store, or nothing of it.

    Raises UsageError that names the file, the line and the column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            head = next(lines, [])
            table = _table(path, head)
            return _load(store, table, _rows(path, lines, table, raw))
    except csv.Error as error:
        place = f"{path}, line {lines.line_num},"
        raise UsageError(f"The file {place} is not CSV in UTF-8: {error}.") from None
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"The file {path} is not CSV in UTF-8: {error}.") from None


def _load(store: Store, table: tuple[Column, ...], rows: Iterator[Row]) -> Imported:
    names = [column.name for column in table]
    if "title" in names:
        seen = [_headline(row) for row in rows]
        new = store.add_headlines(seen, {})
        return Imported("headlines", new, len(seen) - new)
    if "outcome" in names:
        history = [_run(row) for row in rows]
        new = store.add_runs(history)
        return Imported("runs", new, len(history) - new)
    read = _tidy(rows) if "metric" in names else (_wide(row) for row in rows)
    intervals = Intervals(store)
    added = store.add(intervals.watch(read), intervals)
    return Imported("snapshots", added.new + added.filled, added.known, added.kept)


class Intervals(dict[str, timedelta | None]):
    """How often each source of a file was sampled: as the store knows it, else the usual step."""

    def __init__(self, store: Store) -> None:
        super().__init__({info.source: None for info in store.sources()})

    def watch(self, history: Iterator[Snapshot]) -> Iterator[Snapshot]:
        """Hand the snapshots on, and note the steps of sources that are new to the store."""
        steps: dict[str, Counter[timedelta]] = {}
        last: dict[str, datetime] = {}
        for snapshot in history:
            source = snapshot.source
            if source in last and source not in self and snapshot.slot > last[source]:
                steps.setdefault(source, Counter())[snapshot.slot - last[source]] += 1
            last[source] = snapshot.slot
            yield snapshot
        self |= {source: counter.most_common(1)[0][0] for source, counter in steps.items()}


def _table(path: Path, head: list[str]) -> tuple[Column, ...]:
    known = [columns(Query("headlines")), columns(Query("runs")), columns(Query(shape="tidy"))]
    for table in known:
        if head == [column.name for column in table]:
            return table
    wide = columns(Query())
    figures = [column for column in wide if column.name in KEYS]
    others = [column for column in wide if column.name not in KEYS]
    chosen = [column for column in figures if column.name in head]
    if chosen and head == [column.name for column in (*others, *chosen)]:
        return (*others, *chosen)
    raise UsageError(
        f"The first line of {path} is not the header of an export of snapshots, headlines or runs: "
        f"it starts {','.join(head)[:80]!r}."
    )


def _rows(path: Path, lines: Any, table: tuple[Column, ...], raw: bool) -> Iterator[Row]:
    for cells in lines:
        place = f"Line {lines.line_num} of {path}"
        if len(cells) != len(table):
            raise UsageError(f"{place} has {len(cells)} cells, the header has {len(table)}.")
        row: Row = {"line": place}
        for column, cell in zip(table, cells, strict=True):
            try:
                row[column.name] = _value(column, cell, raw)
            except ValueError as error:
                raise UsageError(f"{place}, column {column.name!r}: {error}.") from None
        yield row


def _value(column: Column, cell: str, raw: bool) -> Any:
    if cell == "":
        if column.name in _NEEDED:
            raise ValueError("it is empty")
        return None
    if len(cell) > MAX_CELL:
        raise ValueError(f"it is longer than {MAX_CELL:,} characters")
    if column.kind == "time":
        if not _TIME.fullmatch(cell):
            raise ValueError(f"{cell[:40]!r} is not a time like 2026-01-31T06:00:00Z")
        if not FIRST_YEAR <= cell[:4] <= LAST_YEAR:
            raise ValueError(f"{cell} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
        return datetime.fromisoformat(cell).astimezone(UTC)
    if column.kind in ("number", "whole"):
        if not _NUMBER.fullmatch(cell):
            raise ValueError(f"{cell[:40]!r} is not a number")
        number = int(cell) if column.kind == "whole" else float(cell)
        if number > (MAX_WHOLE if column.kind == "whole" else sys.float_info.max):
            raise ValueError(f"{cell[:40]!r} is too large a number")
        return number
    if column.kind == "flag":
        if cell not in ("true", "false"):
            raise ValueError(f"{cell[:40]!r} is neither true nor false")
        return cell == "true"
    text = cell if raw else unguarded(cell)
    choices = _CHOICES.get(column.name)
    if choices and text not in choices:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}")
    if column.name == "url" and not text.startswith(("http://", "https://")):
        raise ValueError(f"{text[:40]!r} is not an http or https address")
    if column.name == "source" and not _SOURCE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no source's name (a-z, 0-9 and _)")
    return text


def _wide(row: Row) -> Snapshot:
    readings = {}
    for metric in METRICS:
        value = row.get(metric.key)
        width = half_width(metric, value, None, row["via"])
        readings[metric.key] = Reading(value, width, metric.unit)
    return _snapshot(row, Look(readings, row["via"], row["as_of"]))


def _tidy(rows: Iterator[Row]) -> Iterator[Snapshot]:
    for _, group in groupby(rows, lambda row: (row["slot"], row["source"])):
        lines = list(group)
        readings = {metric.key: Reading(None, None, metric.unit) for metric in METRICS}
        given: set[str] = set()
        for row in lines:
            if row["metric"] in given:
                raise UsageError(f"{row['line']} gives the metric {row['metric']} a second time.")
            given.add(row["metric"])
            _same_look(lines[0], row)
            readings[row["metric"]] = _tidy_reading(row)
        yield _snapshot(lines[0], Look(readings, lines[0]["via"]))


def _same_look(first: Row, row: Row) -> None:
    for name in ("taken_at", "origin", "via"):
        if row[name] != first[name]:
            raise UsageError(
                f"{row['line']}, column {name!r}: it differs from the other lines of its slot."
            )


def _tidy_reading(row: Row) -> Reading:
    metric = METRIC[row["metric"]]
    if row["unit"] not in (None, metric.unit):
        raise UsageError(
            f"{row['line']}, column 'unit': {row['unit'][:40]!r} is not {metric.unit}."
        )
    width = half_width(metric, row["value"], row["shown"], row["via"])
    if row["half_width"] is not None and row["half_width"] != width:
        raise UsageError(
            f"{row['line']}, column 'half_width': {row['half_width']:g} does not follow from "
            f"via {row['via']!r} and shown {row['shown']!r}."
        )
    return Reading(row["value"], width, metric.unit, row["shown"], row["problem"])


def _snapshot(row: Row, look: Look) -> Snapshot:
    return Snapshot(row["source"], row["slot"], row["taken_at"], row["origin"] or "import", look)


def _headline(row: Row) -> SeenHeadline:
    headline = Headline(
        title=row["title"],
        url=row["url"],
        summary=row["summary"],
        author=row["author"],
        published_from=row["published_from"],
        published_to=row["published_to"],
        lead=bool(row["lead"]),
    )
    return SeenHeadline(headline, row["source"], row["first_seen_at"], row["first_seen_at"])


def _run(row: Row) -> Run:
    return Run(
        source=row["source"],
        slot=row["slot"] or row["started_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        error_kind=row["error_kind"],
        message=row["message"],
        http_status=row["http_status"],
        bytes=row["bytes"],
        attempts=row["attempts"] or 0,
        host=row["host"] or "",
    )
