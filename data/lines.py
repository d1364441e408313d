"""CSV lines of wide snapshots as the database itself writes them: several times as fast as here.

Where its text would be another than that of :mod:`data.cells`, the lines are made there.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from data import cells
from data.connection import Connection
from data.schema import snapshots
from data.sql import Expression
from data.statements import Select, select
from data.stretches import Stretch, parts, stretches
from data.tables import Column, Query, columns, read

PART: Final = 5_000
"""Snapshots whose lines are in memory at a time."""
CENTS: Final = 1e13
"""Figures below this have at most 15 digits in cents."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FINER: Final = re.compile(rb"\.\d{4,6}\+00,")
"""A time with more digits than milliseconds have."""
_SHORTENED: Final = (
    (re.compile(rb"(\.\d)\+00,"), rb"\g<1>00+00,"),
    (re.compile(rb"(\.\d\d)\+00,"), rb"\g<1>0+00,"),
)


def fit(query: Query, sources: Sequence[str]) -> bool:
    """Whether the database can write these lines: wide snapshots of sources with plain names.

    Of their other texts, origin and via are words of the model, which need neither quote nor guard.
    """
    wide = query.what == "snapshots" and query.shape == "wide" and query.every is None
    return wide and all(_NAME.fullmatch(source) for source in sources)


def lines(connection: Connection, query: Query, sources: Sequence[str]) -> Iterator[bytes]:
    """The lines of all snapshots, by time, then source, about PART of them at a time."""
    for stretch in stretches(connection, sources, query.start, query.end, PART):
        if connection.dialect == "postgresql":
            yield from _copied(connection, query, stretch)
            continue
        for part in parts(connection, stretch, PART):
            yield _formatted(connection, query, part)


def _formatted(connection: Connection, query: Query, part: Stretch) -> bytes:
    """The lines of a part from SQLite, as one value; whole figures take it the least time."""
    for figure in (_whole, _cents):
        asked = select(_line(query.keys, figure)).select_from(snapshots).where(part.condition)
        sql, params = asked.order_by(snapshots.c.slot, snapshots.c.source).render()
        wanted = "CAST(group_concat(line, '') AS BLOB)", "count(*) - count(line)"
        joined = Select(tuple(map(Expression, wanted)), f"({sql})", before=params)
        text, careful = connection.execute(joined).one()
        if not careful:
            return (text or b"").replace(b" ", b"T")
    rows = read(connection, replace(query, start=part.start, end=part.end), part.sources)
    return cells.lines(columns(query), rows, raw=False)


def _line(keys: Sequence[str], figure: Callable[[str], tuple[str, str]]) -> Expression:
    """One line, NULL where SQLite cannot write it as it must be.

    It knows no text for every figure that reads back to the same one, but for whole ones and for
    those in cents; and rounds a time before 1970 up.
    """
    times = ("slot", "taken_at", "as_of")
    figures = [figure(key) for key in keys]
    care = [f"{time} < 0" for time in times] + [odd for _, odd in figures]
    form = ",".join(["%s%s"] * len(times) + ["%s"] * (3 + len(keys)))
    values = [part for time in times for part in _time(time)]
    values += ["source", "origin", "via", *(f"coalesce({one}, '')" for one, _ in figures)]
    line = f"printf('{form}' || char(13, 10), {', '.join(values)})"
    return Expression(f"CASE WHEN {' OR '.join(care)} THEN NULL ELSE {line} END AS line")


def _whole(key: str) -> tuple[str, str]:
    """A whole figure's text, and where that is another than ours."""
    whole = f"CAST({key} AS INTEGER)"
    return whole, f"{key} <> {whole}"


def _cents(key: str) -> tuple[str, str]:
    """The text of a figure that may have cents, and where that is another than ours.

    A text of at most 15 digits that reads back to the same figure is the shortest one.
    """
    whole, cents = f"CAST({key} AS INTEGER)", f"printf('%.2f', {key})"
    is_cents = f"abs({key}) < {CENTS:.0f} AND CAST({cents} AS REAL) = {key}"
    odd = f"{key} <> {whole} AND NOT ({is_cents})"
    fraction = f"WHEN {key} IS NOT NULL THEN rtrim({cents}, '0')"
    return f"CASE WHEN {key} = {whole} THEN {whole} {fraction} END", odd


def _time(name: str) -> tuple[str, str]:
    """A time's two parts: with a blank where ours has a T, which costs half of strftime's."""
    fraction = f"WHEN {name} % 1000 THEN printf('.%03dZ', {name} % 1000)"
    zone = f"CASE {fraction} WHEN {name} IS NOT NULL THEN 'Z' END"
    return f"datetime({name} / 1000, 'unixepoch')", zone


def _copied(connection: Connection, query: Query, stretch: Stretch) -> Iterator[bytes]:
    """The lines of a stretch from PostgreSQL, as COPY sends them."""
    head = columns(query)
    wanted = (snapshots.c[column.name] for column in head)
    asked = select(*wanted).where(stretch.condition).order_by(snapshots.c.slot)
    if len(stretch.sources) > 1:
        asked = asked.order_by(Expression('"source" COLLATE "C"'))
    for block in connection.copied(asked):
        yield _ours(block) or cells.lines(head, _rows(block, head), raw=False)


def _ours(block: bytes) -> bytes | None:
    """PostgreSQL's lines as ours; None where a cell is quoted, a number has a sign or an exponent.

    A blank stands in nothing but times, a plus only there and in exponents.
    """
    if b'"' in block or b"e-" in block or b",-" in block or _FINER.search(block):
        return None
    for short, full in _SHORTENED if b"." in block else ():
        block = short.sub(full, block)
    block = block.replace(b"+00,", b"Z,")
    return None if b"+" in block else block.replace(b" ", b"T").replace(b"\n", b"\r\n")


def _rows(block: bytes, head: tuple[Column, ...]) -> Iterator[tuple[Any, ...]]:
    """PostgreSQL's lines as the values that they tell."""
    for row in csv.reader(io.StringIO(block.decode(), newline="")):
        yield tuple(_value(text, column) for text, column in zip(row, head, strict=True))


def _value(text: str, column: Column) -> Any:
    if not text:
        return None
    if column.kind == "time":
        return datetime.fromisoformat(text)
    return float(text) if column.kind == "number" else text
