"""Reading an exported CSV back: the inverse of :mod:`data.export`, all or nothing."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from operator import sub
from pathlib import Path
from typing import IO, Any, Final

from data.cellvalues import lines, value
from data.errors import UsageError
from data.export import BOM
from data.many import Part
from data.model import (
    KEYS,
    METRIC,
    METRICS,
    MILLISECOND,
    Headline,
    Look,
    Reading,
    Run,
    SeenHeadline,
    Snapshot,
    to_ms,
)
from data.rounding import half_width
from data.store import Store
from data.tables import Column, Query, columns

BLOCK: Final = 1 << 20
"""Bytes of a file in memory at once, and its lists and columns with them."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    what: str
    new: int
    known: int
    kept: int = 0
    """Slots that hold other figures than the file's, or read them another way: kept."""
    unreadable: int = 0
    """Lines of second copies that were left."""


def load(store: Store, path: Path, raw: bool = False, block: int = BLOCK) -> Imported:
    """Read a CSV of snapshots (wide or tidy), headlines or runs into the store, or nothing of it.

    Wide snapshots come in ``block`` bytes at a time, line by line where that is 0.
    Raises UsageError that names the file, the line and the column.
    """
    try:
        with path.open("rb") as file:
            first = file.readline(BLOCK).removeprefix(BOM)
            _, head = next(_cells(path, [first.decode()], 0), (0, []))
            return _load(store, file, _Table(path, _columns(path, head), raw), block)
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"The file {path} is not CSV in UTF-8: {error}.") from None


@dataclass(frozen=True, slots=True)
class _Table:
    """A file and what its columns are."""

    path: Path
    columns: tuple[Column, ...]
    raw: bool

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def rows(self, text: Iterable[str], before: int) -> Iterator[Row]:
        """The values of each line; ``before`` lines of the file came earlier."""
        for number, cells in _cells(self.path, text, before):
            place = f"Line {number} of {self.path}"
            if len(cells) != len(self.columns):
                raise UsageError(
                    f"{place} has {len(cells)} cells, the header has {len(self.columns)}."
                )
            row: Row = {"line": place}
            for column, cell in zip(self.columns, cells, strict=True):
                try:
                    row[column.name] = value(column, cell, self.raw)
                except ValueError as error:
                    raise UsageError(f"{place}, column {column.name!r}: {error}.") from None
            yield row

    def snapshots(self, text: Iterable[str], before: int) -> Iterator[Snapshot]:
        """The snapshots of lines, in a wide file one each."""
        rows = self.rows(text, before)
        return _tidy(rows) if "metric" in self.names else map(_wide, rows)


def _cells(path: Path, text: Iterable[str], before: int) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number in the file."""
    found = csv.reader(text, strict=True)
    try:
        for cells in found:
            yield before + found.line_num, cells
    except csv.Error as error:
        place = f"{path}, line {before + found.line_num},"
        raise UsageError(f"The file {place} is not CSV in UTF-8: {error}.") from None


def _load(store: Store, file: IO[bytes], table: _Table, block: int) -> Imported:
    if "slot" in table.names[:1]:
        intervals = Intervals(store)
        added = store.add_parts(intervals.watch(_parts(file, table, block)), intervals)
        return Imported("snapshots", added.new + added.filled, added.known, added.kept)
    rows = table.rows(lines(file), 1)
    if "title" in table.names:
        seen = [_headline(row) for row in rows]
        new = store.add_headlines(seen, {})
        return Imported("headlines", new, len(seen) - new)
    history = [_run(row) for row in rows]
    new = store.add_runs(history)
    return Imported("runs", new, len(history) - new)


def _parts(file: IO[bytes], table: _Table, block: int) -> Iterator[Part]:
    if "metric" in table.names or not block:
        return iter([Part(lambda: table.snapshots(lines(file), 1))])
    from data.blocks import parts

    return parts(file, 1, table.names, table.snapshots, block)


class Intervals(dict[str, timedelta | None]):
    """How often each source of a file was sampled: as the store knows it, else the usual step."""

    def __init__(self, store: Store) -> None:
        super().__init__({info.source: None for info in store.sources()})
        self._last: dict[str, int] = {}
        self._steps: dict[str, Counter[int]] = {}

    def watch(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Hand the parts on, and note the steps of sources that are new to the store."""
        for part in parts:
            for block in part.blocks:
                self._note(block.source, block.slots)
            yield part if part.blocks else Part(partial(self._watched, part.snapshots))
        for source, steps in self._steps.items():
            [(usual, _)] = steps.most_common(1)
            self[source] = usual * MILLISECOND

    def _watched(self, history: Callable[[], Iterable[Snapshot]]) -> Iterator[Snapshot]:
        for snapshot in history():
            self._note(snapshot.source, [to_ms(snapshot.slot)])
            yield snapshot

    def _note(self, source: str, slots: Sequence[int]) -> None:
        before = self._last.get(source, slots[0])
        self._last[source] = slots[-1]
        if source not in self:
            steps = Counter(map(sub, slots, [before, *slots[:-1]]))
            forward = {step: times for step, times in steps.items() if step > 0}
            if forward:
                self._steps.setdefault(source, Counter()).update(forward)


def _columns(path: Path, head: list[str]) -> tuple[Column, ...]:
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


def _wide(row: Row) -> Snapshot:
    readings = {}
    for metric in METRICS:
        figure = row.get(metric.key)
        width = half_width(metric, figure, None, row["via"])
        readings[metric.key] = Reading(figure, width, metric.unit)
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
