"""The history as files over HTTP."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from pyarrow import parquet
from werkzeug.test import Client, TestResponse

from dashboard.app import create_app
from dashboard.downloads import AT_ONCE, EACH, in_turn
from data import export
from data.model import Headline
from data.settings import Settings
from data.store import Store, open_store
from data.tables import Query
from tests.looks import HOUR, snapshot

NOON = datetime(2026, 1, 31, 12, 5, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three hours of a real source and of the sample, and one headline like a formula."""
    opened = open_store(f"sqlite:///{tmp_path / 'masthead.db'}")
    for ago in range(3):
        headlines = [Headline("=1+1 is two", "https://example.org/news/two")]
        opened.save(snapshot(NOON - ago * HOUR, headlines=headlines), HOUR)
        opened.save(snapshot(NOON - ago * HOUR, source="sample"), HOUR)
    yield opened
    opened.close()


@pytest.fixture
def client(tmp_path: Path, store: Store) -> Client:
    """The whole app over the same store."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'masthead.db'}")
    client: Client = create_app(settings).server.test_client()
    return client


@pytest.mark.parametrize("what", ["snapshots", "headlines", "runs", "moves", "daily"])
def test_csv_is_the_command_lines(client: Client, store: Store, what: str) -> None:
    """The download is byte for byte what the command exports, under a file name of its own."""
    answer = client.get(f"/export/{what}.csv")
    query = Query(what)  # type: ignore[arg-type]
    assert answer.data == b"".join(export.stream(store, query, "csv"))
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="masthead-{what}.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_parameters_narrow(client: Client) -> None:
    """Source, metric, span and shape are those of the command; excel adds the BOM."""
    asked = (
        "source=sample&metric=dapps&from=2026-01-31T11:00:00Z&to=2026-01-31T12:00:00Z"
        "&shape=tidy&excel=1"
    )
    answer = client.get(f"/export/snapshots.csv?{asked}")
    head, line, rest = answer.data.split(b"\r\n")
    assert head.startswith(b"\xef\xbb\xbfslot,taken_at,source,metric,value")
    assert line.startswith(b"2026-01-31T11:00:00Z,2026-01-31T11:05:00Z,sample,dapps,16230,5,count,")
    assert rest == b""


def test_span_is_in_the_file_name(client: Client) -> None:
    """Files of different spans do not overwrite one another."""
    asked = "source=dapp_expert&from=2026-01-30T23:00:00Z&to=2026-01-31T12:00:00.001Z"
    answer = client.get(f"/export/snapshots.xlsx?{asked}")
    name = "masthead-dapp_expert-snapshots-20260130-20260131.xlsx"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_headlines_by_where_they_stand(client: Client, store: Store) -> None:
    """By ``published``, from and to mean the publication where it is exact, else the first look."""
    told, day = NOON - 90 * HOUR, 24 * HOUR
    known = (
        Headline("Exact", "https://example.org/news/exact", None, None, told, told),
        Headline("About", "https://example.org/news/about", None, None, told, told + day),
    )
    store.save(snapshot(NOON - HOUR, headlines=known), HOUR)
    span = "from=2026-01-27T00:00:00Z&to=2026-01-29T00:00:00Z"

    def titles(asked: str) -> set[str]:
        lines = client.get(f"/export/headlines.jsonl?{asked}").text.splitlines()
        return {json.loads(line)["title"] for line in lines}

    assert titles(f"{span}&by=published") == {"Exact"}
    assert titles(f"{span}&by=seen") == titles(span) == set()
    today = "from=2026-01-31T00:00:00Z"
    assert titles(f"{today}&by=published") == {"About", "=1+1 is two"}
    assert titles(today) == {"Exact", "About", "=1+1 is two"}


def test_sample_stays_out_unless_named(client: Client) -> None:
    """Synthetic rows come only when asked for."""
    assert b"sample" not in client.get("/export/snapshots.csv").data
    assert client.get("/export/snapshots.csv?source=sample").data.count(b"sample") == 3


def test_other_formats_open(client: Client) -> None:
    """Parquet and XLSX are files their readers take; a formula-like title stays a text."""
    table = parquet.read_table(io.BytesIO(client.get("/export/snapshots.parquet").data))
    assert table.column("dapps").to_pylist() == [16230.0] * 3
    book = openpyxl.load_workbook(io.BytesIO(client.get("/export/headlines.xlsx").data))
    cell = book.active["F2"]
    assert (cell.value, cell.data_type) == ("=1+1 is two", "s")
    assert client.get("/export/headlines.jsonl").data.count(b"\n") == 1


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("snapshots.csv?metric=mood", "'metric'"),
        ("snapshots.csv?shape=round", "'shape'"),
        ("snapshots.csv?from=yesterday", "'from'"),
        ("snapshots.csv?to=2026-13-01", "'to'"),
        ("snapshots.csv?every=soon", "'every'"),
        ("headlines.csv?by=heart", "'by'"),
        ("snapshots.csv?source=nobody", "'source'"),
        ("snapshots.csv?excel=perhaps", "'excel'"),
        ("snapshots.csv?frm=7d", "'frm'"),
        ("snapshots.doc", "'doc'"),
        ("moods.csv", "'what'"),
    ],
)
def test_bad_parameters_are_named(client: Client, path: str, named: str) -> None:
    """400 with one sentence that names the parameter."""
    answer = client.get(f"/export/{path}")
    assert answer.status_code == 400
    assert named in answer.text
    assert len(answer.text.splitlines()) == 1


def test_store_away_is_503(client: Client, store: Store, tmp_path: Path) -> None:
    """A broken store is said before anything is sent: no half a file under status 200."""
    store.close()
    for path in tmp_path.glob("masthead.db*"):
        path.write_bytes(b"no database, only words" * 400)
    answer = client.get("/export/snapshots.csv")
    assert answer.status_code == 503
    assert answer.text == "The store is damaged.\n"


def test_an_empty_part_is_no_end() -> None:
    """A part without a line, as of a stretch that has just ended, does not end the file."""
    given_back: list[bool] = []
    with Flask("test").test_request_context():
        sent = in_turn(
            (part for part in (b"", b"one", b"", b"two")), lambda: given_back.append(True)
        )
        assert list(sent) == [b"", b"one", b"two"]
    assert given_back == [True]


@pytest.mark.parametrize(
    ("mine", "again", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"),
    ],
    ids=["address", "network"],
)
def test_nobody_takes_all_turns(client: Client, mine: str, again: str, other: str) -> None:
    """One client makes two exports at a time; a third is another's, a fourth waits."""
    path = "/export/snapshots.csv"

    def ask(who: str) -> TestResponse:
        return client.get(path, environ_base={"REMOTE_ADDR": who})

    begun = [ask(mine) for _ in range(EACH)]
    refused = ask(again)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert refused.text == "2 exports of yours are under way here: ask again when one has ended.\n"
    begun.append(ask(other))
    assert len(begun) == AT_ONCE
    assert "3 exports are under way here" in ask(other).text
    for answer in begun:
        assert answer.status_code == 200
        answer.close()
    assert len(ask(mine).data.splitlines()) == 4


def test_file_beyond_the_disk_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """By HTTP/1.0 a file is gathered first: one that is too long is refused in words."""
    old = {"SERVER_PROTOCOL": "HTTP/1.0"}
    path = "/export/snapshots.csv"
    assert client.get(path, environ_overrides=old, buffered=True).status_code == 200
    monkeypatch.setattr("dashboard.downloads.GATHERED", 100)
    for _ in range(AT_ONCE + 1):
        answer = client.get(path, environ_overrides=old, buffered=True)
        assert (answer.status_code, answer.mimetype) == (400, "text/plain")
        assert answer.text == "This file is too long for HTTP/1.0: ask by HTTP/1.1.\n"
