"""Moving a whole history into another store: table by table, as often as it takes, then checked.

Rows go in the order of their keys, so that the target itself says how far a copy came; the list of
sources goes last, so that a copy under way shows no reader half a history. What changed in the
source since an earlier copy is found by the checksums and brought row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from data import keys
from data.columns import Side, columns
from data.connection import Connection
from data.errors import StoreError, UsageError
from data.fingerprint import Checksum, checksum
from data.mending import BATCH, Telling, mend, refuse_others
from data.schema import TABLES, runs, sources
from data.sql import Table
from data.statements import insert, select, text
from data.store import Store

BEFORE: Final = tuple(table for table in TABLES if table is not sources)
"""What is whole before the list of sources says that it is there."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one table."""

    table: str
    brought: int
    """Rows inserted, changed or given up by this run."""
    source: Checksum
    target: Checksum

    @property
    def is_same(self) -> bool:
        """Whether both stores hold the same."""
        return self.source == self.target


def move(source: Store, target: Store, telling: Telling) -> list[Moved]:
    """Bring the target to the source as it is now, and compare what both then hold, each table.

    The list of sources is not brought where another table is not the same. Nothing is deleted in
    the source; the target may be empty or an earlier copy, whole or not. Raises UsageError for a
    target with another history, StoreError for a store that is away.
    """
    if identity(source) == identity(target):
        raise UsageError(f"A history is not copied onto itself: {source.engine.url.shown}.")
    with source.reading() as ours:
        refuse_others(ours, target)
        brought = [_append(ours, target, table, telling) for table in BEFORE]
        _number_runs(target)
        moved = [
            _checked(ours, target, table, number, telling)
            for table, number in zip(BEFORE, brought, strict=True)
        ]
        if all(one.is_same for one in moved):
            number = _append(ours, target, sources, telling)
            moved.append(_checked(ours, target, sources, number, telling))
        return moved


def identity(store: Store) -> tuple[Any, ...]:
    """What two addresses of one database have in common."""
    with store.reading() as connection:
        return tuple(connection.execute(text(_IDENTITY[connection.dialect])).one())


_IDENTITY: Final = {
    "sqlite": "SELECT 'sqlite', file FROM pragma_database_list WHERE name = 'main'",
    "postgresql": "SELECT system_identifier, current_database(), current_schema() "
    "FROM pg_control_system()",
}


def _append(ours: Connection, target: Store, table: Table, telling: Telling) -> int:
    """Bring the rows that stand behind the target's last ones; how many."""
    telling.begin(f"copying {table.name}", keys.size(ours, table))
    brought = 0
    for group in keys.groups(ours, table):
        with target.reading() as theirs:
            place = keys.last(theirs, table, group)
        query = select(table).where(*keys.of_group(table, group))
        if place is not None:
            query = query.where(keys.after(table, place, ours.dialect))
        rows = ours.stream(keys.in_order(query, table, ours.dialect))
        while batch := [row._mapping for row in islice(rows, BATCH)]:
            with target.writing() as theirs:
                _refuse_company(theirs, target, table, group, place)
                theirs.execute(insert(table), batch)
            place = tuple(batch[-1][column.name] for column in keys.rest(table))
            brought += len(batch)
            telling.advance(len(batch))
    return brought


def _refuse_company(
    theirs: Connection, target: Store, table: Table, group: str | None, place: Any
) -> None:
    if keys.last(theirs, table, group) != place:
        raise StoreError(
            f"The store {target.engine.url.shown} is being written to by somebody else "
            f"(table {table.name}): copy again when they have ended."
        )


def _number_runs(target: Store) -> None:
    """The number of the next run follows the last one's; SQLite sees to that itself."""
    with target.writing() as theirs:
        if theirs.dialect == "postgresql":
            theirs.execute(
                text("SELECT setval(pg_get_serial_sequence('runs', 'id'), max(id)) FROM runs")
            )


def _checked(
    ours: Connection, target: Store, table: Table, brought: int, telling: Telling
) -> Moved:
    """Compare a table of both; where it differs, bring what differs and compare again."""
    wanted, found = _both(ours, target, table, telling)
    if wanted != found:
        brought += mend(ours, target, table, telling)
        if table is runs:
            _number_runs(target)
        wanted, found = _both(ours, target, table, telling)
    return Moved(table.name, brought, wanted, found)


def _both(
    ours: Connection, target: Store, table: Table, telling: Telling
) -> tuple[Checksum, Checksum]:
    telling.begin(f"checking {table.name}", 2 * keys.size(ours, table))
    wanted = checksum(ours, table, telling.advance)
    with target.reading() as theirs:
        return wanted, checksum(theirs, table, telling.advance)


def comparison(moved: Sequence[Moved]) -> str:
    """What became of each table, for a person."""
    heads: dict[str, Side] = {"table": "left", "rows": "right", "brought": "right"}
    heads |= {"checksum": "left", "in the new store": "left"}
    rows = []
    for one in moved:
        found = "the same" if one.is_same else f"{one.target.digest} of {one.target.rows} rows"
        rows.append((one.table, str(one.source.rows), str(one.brought), one.source.digest, found))
    return columns(heads, rows, 160)
