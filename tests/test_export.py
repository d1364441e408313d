"""Exports: exact bytes of the contract, and what other programs read back from them."""

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pandas
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from data import export, journal, lines
from data.cells import BEFORE, FORMULA, guarded, number, unguarded
from data.errors import UsageError
from data.export import Format, format_named, stream
from data.model import SAMPLE, Headline, Run, SeenHeadline
from data.output import write_whole
from data.store import Store
from data.tables import Query, query
from tests.conftest import HOUR, T0, snapshot

ROOT = Path(__file__).parent.parent
DAY = timedelta(days=1)
URL = "https://dapp.expert/news/one"
WIDE = (
    "slot,taken_at,as_of,source,origin,via,"
    "dapps,blockchains,active_users,volume_30d,transactions_30d\r\n"
)
TIDY = "slot,taken_at,source,metric,value,half_width,unit,shown,problem,origin,via\r\n"
HEADLINES = "first_seen_at,published_from,published_to,source,lead,title,url,author,summary\r\n"


def text(store: Store, asked: Query | None = None, kind: Format = "csv", **flags: bool) -> str:
    """The whole export as text."""
    return b"".join(stream(store, asked or Query(), kind, **flags)).decode()


def column(store: Store, asked: Query, place: int) -> list[str]:
    """One column of a CSV whose cells need no quotes."""
    return [line.split(",")[place] for line in text(store, asked).splitlines()[1:]]


def keep(store: Store, *stories: Headline, source: str = "dapp_expert") -> None:
    """Headlines first seen at T0, an hour later, and so on."""
    seen = (
        SeenHeadline(story, source, T0 + n * HOUR, T0 + n * HOUR) for n, story in enumerate(stories)
    )
    store.add_headlines(seen, {})


def test_wide(store: Store) -> None:
    """Wide CSV: one line a snapshot, whole numbers plain, fractions plain, not read empty."""
    store.save(
        snapshot(T0 + HOUR, via="page", dapps=16_230.0, volume_30d=303.26e9, transactions_30d=0.25),
        HOUR,
    )
    store.save(
        snapshot(taken_at=T0 + timedelta(milliseconds=4007), as_of=T0, blockchains=0.0), HOUR
    )
    assert text(store) == (
        WIDE + "2026-01-31T06:00:00Z,2026-01-31T06:00:04.007Z,2026-01-31T06:00:00Z,"
        "dapp_expert,live,payload,,0,,,\r\n"
        "2026-01-31T07:00:00Z,2026-01-31T07:00:04Z,,"
        "dapp_expert,live,page,16230,,,303260000000,0.25\r\n"
    )


def test_tidy(store: Store) -> None:
    """Tidy CSV: one line a figure with its text, rounding and problem, unread ones too."""
    store.save(
        snapshot(
            via="page",
            origin="wayback",
            shown={"dapps": "16.23K", "volume_30d": "€303.26B"},
            problems={"volume_30d": "not in USD, but €"},
            dapps=16_230.0,
        ),
        HOUR,
    )
    start = "2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,dapp_expert,"
    assert text(store, Query(shape="tidy")) == (
        TIDY + f"{start}dapps,16230,5,count,16.23K,,wayback,page\r\n"
        f"{start}blockchains,,,count,,,wayback,page\r\n"
        f"{start}active_users,,,count,,,wayback,page\r\n"
        f'{start}volume_30d,,,USD,€303.26B,"not in USD, but €",wayback,page\r\n'
        f"{start}transactions_30d,,,count,,,wayback,page\r\n"
    )


def test_headlines(store: Store) -> None:
    """Headlines CSV: quotes and commas by RFC 4180, formulas guarded, unknown times empty."""
    keep(
        store,
        Headline('=HYPERLINK("x")', URL, "a, b\nc", "+Ann", T0 - DAY, T0, lead=True),
        Headline("Plain"),
    )
    assert text(store, Query("headlines")) == (
        HEADLINES + "2026-01-31T06:00:00Z,2026-01-30T06:00:00Z,2026-01-31T06:00:00Z,dapp_expert,"
        f'true,"\'=HYPERLINK(""x"")",{URL},\'+Ann,"a, b\nc"\r\n'
        "2026-01-31T07:00:00Z,,,dapp_expert,false,Plain,,,\r\n"
    )


def test_runs(store: Store) -> None:
    """Runs CSV: every attempt by its start, running ones with an empty end."""
    journal.start(store, Run("dapp_expert", T0, T0 + timedelta(seconds=1), host="-h"))
    store.add_runs(
        [Run("dapp_expert", T0, T0, T0 + HOUR, "failed", "http", "=no", 500, 12, 3, "here")]
    )
    assert text(store, Query("runs")) == (
        "started_at,ended_at,slot,source,outcome,error_kind,message,http_status,bytes,attempts,host"
        "\r\n2026-01-31T06:00:00Z,2026-01-31T07:00:00Z,2026-01-31T06:00:00Z,dapp_expert,failed,"
        "http,'=no,500,12,3,here\r\n"
        "2026-01-31T06:00:01Z,,2026-01-31T06:00:00Z,dapp_expert,,,,,,0,'-h\r\n"
    )


@pytest.mark.parametrize(
    ("asked", "head"),
    [(Query(), WIDE), (Query(shape="tidy"), TIDY), (Query("headlines"), HEADLINES)],
)
def test_empty_store(store: Store, asked: Query, head: str) -> None:
    """Nothing kept is a header and no rows, in every format."""
    assert text(store, asked) == head
    assert text(store, asked, excel=True) == "\ufeff" + head
    assert text(store, asked, "jsonl") == ""
    table = parquet.read_table(io.BytesIO(b"".join(stream(store, asked, "parquet"))))
    assert table.column_names == head.strip().split(",")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(stream(store, asked, "xlsx"))))
    assert [cell.value for cell in book["masthead"][1]] == head.strip().split(",")


def test_excel_has_one_mark(store: Store) -> None:
    """A BOM stands once at the start, also in a file of many parts."""
    store.add([snapshot(T0 + n * HOUR, dapps=1.0) for n in range(2 * export.PART + 1)], {})
    plain, excel = text(store), text(store, excel=True)
    assert excel == "\ufeff" + plain
    assert plain.count("\r\n") == 2 * export.PART + 2


def test_raw_leaves_texts_alone(store: Store) -> None:
    """--raw writes formula-like texts as they are."""
    keep(store, Headline("=1+1", URL))
    assert ",'=1+1," in text(store, Query("headlines"))
    assert ",=1+1," in text(store, Query("headlines"), raw=True)


def test_sorted_by_time_then_source(store: Store) -> None:
    """Sources interleave by time; at one time they stand by name."""
    for source in ("zeta", "alpha"):
        for hours in (1, 0):
            store.save(snapshot(T0 + hours * HOUR, source=source, dapps=1.0), HOUR)
    lines = [line.split(",") for line in text(store).splitlines()[1:]]
    assert [(line[0][11:13], line[3]) for line in lines] == [
        ("06", "alpha"),
        ("06", "zeta"),
        ("07", "alpha"),
        ("07", "zeta"),
    ]


def test_sample_never_mixes(store: Store) -> None:
    """The synthetic source is exported only where it is named, in every table."""
    for source in (SAMPLE, "dapp_expert"):
        look = snapshot(source=source, dapps=1.0, headlines=(Headline("A"),))
        store.save(look, HOUR)
        journal.start(store, Run(source, T0, T0))
    tables: Sequence[tuple[Query, Query]] = [
        (Query(), Query(sources=(SAMPLE,))),
        (Query(shape="tidy"), Query(sources=(SAMPLE,), shape="tidy")),
        (Query("headlines"), Query("headlines", (SAMPLE,))),
        (Query("runs"), Query("runs", (SAMPLE,))),
    ]
    for unsaid, named in tables:
        assert SAMPLE not in text(store, unsaid)
        assert "dapp_expert" in text(store, unsaid)
        assert SAMPLE in text(store, named)
        assert "dapp_expert" not in text(store, named)


def test_filters(store: Store) -> None:
    """Source, metric, from (in), to (out) and every narrow the file; every keeps the last."""
    for source in ("one", "two"):
        store.add([snapshot(T0 + n * HOUR, source=source, dapps=float(n)) for n in range(24)], {})

    def hours(**wanted: Any) -> list[str]:
        asked = query("snapshots", T0 + 24 * HOUR, sources=["one"], **wanted)
        return column(store, asked, 6)

    assert set(column(store, Query(sources=("two",)), 3)) == {"two"}
    assert hours(start="2026-01-31T08:00:00Z", end="2026-01-31T10:00:00Z") == ["2", "3"]
    assert hours(start="2h") == ["22", "23"]
    assert hours(every="6h") == ["5", "11", "17", "23"]
    assert hours(every="1d") == ["17", "23"]
    assert hours(keys=["volume_30d", "dapps"])[:2] == ["0", "1"]
    tidy = query("snapshots", T0, keys=["dapps"], shape="tidy", sources=["one"])
    assert set(column(store, tidy, 3)) == {"dapps"}
    both = query("snapshots", T0, keys=["volume_30d", "dapps"])
    assert text(store, both).startswith(
        "slot,taken_at,as_of,source,origin,via,dapps,volume_30d\r\n"
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"what": "pages"}, "'what' is 'pages'"),
        ({"keys": ["tvl"]}, "'metric' is 'tvl': it is one of dapps, "),
        ({"start": "yesterday"}, "'from' cannot be used"),
        ({"end": "2026-13-01"}, "'to' cannot be used"),
        ({"every": "0h"}, "'every' cannot be used"),
        ({"shape": "long"}, "'shape' is 'long'"),
        ({"what": "moves", "every": "1d"}, "'every' is about snapshots: leave it out for moves"),
        ({"what": "daily", "shape": "tidy"}, "'shape' is about snapshots"),
        ({"what": "snapshots", "by": "published"}, "'by' is about headlines"),
    ],
)
def test_bad_parameters(wanted: dict[str, Any], message: str) -> None:
    """A parameter that cannot be used is named in one sentence."""
    with pytest.raises(UsageError, match=message):
        query(**{"what": "snapshots", "now": T0, **wanted})
    with pytest.raises(UsageError, match="'ods' is not known: take csv"):
        format_named("ods")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (5.0, "5"),
        (0.005, "0.005"),
        (1e-7, "0.0000001"),
        (0.1, "0.1"),
        (1.5e22, "15000000000000000000000"),
        (303.26e9, "303260000000"),
        (1234567.891, "1234567.891"),
    ],
)
def test_numbers_have_no_exponent(value: float, written: str) -> None:
    """Numbers are digits and at most a point, however large or small."""
    assert number(value) == written


@given(st.floats(0, allow_infinity=False))
def test_numbers_read_back(value: float) -> None:
    """Any number is written without an exponent and reads back to the same float."""
    written = number(value)
    assert set(written) <= set("0123456789.")
    assert float(written) == value


@given(st.text(st.sampled_from("=+-@\t\r\n'\"a, é\uff1d\u00a0"), max_size=8))
def test_guard(text: str) -> None:
    """A guarded text never starts as a formula, and gives the original back."""
    assert not guarded(text).startswith(FORMULA)
    assert guarded(text).startswith("'") or not text.strip(BEFORE).startswith(FORMULA)
    assert unguarded(guarded(text)) == text


def test_jsonl(store: Store) -> None:
    """JSON lines: one object a row, times as text, whole numbers as integers, null for not read."""
    store.save(snapshot(dapps=16_230.0, transactions_30d=0.25), HOUR)
    (line,) = text(store, kind="jsonl").splitlines()
    assert orjson.loads(line) == {
        "slot": "2026-01-31T06:00:00Z",
        "taken_at": "2026-01-31T06:00:04Z",
        "as_of": None,
        "source": "dapp_expert",
        "origin": "live",
        "via": "payload",
        "dapps": 16230,
        "blockchains": None,
        "active_users": None,
        "volume_30d": None,
        "transactions_30d": 0.25,
    }
    assert '"dapps":16230,' in line


def test_parquet(store: Store) -> None:
    """Parquet: UTC timestamps, float figures, nulls, texts untouched by the guard."""
    store.save(snapshot(dapps=16_230.0), HOUR)
    keep(store, Headline("=1+1", URL, lead=True))
    table = parquet.read_table(io.BytesIO(b"".join(stream(store, Query(), "parquet"))))
    assert table.schema.field("slot").type == pyarrow.timestamp("ms", tz="UTC")
    assert table.schema.field("volume_30d").type == pyarrow.float64()
    (row,) = table.to_pylist()
    assert (row["slot"], row["dapps"], row["volume_30d"], row["as_of"]) == (
        T0,
        16_230.0,
        None,
        None,
    )
    stories = io.BytesIO(b"".join(stream(store, Query("headlines"), "parquet")))
    (story,) = parquet.read_table(stories).to_pylist()
    assert (story["title"], story["lead"], story["published_from"]) == ("=1+1", True, None)


def test_xlsx(store: Store) -> None:
    """XLSX: real numbers, real times, empty cells, and formula-like titles as plain strings."""
    store.save(snapshot(dapps=16_230.0, transactions_30d=0.25), HOUR)
    titles = ["=1+1", "-5", "+x", "@x", "{=1}", "https://a.b/", "1.5", "'quoted", "a\nb"]
    keep(store, *(Headline(title, f"{URL}{n}") for n, title in enumerate(titles)))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(stream(store, Query(), "xlsx"))))
    _, row = book["masthead"].iter_rows(values_only=True)
    assert row == (
        T0.replace(tzinfo=None),
        (T0 + timedelta(seconds=4)).replace(tzinfo=None),
        None,
        "dapp_expert",
        "live",
        "payload",
        16_230,
        None,
        None,
        None,
        0.25,
    )
    book = openpyxl.load_workbook(io.BytesIO(b"".join(stream(store, Query("headlines"), "xlsx"))))
    cells = [row[5] for row in book["masthead"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(title, "s") for title in titles]


def test_xlsx_that_cannot_hold_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many rows, or a text longer than a cell, is an error, never a cut file."""
    keep(store, Headline("short", summary="x" * 32_768), Headline("two"))
    with pytest.raises(UsageError, match="column 'summary' is longer"):
        list(stream(store, Query("headlines"), "xlsx"))
    monkeypatch.setattr(export, "XLSX_ROWS", 1)
    store.add([snapshot(T0 + n * HOUR, dapps=1.0) for n in range(2)], {})
    monkeypatch.setattr(export, "_write_xlsx", None)
    for shape in ("wide", "tidy"):
        with pytest.raises(UsageError, match="holds 1 rows"):
            next(stream(store, query("snapshots", T0, shape=shape), "xlsx"))
    monkeypatch.undo()
    monkeypatch.setattr(export, "XLSX_ROWS", 1)
    with pytest.raises(UsageError, match="holds 1 rows"):
        next(stream(store, query("snapshots", T0, every="1h"), "xlsx"))


def test_parquet_comes_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet is sent as it is made, and read back is one table."""
    monkeypatch.setattr(export, "PART", 3)
    monkeypatch.setattr(export, "GROUP", 5)
    store.add([snapshot(T0 + n * HOUR, dapps=float(n)) for n in range(14)], {})
    parts = list(stream(store, Query(), "parquet"))
    assert len(parts) == 5
    table = parquet.read_table(io.BytesIO(b"".join(parts)))
    assert table.column("dapps").to_pylist() == [float(n) for n in range(14)]


def test_pandas_reads_the_right_types(store: Store) -> None:
    """A CSV opens in pandas with floats, UTC times and NaN for not read."""
    store.save(snapshot(dapps=16_230.0), HOUR)
    store.save(snapshot(T0 + HOUR, dapps=16_240.0, blockchains=78.0), HOUR)
    frame = pandas.read_csv(io.StringIO(text(store)), parse_dates=["slot", "taken_at"])
    assert frame["dapps"].tolist() == [16_230, 16_240]
    assert frame["blockchains"].dtype == "float64"
    assert frame["blockchains"].isna().tolist() == [True, False]
    assert frame["slot"].tolist() == [T0, T0 + HOUR]
    assert str(frame["slot"].dt.tz) == "UTC"


def test_export_is_one_view(store: Store) -> None:
    """What is written while an export goes on is not in it."""
    history = [snapshot(T0 + n * HOUR, dapps=1.0) for n in range(lines.PART + 1)]
    store.add(history, {})
    parts = stream(store, Query(), "csv")
    first = next(parts)
    store.save(snapshot(T0 + 9999 * HOUR, dapps=1.0), HOUR)
    found = (first + b"".join(parts)).decode().splitlines()
    assert len(found) == lines.PART + 2
    assert max(datetime.fromisoformat(line[:20]) for line in found[1:]) < datetime(
        2027, 3, 1, tzinfo=UTC
    )


def test_stopped_export_lets_go(store: Store) -> None:
    """A reader that goes away in the middle ends the export's read."""
    store.add([snapshot(T0 + n * HOUR, dapps=1.0) for n in range(lines.PART + 1)], {})
    parts = stream(store, Query(), "csv")
    next(parts)
    del parts
    assert store.engine.busy == 0


def test_two_into_one_file(tmp_path: Path) -> None:
    """Of two exports into one file each is whole in its place; the later end stays."""
    file = tmp_path / "snapshots.csv"
    other = (
        "import sys; from pathlib import Path; from data.output import write_whole;"
        "write_whole(Path(sys.argv[1]), [b'other'])"
    )

    def parts() -> Iterator[bytes]:
        yield bytes(100_000)
        subprocess.run([sys.executable, "-c", other, str(file)], cwd=ROOT, check=True)
        assert file.read_bytes() == b"other"
        yield b"end"

    write_whole(file, parts())
    assert file.read_bytes() == bytes(100_000) + b"end"
    assert list(tmp_path.iterdir()) == [file]
