"""Imports by block: what comes in by column is what comes in line by line, on both engines."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.connection import Row
from data.errors import UsageError
from data.imports import Imported, load
from data.rollup import rebuild
from data.schema import ROLLUPS, snapshots, sources
from data.sqlite import LOG_BYTES
from data.statements import delete, select
from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.test_export import WIDE
from tests.test_imports import empty

MINUTE = timedelta(minutes=1)


def line(minute: int, source: str = "alpha", figures: str = "1,2,,4.5,", **cells: str) -> str:
    """A line of a file by the minute of its slot."""
    slot = f"{T0 + minute * MINUTE:%Y-%m-%dT%H:%M:%S}"
    row = {"taken_at": f"{slot}.25Z", "as_of": "", "origin": "live", "via": "page"} | cells
    return (
        f"{slot}Z,{row['taken_at']},{row['as_of']},{source},{row['origin']},{row['via']},{figures}"
        "\r\n"
    )


def kept(store: Store) -> list[list[Row]]:
    """Every row of the tables that snapshots fill."""
    tables = (snapshots, *ROLLUPS, sources)
    with store.reading() as connection:
        return [connection.execute(select(table).order_by(*table.key)).all() for table in tables]


number = st.sampled_from(["", "0", "7", "16230", "0.1", "303260000000.25", "1" * 25, "00.50"])
figures = st.lists(number, min_size=5, max_size=5).map(",".join)
optional = {
    "origin": st.sampled_from(["", "live", "wayback"]),
    "via": st.sampled_from(["", "page", "api"]),
    "as_of": st.sampled_from(["", "2026-01-31T05:00:00Z", "2026-01-31T05:00:00.7Z"]),
    "taken_at": st.sampled_from(["2026-02-01T00:00:00Z", "2999-12-31T23:59:59.999Z"]),
}
rows = st.tuples(st.integers(0, 4_000), st.sampled_from(["alpha", "beta"]), figures)
lines = st.lists(
    st.builds(lambda at, cells: line(*at, **cells), rows, st.fixed_dictionaries(optional)),
    max_size=40,
)
histories = lines | lines.map(sorted) | lines.map(lambda many: sorted(many)[:1] * 2)


def bring(store: Store, folder: Path, histories: list[list[str]], block: int) -> list[Any]:
    """Import the files one after another into the emptied store: what each import told, what is
    kept, and whether the rollups are those of a rebuild.
    """
    empty(store)
    told: list[Any] = []
    for number, history in enumerate(histories):
        file = folder / f"{number}.csv"
        file.write_text(WIDE + "".join(history), newline="")
        told.append(load(store, file, block=block))
    found = kept(store)
    with store.writing() as connection:
        for table in ROLLUPS:
            connection.execute(delete(table))
        for source in ("alpha", "beta"):
            rebuild(connection, source, [row.slot for row in found[0] if row.source == source])
    assert kept(store) == found
    return [*told, found]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(histories, min_size=1, max_size=2), st.sampled_from([1, 700, 1 << 20]))
def test_blocks_bring_what_lines_bring(
    store: Store, tmp_path: Path, files: list[list[str]], block: int
) -> None:
    """Snapshots, rollups, intervals and counts are the same, whatever the order and the overlap."""
    assert bring(store, tmp_path, files, block) == bring(store, tmp_path, files, 0)


def test_a_month_of_minutes(store: Store, tmp_path: Path) -> None:
    """Blocks that begin and end within an hour leave whole rollups."""
    month = [line(minute, figures=f"{minute},,3,4,{minute % 7}") for minute in range(40_000)]
    [told, found] = bring(store, tmp_path, [month], 1 << 20)
    assert told == Imported("snapshots", 40_000, 0)
    assert [len(rows) for rows in found[:3]] == [40_000, 667, 29]


def test_a_bad_line_after_many_blocks(store: Store, tmp_path: Path) -> None:
    """It is named by its number, and nothing of the blocks before it is kept."""
    history = [line(minute) for minute in range(2_000)]
    file = tmp_path / "wide.csv"
    for bad in (line(2_001, figures="1,2,x,,"), line(2_001, via='"api'), "\r\n", '"\r\n'):
        file.write_text(WIDE + "".join(history) + bad, newline="")
        with pytest.raises(UsageError, match=r"(?i)line 2002\b"):
            load(store, file, block=10_000)
        assert store.sources() == []


def test_quoted_cells(store: Store, tmp_path: Path) -> None:
    """Cells in quotes, which an export does not need, are read as well."""
    history = [line(minute) for minute in range(900)]
    history[500] = history[500].replace("alpha", '"alpha"')
    file = tmp_path / "wide.csv"
    file.write_text(WIDE + "".join(history), newline="")
    assert load(store, file, block=10_000) == Imported("snapshots", 900, 0)


def test_a_large_import_leaves_a_small_log(file_store: Store, tmp_path: Path) -> None:
    """What a large transaction wrote beside the file does not stay there with the next write."""
    file = tmp_path / "wide.csv"
    file.write_text(WIDE + "".join(map(line, range(60_000))), newline="")
    load(file_store, file)
    file_store.save(snapshot(source="gamma", dapps=1.0), HOUR)
    assert (tmp_path / "masthead.db-wal").stat().st_size <= LOG_BYTES
