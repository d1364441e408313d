"""CSV, JSON lines, Parquet and XLSX of what :mod:`data.tables` reads, in small parts.

Whatever fails raises before or between parts: an ended stream is whole.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from data.errors import UsageError
from data.jsonform import plain
from data.model import iso
from data.store import Store
from data.tables import Column, Query, columns, rows

Format = Literal["csv", "xlsx", "parquet", "jsonl"]
TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "jsonl": "application/jsonl; charset=utf-8",
}
"""The media type of each format."""

PART: Final = 2_000
XLSX_ROWS: Final = 1_048_575
BOM: Final = "\ufeff".encode()
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A text that starts so is run by spreadsheets; it gets a leading apostrophe."""

Rows = Iterable[tuple[Any, ...]]


def stream(
    store: Store, query: Query, kind: Format, excel: bool = False, raw: bool = False
) -> Iterator[bytes]:
    """The file in parts. ``excel`` adds a BOM to CSV, ``raw`` leaves its text cells untouched."""
    found, head = rows(store, query), columns(query)
    if kind == "csv":
        return _csv(head, found, excel, raw)
    if kind == "jsonl":
        return _jsonl(head, found)
    write = _write_xlsx if kind == "xlsx" else _write_parquet
    return _through_file(lambda path: write(path, head, found))


def format_named(name: str) -> Format:
    """The format of this name. Raises UsageError."""
    if name not in TYPES:
        raise UsageError(f"The format {name[:40]!r} is not known: take {', '.join(TYPES)}.")
    return name


def number(value: float) -> str:
    """A number as CSV holds it: no exponent, no trailing zeros, reads back to the same float."""
    return str(plain(value)) if float(value).is_integer() else f"{Decimal(repr(value)):f}"


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it as a formula.

    A text that already looks guarded gets one more, so that :func:`unguarded` always gives the
    original back.
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """The inverse of :func:`guarded`."""
    if text.startswith("'") and text.lstrip("'").startswith(FORMULA):
        return text[1:]
    return text


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


def _csv(head: tuple[Column, ...], found: Rows, excel: bool, raw: bool) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in head])
    mark = BOM if excel else b""
    pending = iter(found)
    while part := list(islice(pending, PART)):
        writer.writerows(
            [[_cell(v, column, raw) for v, column in zip(row, head, strict=True)] for row in part]
        )
        yield mark + buffer.getvalue().encode()
        mark = b""
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield mark + rest.encode()


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


def _through_file(write: Callable[[Path], None]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="masthead-") as folder:
        path = Path(folder) / "export"
        write(path)
        with path.open("rb") as file:
            while part := file.read(1 << 18):
                yield part


def _write_parquet(path: Path, head: tuple[Column, ...], found: Rows) -> None:
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
    pending = iter(found)
    with parquet.ParquetWriter(path, schema) as writer:
        while part := list(islice(pending, 50 * PART)):
            arrays = [
                pyarrow.array(cells, type=field.type)
                for cells, field in zip(zip(*part, strict=True), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def _write_xlsx(path: Path, head: tuple[Column, ...], found: Rows) -> None:
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
                raise UsageError(
                    f"An XLSX sheet holds {XLSX_ROWS:,} rows and this is more: "
                    "take a shorter span with from and to, or csv or parquet."
                )
            for place, (value, column) in enumerate(zip(row, head, strict=True)):
                _write_cell(sheet, line, place, value, column)


def _write_cell(sheet: Any, line: int, place: int, value: Any, column: Column) -> None:
    if value is None:
        return
    if column.kind == "time":
        sheet.write_datetime(line, place, value.astimezone(UTC).replace(tzinfo=None))
    elif column.kind == "flag":
        sheet.write_boolean(line, place, value)
    elif column.kind == "text":
        sheet.write_string(line, place, str(value))
    else:
        sheet.write_number(line, place, value)
