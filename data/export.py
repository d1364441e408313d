"""CSV, JSON lines, Parquet and XLSX of what :mod:`data.tables` reads, or :mod:`data.findings`
finds, in small parts.

Whatever fails raises before or between parts: an ended stream is whole.
"""

import io
import tempfile
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from data import cells, findings, lines
from data.errors import UsageError
from data.jsonform import plain
from data.model import iso
from data.store import Store
from data.tables import Column, Query, columns, count, read, sources_of

Format = Literal["csv", "xlsx", "parquet", "jsonl"]
TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl; charset=utf-8",
}
"""The media type of each format."""

PART: Final = 2_000
GROUP: Final = 100_000
"""Rows that stand together in a Parquet file; the first ones are fewer, to come early."""
XLSX_ROWS: Final = 1_048_575
BOM: Final = "\ufeff".encode()

Rows = Iterable[tuple[Any, ...]]


def stream(
    store: Store, query: Query, kind: Format, excel: bool = False, raw: bool = False
) -> Generator[bytes]:
    """The file in parts, empty ones while it is still made. ``excel`` adds a BOM to CSV, ``raw``
    leaves its text cells untouched.

    Raises UsageError before the first part, StoreError at any.
    """
    with store.reading() as connection:
        sources, is_found = sources_of(connection, query), query.what in findings.COLUMNS
        if kind == "csv" and not is_found and lines.fit(query, sources):
            yield from _headed(columns(query), lines.lines(connection, query, sources), excel)
            return
        if kind == "xlsx" and not is_found and count(connection, query, sources) > XLSX_ROWS:
            raise _too_many()
        head = findings.COLUMNS[query.what] if is_found else columns(query)
        rows = (findings.found if is_found else read)(connection, query, sources)
        if kind == "csv":
            yield from _headed(head, _plain_lines(head, rows, raw), excel)
            return
        write = {"jsonl": _jsonl, "parquet": _parquet, "xlsx": _xlsx}[kind]
        yield from write(head, rows)


def format_named(name: str) -> Format:
    """The format of this name. Raises UsageError."""
    if name not in TYPES:
        raise UsageError(f"The format {name[:40]!r} is not known: take {', '.join(TYPES)}.")
    return name


def _headed(head: tuple[Column, ...], blocks: Iterable[bytes], excel: bool) -> Iterator[bytes]:
    start = (BOM if excel else b"") + ",".join(column.name for column in head).encode() + b"\r\n"
    for block in blocks:
        yield start + block
        start = b""
    if start:
        yield start


def _plain_lines(head: tuple[Column, ...], found: Rows, raw: bool) -> Iterator[bytes]:
    pending = iter(found)
    while part := list(islice(pending, PART)):
        yield cells.lines(head, part, raw)


def _jsonl(head: tuple[Column, ...], found: Rows) -> Iterator[bytes]:
    names = [column.name for column in head]
    pending = iter(found)
    while part := list(islice(pending, PART)):
        yield b"".join(
            orjson.dumps(dict(zip(names, map(_json_value, row), strict=True))) + b"\n"
            for row in part
        )


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return plain(value) if isinstance(value, float) else value


def _parquet(head: tuple[Column, ...], found: Rows) -> Iterator[bytes]:
    import pyarrow
    from pyarrow import parquet

    types = {
        "time": pyarrow.timestamp("ms", tz="UTC"),
        "number": pyarrow.float64(),
        "whole": pyarrow.int64(),
        "flag": pyarrow.bool_(),
        "text": pyarrow.string(),
    }
    schema = pyarrow.schema([(column.name, types[column.kind]) for column in head])
    pending, sink = iter(found), io.BytesIO()
    sizes = chain([PART], repeat(GROUP))
    with parquet.ParquetWriter(sink, schema) as writer:
        while part := list(islice(pending, next(sizes))):
            arrays = [
                pyarrow.array(cells, type=field.type)
                for cells, field in zip(zip(*part, strict=True), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    """What was written into it, which it then holds no more."""
    part = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return part


def _xlsx(head: tuple[Column, ...], found: Rows) -> Iterator[bytes]:
    # The directory of a zip stands at its end and says the sizes: it is written to a file first.
    with tempfile.TemporaryDirectory(prefix="masthead-") as folder:
        path = Path(folder) / "export"
        yield from _write_xlsx(path, head, found)
        with path.open("rb") as file:
            while part := file.read(1 << 18):
                yield part


def _write_xlsx(path: Path, head: tuple[Column, ...], found: Rows) -> Iterator[bytes]:
    """An empty part now and then while it is written, for whoever waits may have gone."""
    import xlsxwriter

    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("masthead")
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(head):
            sheet.set_column(place, place, 20)
            sheet.write_string(0, place, column.name, book.add_format({"bold": True}))
        for line, row in enumerate(found, 1):
            if line > XLSX_ROWS:
                raise _too_many()
            for place, (value, column) in enumerate(zip(row, head, strict=True)):
                _write_cell(sheet, line, place, value, column)
            if line % PART == 0:
                yield b""


def _too_many() -> UsageError:
    return UsageError(
        f"An XLSX sheet holds {XLSX_ROWS:,} rows and this is more: "
        "take a shorter span with from and to, or csv or parquet."
    )


def _write_cell(sheet: Any, line: int, place: int, value: Any, column: Column) -> None:
    if value is None:
        return
    if column.kind == "time":
        sheet.write_datetime(line, place, value.astimezone(UTC).replace(tzinfo=None))
    elif column.kind == "flag":
        sheet.write_boolean(line, place, value)
    elif column.kind == "text":
        if sheet.write_string(line, place, str(value)):
            raise UsageError(
                f"Line {line + 1}, column {column.name!r} is longer than the 32,767 characters "
                "that an XLSX cell holds: take csv or parquet."
            )
    else:
        sheet.write_number(line, place, value)
