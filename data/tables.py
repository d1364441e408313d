"""What can be taken away: snapshots (wide or tidy), headlines and runs as columns and rows."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, Literal, TypeVar, cast, get_args

from data.connection import Connection, Row
from data.errors import UsageError
from data.model import KEYS, METRIC, SAMPLE, slot_of
from data.places import SHOWN_AT
from data.rows import given_by, readings_of
from data.schema import headlines, runs, snapshots
from data.schema import sources as sources_table
from data.sources import FORGOTTEN
from data.sql import Expression, Table
from data.sql import count as counted
from data.statements import Select, select
from data.store import Store
from data.times import duration, moment

What = Literal["snapshots", "headlines", "runs", "moves", "daily"]
"""The last two are not stored but found (see :mod:`data.findings`)."""
Shape = Literal["wide", "tidy"]
By = Literal["seen", "published"]
Kind = Literal["text", "time", "number", "whole", "flag"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """What to take: the table, and which part of it."""

    what: What = "snapshots"
    sources: tuple[str, ...] = ()
    """Empty: every source but the synthetic sample, which never mixes with real ones."""
    keys: tuple[str, ...] = KEYS
    start: datetime | None = None
    end: datetime | None = None
    """Rows whose time lies in [start, end)."""
    by: By = "seen"
    """Which time of a headline that is: first seen, or where it stands on the page (SHOWN_AT)."""
    every: timedelta | None = None
    """Keep the last snapshot of each such stretch."""
    shape: Shape = "wide"


def query(
    what: str,
    now: datetime,
    *,
    sources: Sequence[str] = (),
    keys: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
    every: str | None = None,
    shape: str | None = None,
    by: str | None = None,
) -> Query:
    """A query from what a person wrote. Raises UsageError that names the parameter."""
    for key in keys:
        _choice("metric", key, KEYS)
    asked = Query(
        what=cast("What", _choice("what", what, get_args(What))),
        sources=tuple(sources),
        keys=tuple(key for key in KEYS if key in keys) or KEYS,
        start=span_end("from", start, now),
        end=span_end("to", end, now),
        by=cast("By", _choice("by", "seen" if by is None else by, get_args(By))),
        every=None if every is None else _named("every", duration, every),
        shape=cast("Shape", _choice("shape", "wide" if shape is None else shape, get_args(Shape))),
    )
    _refuse_meaningless(asked)
    return asked


def _refuse_meaningless(asked: Query) -> None:
    """What would change nothing was meant to: a file that ignores it is not what was asked for."""
    for name, given, place in (
        ("every", asked.every is not None, "snapshots"),
        ("shape", asked.shape == "tidy", "snapshots"),
        ("by", asked.by == "published", "headlines"),
    ):
        if given and asked.what != place:
            raise UsageError(
                f"The parameter {name!r} is about {place}: leave it out for {asked.what}."
            )


def span_end(name: str, text: str | None, now: datetime) -> datetime | None:
    """One end of a span as written by a person. Raises UsageError that names the parameter."""
    return None if text is None else _named(name, lambda given: moment(given, now), text)


def _named(name: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except UsageError as error:
        raise UsageError(f"The parameter {name!r} cannot be used: {error}") from None


def _choice(name: str, given: str, choices: Sequence[str]) -> str:
    if given not in choices:
        raise UsageError(
            f"The parameter {name!r} is {given[:40]!r}: it is one of {', '.join(choices)}."
        )
    return given


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file and what its cells are."""

    name: str
    kind: Kind


_HEADLINES: Final = (
    Column("first_seen_at", "time"),
    Column("published_from", "time"),
    Column("published_to", "time"),
    Column("source", "text"),
    Column("lead", "flag"),
    Column("title", "text"),
    Column("url", "text"),
    Column("author", "text"),
    Column("summary", "text"),
)
_RUNS: Final = (
    Column("started_at", "time"),
    Column("ended_at", "time"),
    Column("slot", "time"),
    Column("source", "text"),
    Column("outcome", "text"),
    Column("error_kind", "text"),
    Column("message", "text"),
    Column("http_status", "whole"),
    Column("bytes", "whole"),
    Column("attempts", "whole"),
    Column("host", "text"),
)
_TIDY: Final = (
    Column("slot", "time"),
    Column("taken_at", "time"),
    Column("source", "text"),
    Column("metric", "text"),
    Column("value", "number"),
    Column("half_width", "number"),
    Column("unit", "text"),
    Column("shown", "text"),
    Column("problem", "text"),
    Column("origin", "text"),
    Column("via", "text"),
)
_WIDE: Final = (
    Column("slot", "time"),
    Column("taken_at", "time"),
    Column("as_of", "time"),
    Column("source", "text"),
    Column("origin", "text"),
    Column("via", "text"),
)


def columns(query: Query) -> tuple[Column, ...]:
    """The columns of the answer, in the order of the contract."""
    if query.what == "headlines":
        return _HEADLINES
    if query.what == "runs":
        return _RUNS
    if query.shape == "tidy":
        return _TIDY
    return _WIDE + tuple(Column(key, "number") for key in query.keys)


def rows(store: Store, query: Query) -> Iterator[tuple[Any, ...]]:
    """The rows of the answer by time, then source; one consistent view, read in small parts."""
    with store.reading() as connection:
        yield from read(connection, query, sources_of(connection, query))


def sources_of(connection: Connection, query: Query) -> Sequence[str]:
    """The sources that are asked for, by name. Raises UsageError where one is not known."""
    known = _known_sources(connection)
    for name in query.sources:
        if name not in known:
            there = f"known are {', '.join(sorted(known))}" if known else "nothing is known yet"
            raise UsageError(
                f"The parameter 'source' is {name[:40]!r}: nothing was kept of it; {there}."
            )
    return sorted(set(query.sources) or known - {SAMPLE})


def read(connection: Connection, query: Query, sources: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of these sources, in the order of :func:`rows`."""
    streams = [_of_source(connection, query, name) for name in sources]
    place = [column.name for column in columns(query)].index("source")
    yield from heapq.merge(*streams, key=lambda row: (row[0], row[place]))


def count(connection: Connection, query: Query, sources: Sequence[str]) -> int:
    """How many rows there are at least, as far as that can be told before they are read."""
    if query.every is not None:
        return 0
    tidy = query.what == "snapshots" and query.shape == "tidy"
    wanted = [Expression(f'count("{key}")') for key in query.keys] if tidy else [counted()]
    table, _ = _place(query)
    return sum(
        sum(connection.execute(_narrowed(select(*wanted).select_from(table), query, name)).one())
        for name in sources
    )


def _known_sources(connection: Connection) -> set[str]:
    kept = sources_table.c.every_ms != FORGOTTEN
    known = set(connection.scalars(select(sources_table.c.source).where(kept)))
    return known | set(connection.scalars(select(runs.c.source).distinct()))


def _place(query: Query) -> tuple[Table, Expression]:
    """The table that is asked, and its column with the time of a row."""
    if query.what == "snapshots":
        return snapshots, snapshots.c.slot
    table = headlines if query.what == "headlines" else runs
    return table, table.c[columns(query)[0].name]


def _of_source(connection: Connection, query: Query, source: str) -> Iterator[tuple[Any, ...]]:
    table, when = _place(query)
    tidy = query.what == "snapshots" and query.shape == "tidy"
    wanted = table.columns if tidy else [table.c[column.name] for column in columns(query)]
    others = [column for column in table.key if column is not when]
    asked = _narrowed(select(*wanted), query, source).order_by(when, *others)
    found = connection.stream(asked)
    if query.what == "snapshots" and query.every is not None:
        found = _thinned(found, query.every)
    if not tidy:
        yield from found
        return
    known = select(sources_table.c.metrics).where(sources_table.c.source == source)
    given = given_by(connection.scalar(known))
    for row in found:
        yield from _tidy_rows(row, query.keys, given)


def _narrowed(asked: Select, query: Query, source: str) -> Select:
    """Only the rows of a source within the span."""
    table, when = _place(query)
    within = SHOWN_AT if query.what == "headlines" and query.by == "published" else when
    asked = asked.where(table.c.source == source)
    if query.start is not None:
        asked = asked.where(within >= query.start)
    if query.end is not None:
        asked = asked.where(within < query.end)
    return asked


def _thinned(found: Iterable[Row], every: timedelta) -> Iterator[Row]:
    for _, group in groupby(found, lambda row: slot_of(row.slot, every)):
        *_, last = group
        yield last


def _tidy_rows(row: Row, keys: Sequence[str], given: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    readings = readings_of(row._mapping, given)
    for key in keys:
        if key not in readings:
            continue
        one = readings[key]
        yield (
            row.slot,
            row.taken_at,
            row.source,
            key,
            one.value,
            one.half_width,
            METRIC[key].unit,
            one.shown,
            one.problem,
            row.origin,
            row.via,
        )
