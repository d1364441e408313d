"""Imports: what was exported comes back exactly, and a bad file changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import UsageError
from data.export import stream
from data.imports import Imported, load
from data.model import KEYS, Headline, Run, SeenHeadline, Snapshot
from data.schema import TABLES
from data.statements import delete
from data.store import Store
from data.tables import Query
from tests.conftest import HOUR, T0, snapshot
from tests.test_export import HEADLINES, TIDY, URL, WIDE

LINE = "2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,,dapp_expert,live,payload,1,,,,\r\n"
Keep = Callable[[Store], object]


def whole(store: Store, asked: Query, **flags: bool) -> bytes:
    """The CSV export."""
    return b"".join(stream(store, asked, "csv", **flags))


def empty(store: Store) -> None:
    """Forget everything."""
    with store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))


def round_trip(store: Store, file: Path, asked: Query, raw: bool, excel: bool = False) -> None:
    """Export, forget, import, export again: the same bytes; import again: nothing new."""
    before = whole(store, asked, raw=raw, excel=excel)
    file.write_bytes(before)
    empty(store)
    first = load(store, file, raw)
    assert whole(store, asked, raw=raw, excel=excel) == before
    again = load(store, file, raw)
    assert (again.new, again.known, again.kept) == (0, first.new + first.known, 0)


numbers = st.none() | st.floats(0, 1e20) | st.integers(0, 10**12).map(float)
texts = st.text(
    st.sampled_from("=+-@\t\r\n'\",;ab 0é€\U0001f680")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=12,
)
moments = st.integers(0, 10**9).map(lambda at: T0 + timedelta(milliseconds=at))
slots = st.integers(0, 500).map(lambda at: T0 + at * HOUR)


@st.composite
def looks(draw: Any) -> Snapshot:
    """A snapshot of one of two sources with any figures, texts and problems."""
    figures = draw(st.dictionaries(st.sampled_from(KEYS), numbers))
    chosen = st.dictionaries(st.sampled_from(KEYS), texts, max_size=3)
    read = any(value is not None for value in figures.values())
    return snapshot(
        draw(slots),
        source=draw(st.sampled_from(["alpha", "beta"])),
        taken_at=draw(moments),
        as_of=draw(st.none() | moments),
        origin=draw(st.sampled_from(["live", "wayback", "commoncrawl", "file", "import"])),
        via=draw(st.sampled_from(["payload", "page", "text", "api"])) if read else None,
        shown=draw(chosen),
        problems=draw(chosen),
        figures=figures,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(looks(), max_size=8), st.booleans(), st.booleans())
def test_snapshots_round_trip(
    shared_store: Store,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[Snapshot],
    raw: bool,
    excel: bool,
) -> None:
    """Wide and tidy CSV come back byte for byte, with any text in any cell."""
    file = tmp_path_factory.getbasetemp() / "snapshots.csv"
    for asked in (Query(), Query(shape="tidy")):
        empty(shared_store)
        shared_store.add(history, {})
        round_trip(shared_store, file, asked, raw, excel)


@st.composite
def stories(draw: Any) -> SeenHeadline:
    """A headline with any texts."""
    ends = sorted([draw(moments), draw(moments)])
    known = draw(st.booleans())
    headline = Headline(
        title=draw(texts),
        url=draw(st.none() | st.integers(0, 3).map(lambda n: f"{URL}{n}")),
        summary=draw(st.none() | texts),
        author=draw(st.none() | texts),
        published_from=ends[0] if known else None,
        published_to=ends[1] if known else None,
        lead=draw(st.booleans()),
    )
    seen = draw(moments)
    return SeenHeadline(headline, draw(st.sampled_from(["alpha", "beta"])), seen, seen)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(stories(), max_size=8, unique_by=lambda one: one.headline.title), st.booleans())
def test_headlines_round_trip(
    shared_store: Store,
    tmp_path_factory: pytest.TempPathFactory,
    seen: list[SeenHeadline],
    raw: bool,
) -> None:
    """Headlines come back byte for byte."""
    empty(shared_store)
    shared_store.add_headlines(seen, {})
    round_trip(shared_store, tmp_path_factory.getbasetemp() / "news.csv", Query("headlines"), raw)


def test_runs_round_trip(store: Store, tmp_path: Path) -> None:
    """Runs come back byte for byte, the one still running too."""
    store.add_runs(
        [
            Run("dapp_expert", T0, T0, T0 + HOUR, "failed", "http", "=no,\n'x'", 500, 12, 3, "a"),
            Run("dapp_expert", T0, T0 + timedelta(milliseconds=1), host="b"),
        ]
    )
    round_trip(store, tmp_path / "runs.csv", Query("runs"), raw=False)


def test_chosen_metrics_come_back(store: Store, tmp_path: Path) -> None:
    """A wide file of some metrics is an import too; the others are not read."""
    store.save(snapshot(dapps=1.0, volume_30d=2.0, blockchains=3.0), HOUR)
    round_trip(store, tmp_path / "some.csv", Query(keys=("dapps", "volume_30d")), raw=False)


def test_wide_restores_half_widths(store: Store, tmp_path: Path) -> None:
    """A wide file has no texts: the rounding follows from the way and the size."""
    file = tmp_path / "wide.csv"
    row = "2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,,dapp_expert,,page,16230,78,,303260000000,\r\n"
    file.write_text(WIDE + row, newline="")
    assert load(store, file) == Imported("snapshots", 1, 0)
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.origin == "import"
    widths = [kept.look.readings[key].half_width for key in KEYS]
    assert widths == [5.0, 0.0, None, 5e6, None]


def test_interval_of_a_new_source(store: Store, tmp_path: Path) -> None:
    """A source the store does not know gets the usual step of the file; a known one keeps its."""
    store.save(snapshot(T0 - HOUR, source="known", dapps=1.0), HOUR)
    lines = [
        f"2026-01-31T06:{minute:02}:00Z,2026-01-31T06:{minute:02}:04Z,,{source},live,page,1,,,,\r\n"
        for minute in (0, 10, 20, 40)
        for source in ("known", "new")
    ]
    file = tmp_path / "wide.csv"
    file.write_text(WIDE + "".join(lines), newline="")
    assert load(store, file).new == 8
    assert {info.source: info.every for info in store.sources()} == {
        "known": HOUR,
        "new": timedelta(minutes=10),
    }


def test_conflicts_are_kept_and_counted(store: Store, tmp_path: Path) -> None:
    """A slot that holds another value keeps it; one that lacks a value is filled."""
    store.save(snapshot(dapps=2.0), HOUR)
    store.save(snapshot(T0 + HOUR, blockchains=7.0), HOUR)
    file = tmp_path / "wide.csv"
    file.write_text(
        WIDE + LINE + LINE.replace("T06", "T07") + LINE.replace("T06", "T08"), newline=""
    )
    assert load(store, file) == Imported("snapshots", new=2, known=0, kept=1)
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.look.readings["dapps"].value == 2.0


def test_tidy_in_any_order(store: Store, tmp_path: Path) -> None:
    """A tidy file sorted by metric brings every figure: none is lost on the way."""
    store.add([snapshot(T0 + n * HOUR, dapps=1.0, volume_30d=2.0) for n in range(3)], {})
    before = whole(store, Query(shape="tidy"))
    head, *lines = before.decode().splitlines(keepends=True)
    file = tmp_path / "tidy.csv"
    file.write_text(head + "".join(sorted(lines, key=lambda line: line.split(",")[3])), newline="")
    empty(store)
    load(store, file)
    assert whole(store, Query(shape="tidy")) == before


TIDY_LINE = "2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,dapp_expert,dapps,1000,5,count,1K,,live,page"


@pytest.mark.parametrize(
    ("head", "last", "place"),
    [
        (WIDE, LINE.replace("T06:00:00", "T06:00"), "line 4 .*, column 'slot': .* is not a time"),
        (WIDE, LINE.replace("T06:00:00Z", "T06:00:00+01:00"), "column 'slot'"),
        (WIDE, LINE.replace("01-31T", "02-31T"), "column 'slot'"),
        (WIDE, LINE.replace("2026-", "9999-"), "column 'slot': .* is not in the years 1970 to"),
        (WIDE, LINE.replace(",1,", ",one,"), "line 4 .*, column 'dapps': 'one' is not a number"),
        (WIDE, LINE.replace(",1,", ",1e3,"), "column 'dapps'"),
        (WIDE, LINE.replace(",1,", ",-1,"), "column 'dapps'"),
        (WIDE, LINE.replace(",1,", ",nan,"), "column 'dapps'"),
        (WIDE, LINE.replace(",1,", f",{'9' * 310},"), "column 'dapps': .* is too large"),
        (WIDE, LINE.replace("live", "li\0ve"), "column 'origin': it holds a NUL"),
        (WIDE, LINE.replace("payload", "guess"), "column 'via': 'guess' is none of payload"),
        (WIDE, LINE.replace("live", "dead"), "column 'origin'"),
        (WIDE, LINE.replace("dapp_expert", "Dapp Expert"), "column 'source'"),
        (WIDE, LINE.replace("dapp_expert", ""), "column 'source': it is empty"),
        (WIDE, LINE.replace(",,,,\r", ",,,\r"), "line 4 .* has 10 cells, the header has 11"),
        (WIDE, LINE.replace(",,,,\r", ',,,,"a\r'), r"wide\.csv, line \d+, is not CSV in UTF-8"),
        (TIDY, TIDY_LINE.replace(",5,", ",6,"), "line 4 .*, column 'half_width'"),
        (TIDY, TIDY_LINE.replace("count", "EUR"), "line 4 .*, column 'unit': 'EUR' is not count"),
        (TIDY, TIDY_LINE.replace("dapps", "tvl"), "column 'metric'"),
        (TIDY, f"{TIDY_LINE}\r\n{TIDY_LINE}", "line 5 .* gives the metric dapps a second time"),
        (
            TIDY,
            f"{TIDY_LINE}\r\n"
            + TIDY_LINE.replace("dapps,1000,5", "blockchains,1000,0").replace("page", "api"),
            "line 5 .*, column 'via': .* differs",
        ),
        (HEADLINES, f"2026-01-31T06:00:00Z,,,a,maybe,T,{URL},,", "column 'lead'"),
        (HEADLINES, "2026-01-31T06:00:00Z,,,a,true,T,javascript:alert(1),,", "column 'url'"),
        (HEADLINES, f"2026-01-31T06:00:00Z,,,a,true,,{URL},,", "column 'title': it is empty"),
        (HEADLINES, f"2026-01-31T06:00:00Z,,,a,true,{'T' * 40000},,,", "column 'title': .* longer"),
        (
            HEADLINES,
            f"2026-01-31T06:00:00Z,,,a,true,{'漢' * 834},,,",
            "'title': .* than 2,500 bytes",
        ),
        (
            HEADLINES,
            f"2026-01-31T06:00:00Z,,,a,true,T,{URL}{'漢' * 830},,",
            "'url': .* 2,500 bytes",
        ),
    ],
)
def test_error_in_the_last_line(
    store: Store, tmp_path: Path, head: str, last: str, place: str
) -> None:
    """An error names the file, the line and the column, and nothing of the file is kept."""
    good = {
        WIDE: [LINE.replace("-31T", "-29T"), LINE.replace("-31T", "-30T")],
        TIDY: [TIDY_LINE.replace("-31T", f"-{day}T") + "\r\n" for day in (29, 30)],
        HEADLINES: [f"2026-01-{day}T06:00:00Z,,,a,true,{day},,,\r\n" for day in (29, 30)],
    }[head]
    file = tmp_path / "wide.csv"
    file.write_text(head + "".join(good) + last, newline="")
    with pytest.raises(UsageError, match=f"(?i){place}") as caught:
        load(store, file)
    assert str(file) in str(caught.value)
    assert store.sources() == []
    for asked in (Query(), Query("headlines")):
        assert whole(store, asked).count(b"\r\n") == 1


def test_whole_numbers_fit_the_store(store: Store, tmp_path: Path) -> None:
    """A run's number that no database holds is an error with its place, not a crash."""
    store.add_runs([Run("dapp_expert", T0, T0, bytes=12345)])
    file = tmp_path / "runs.csv"
    file.write_bytes(whole(store, Query("runs")).replace(b"12345", b"9" * 30))
    empty(store)
    with pytest.raises(UsageError, match=r"(?i)line 2 .*, column 'bytes': .* is too large"):
        load(store, file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not the header of an export"),
        (b"slot,price\r\n", "it starts 'slot,price'"),
        (b"\xff\xfe\x00", "is not CSV in UTF-8"),
        (WIDE.replace("dapps", "dApps").encode(), "not the header"),
    ],
)
def test_other_files(store: Store, tmp_path: Path, content: bytes, message: str) -> None:
    """What is no export is refused by name."""
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load(store, file)


def test_missing_file(store: Store, tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UsageError, match=r"none\.csv cannot be read"):
        load(store, tmp_path / "none.csv")
