"""Moves and days as files: found in the whole history, written as the stored tables are."""

import io
from datetime import timedelta

import openpyxl
import orjson
import pytest
from pyarrow import parquet

from data.export import Format, stream
from data.model import SAMPLE
from data.store import Store
from data.tables import Query, query
from tests.conftest import HOUR, T0, snapshot

DAY = timedelta(days=1)
HEAD = "at,since,source,metric,before,after,change,percent,rounding,usual,leaves\r\n"
QUIET = [0, 3, -2, 1, -3, 2, -1, 4, -4, 1]


@pytest.fixture
def store(store: Store) -> Store:
    """120 days of three sources: up on the 60th day, and back when that day leaves."""
    for source, size in (("dapp_expert", 50.0), ("another", 80.0), (SAMPLE, 90.0)):
        value, looks = 800.0, []
        for day in range(121):
            value += {60: size, 90: -size}.get(day, QUIET[day % 10])
            figures = {"volume_30d": value, "active_users": value}
            slot = T0 + day * DAY
            looks.append(snapshot(slot, taken_at=slot, source=source, figures=figures, via="page"))
        store.add(looks, {source: DAY})
    return store


def written(store: Store, asked: Query, kind: Format = "csv", excel: bool = False) -> bytes:
    """The whole file."""
    return b"".join(stream(store, asked, kind, excel))


def cells(store: Store, asked: Query) -> list[list[str]]:
    """The lines after the head, cell by cell."""
    return [line.split(",") for line in written(store, asked).decode().splitlines()[1:]]


def test_moves(store: Store) -> None:
    """Exact bytes: by time, then source, then figure; whole numbers plain, unknown ones empty."""
    asked = Query("moves", sources=("dapp_expert",))
    start, end = T0 + 60 * DAY, T0 + 90 * DAY
    up, down = (
        "2026-04-01T06:00:00Z,2026-03-31T06:00:00Z",
        "2026-05-01T06:00:00Z,2026-04-30T06:00:00Z",
    )
    assert (f"{start:%m-%d}", f"{end:%m-%d}") == ("04-01", "05-01")
    lines = written(store, asked, excel=True).decode().splitlines(keepends=True)
    assert lines[0] == "\ufeff" + HEAD
    assert lines[1].startswith(f"{up},dapp_expert,active_users,")
    cells = [line.strip().split(",") for line in lines[1:]]
    assert [",".join(row[:2]) for row in cells] == [up, up, down, down]
    assert [row[3] for row in cells] == ["active_users", "volume_30d"] * 2
    assert [row[6] for row in cells] == ["50", "50", "-50", "-50"]
    assert [float(row[5]) - float(row[4]) for row in cells] == [50, 50, -50, -50]
    assert [row[8:] for row in cells] == [
        ["0", "2", ""],
        ["0.01", "2", ""],
        ["0", "2", ""],
        ["0.01", "2", "2026-04-01T06:00:00Z"],
    ]


def test_narrowed(store: Store) -> None:
    """By source, figure and span, as the stored tables are; the sample only when it is named."""
    assert [row[2] for row in cells(store, Query("moves"))] == (
        ["another"] * 2 + ["dapp_expert"] * 2
    ) * 2
    named = query("moves", T0 + 121 * DAY, sources=[SAMPLE], keys=["volume_30d"])
    assert [row[2:4] for row in cells(store, named)] == [[SAMPLE, "volume_30d"]] * 2
    till = query("moves", T0, start="2026-04-01T06:00:00Z", end="2026-05-01T06:00:00Z")
    assert {row[0] for row in cells(store, till)} == {"2026-04-01T06:00:00Z"}
    after = query("moves", T0, start="2026-04-01T06:00:01Z", end="2026-05-01T06:00:01Z")
    assert {row[0] for row in cells(store, after)} == {"2026-05-01T06:00:00Z"}


def test_other_formats(store: Store) -> None:
    """JSON lines, Parquet and XLSX have the same rows, times as times and numbers as numbers."""
    asked = Query("moves", sources=("another",), keys=("volume_30d",))
    rows = [orjson.loads(line) for line in written(store, asked, "jsonl").splitlines()]
    assert [(row["at"], row["change"], row["leaves"]) for row in rows] == [
        ("2026-04-01T06:00:00Z", 80, None),
        ("2026-05-01T06:00:00Z", -80, "2026-04-01T06:00:00Z"),
    ]
    table = parquet.read_table(io.BytesIO(written(store, asked, "parquet"))).to_pylist()
    assert [(row["at"], row["usual"]) for row in table] == [
        (T0 + 60 * DAY, 2.0),
        (T0 + 90 * DAY, 2.0),
    ]
    book = openpyxl.load_workbook(io.BytesIO(written(store, asked, "xlsx")), read_only=True)
    sheet = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    assert sheet[0] == HEAD.strip().split(",")
    assert [(row[0], row[6]) for row in sheet[1:]] == [
        ((T0 + 60 * DAY).replace(tzinfo=None), 80),
        ((T0 + 90 * DAY).replace(tzinfo=None), -80),
    ]


def test_nothing_moved(file_store: Store) -> None:
    """Without a move there is a head alone."""
    file_store.save(snapshot(dapps=1.0), DAY)
    assert written(file_store, Query("moves")) == HEAD.encode()


def test_days(file_store: Store) -> None:
    """The reconstructed days of the rolling figures alone, with their intervals, by time."""
    for source, flow in (("dapp_expert", 10.0), ("another", 20.0)):
        looks = []
        for day in range(91):
            slot = T0 - T0.hour * HOUR + day * DAY
            figures = {"volume_30d": 30 * flow, "dapps": 4.0}
            looks.append(snapshot(slot, taken_at=slot, source=source, figures=figures))
        file_store.add(looks, {source: DAY})
    head, *rows = written(file_store, Query("daily")).decode().splitlines()
    assert head == "day,source,metric,value,low,high,unit"
    told = [row.split(",") for row in rows]
    assert [row[:2] for row in told] == sorted(row[:2] for row in told)
    assert {(row[2], row[6]) for row in told} == {("volume_30d", "USD")}
    for row in told:
        flow = 10 if row[1] == "dapp_expert" else 20
        value, low, high = map(float, row[3:6])
        assert value == pytest.approx(flow, rel=0.01)
        assert low <= value <= high
    asked = query("daily", T0, sources=["another"], start="2026-03-01", end="2026-03-08")
    assert [row[0] for row in cells(file_store, asked)] == [
        f"2026-03-0{day}T00:00:00Z" for day in range(1, 8)
    ]
    assert cells(file_store, Query("daily", keys=("dapps",))) == []
