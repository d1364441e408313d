"""What an earlier copy of a history lacks: rows that changed since, and rows of another history."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Protocol

from data import keys
from data.connection import Connection, Row
from data.errors import UsageError
from data.model import KEYS
from data.schema import (
    alerts,
    answers,
    captures,
    headlines,
    listings,
    pages,
    robots,
    runs,
    snapshots,
    sources,
)
from data.sql import Expression, Table, and_
from data.statements import delete, insert, select
from data.store import Store

BATCH: Final = 5_000
"""Rows that are on the target's disk together."""
WORKING: Final = (pages, answers, robots, captures, listings, alerts)
"""What collectors put down while they work: rows that the source gave up are given up."""


class Telling(Protocol):
    """Who is told how a copy goes on."""

    def begin(self, what: str, total: int) -> None:
        """A step begins, over so many rows."""

    def advance(self, more: int) -> None:
        """So many rows of it more are done."""


def mend(ours: Connection, target: Store, table: Table, telling: Telling) -> int:
    """Bring the rows that differ; how many. Raises UsageError for another history's."""
    telling.begin(f"comparing {table.name}", keys.size(ours, table))
    mended = 0
    with target.reading() as theirs:
        differing = _differing(ours, theirs, table, telling)
        while batch := list(islice(differing, BATCH)):
            with target.writing() as writing:
                for wanted, found in batch:
                    _replace(writing, target, table, wanted, found)
            mended += len(batch)
    return mended


Pair = tuple[Row | None, Row | None]
"""A row of the source and the target's of the same key."""


def _replace(
    writing: Connection, target: Store, table: Table, wanted: Row | None, found: Row | None
) -> None:
    if found is not None and not _follows(table, wanted, found):
        raise _another(target, table, found)
    if wanted is None:
        assert found is not None  # noqa: S101 - one of a pair is there
        writing.execute(delete(table).where(_same_key(table, found)))
        return
    row = wanted._mapping
    names = [column.name for column in table.key]
    statement = insert(table).values(**row)
    writing.execute(statement.on_conflict_do_update(index_elements=names, set_=row))


def _same_key(table: Table, row: Row) -> Expression:
    return and_(*(key == row._mapping[key.name] for key in table.key))


def _differing(
    ours: Connection, theirs: Connection, table: Table, telling: Telling
) -> Iterator[Pair]:
    """The pairs that are not the same, in the order of their keys."""
    for group in sorted({*keys.groups(ours, table), *keys.groups(theirs, table)}, key=str):
        left, right = (_rows(one, table, group) for one in (ours, theirs))
        for wanted, found in _pairs(left, right, [one.name for one in keys.rest(table)]):
            telling.advance(wanted is not None)
            if wanted != found:
                yield wanted, found


def _rows(connection: Connection, table: Table, group: str | None) -> Iterator[Row]:
    query = select(table).where(*keys.of_group(table, group))
    return connection.stream(keys.in_order(query, table, connection.dialect))


def _pairs(left: Iterator[Row], right: Iterator[Row], names: Sequence[str]) -> Iterator[Pair]:
    def key(row: Row) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names)

    wanted, found = next(left, None), next(right, None)
    while wanted is not None or found is not None:
        only_ours = found is None or (wanted is not None and key(wanted) < key(found))
        only_theirs = wanted is None or (found is not None and key(found) < key(wanted))
        yield None if only_theirs else wanted, None if only_ours else found
        wanted = wanted if only_theirs else next(left, None)
        found = found if only_ours else next(right, None)


def refuse_others(ours: Connection, target: Store) -> None:
    """Raise UsageError where the ends of the target's tables are not the source's."""
    with target.reading() as theirs:
        for table in (sources, runs, headlines, snapshots):
            for group in keys.groups(theirs, table):
                for row in _ends(theirs, table, group):
                    wanted = ours.execute(select(table).where(_same_key(table, row))).first()
                    if not _follows(table, wanted, row):
                        raise _another(target, table, row)


def _ends(connection: Connection, table: Table, group: str | None) -> list[Row]:
    query = select(table).where(*keys.of_group(table, group))
    if table is not sources:
        query = query.limit(1)
    dialect = connection.dialect
    both = [keys.in_order(query, table, dialect, newest=newest) for newest in (False, True)]
    return [row for one in both for row in connection.execute(one)]


def _follows(table: Table, wanted: Row | None, found: Row) -> bool:
    """Whether the source's row can be what became of the target's."""
    if wanted is None:
        return table in WORKING
    if table is sources:
        return bool(wanted.version >= found.version)
    if table is runs:
        return all(getattr(wanted, one) == getattr(found, one) for one in ("started_at", "host"))
    return table is not snapshots or _fills(wanted._mapping, found._mapping)


def _fills(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a snapshot is another one with figures that were not read before, if any."""
    read = [key for key in KEYS if found[key] is not None]
    same = [*read, *(["taken_at"] if read else [])]
    return all(wanted[name] == found[name] for name in same)


def _another(target: Store, table: Table, row: Row) -> UsageError:
    key = " ".join(str(row._mapping[column.name]) for column in table.key)
    return UsageError(
        f"The store {target.engine.url.shown} holds another history: its {key} of {table.name} is "
        "not in the one to be copied, or went on by itself: name an empty database."
    )
