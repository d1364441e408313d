"""Words that act elsewhere: in spreadsheets, terminals, mails and names of files they are words."""

import csv
import io
import json
import re
from contextlib import closing
from pathlib import Path
from unicodedata import category

import openpyxl
import pytest
from pyarrow import parquet
from werkzeug.test import Client

from dashboard.app import create_app
from data.cells import BEFORE, FORMULA
from data.export import Format, stream
from data.imports import load
from data.model import Headline, SeenHeadline
from data.settings import Settings
from data.store import Store, open_store
from data.tables import Query
from tests.conftest import HOUR, T0, database
from tests.fuzz.target import INVISIBLE
from tests.hostile.attacks import CONTROLS, FORMULAS, PATHS, SCRIPTS, TEXTS, TURNS, keep
from tests.pages import page
from tests.test_cli import Masthead

KEPT = [text for text in TEXTS if "\0" not in text]
"""What a store takes: PostgreSQL knows no NUL."""
NEWS = Query("headlines")


@pytest.fixture
def told(file_store: Store) -> Store:
    """A store with each text as title, author and summary of a headline."""
    seen = []
    for number, text in enumerate(KEPT):
        at = T0 + number * HOUR
        one = Headline(text, f"https://dapp.expert/{number}", text, text, at, at)
        seen.append(SeenHeadline(one, "dapp_expert", at, at))
    file_store.add_headlines(seen, {})
    return file_store


def whole(store: Store, kind: Format, **flags: bool) -> bytes:
    """The headlines as a file."""
    return b"".join(stream(store, NEWS, kind, **flags))


@pytest.mark.parametrize("excel", [False, True])
def test_csv(told: Store, excel: bool) -> None:
    """No cell begins as a formula, whatever a spreadsheet takes away first."""
    content = whole(told, "csv", excel=excel).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    assert len(rows) == len(KEPT)
    for row, text in zip(rows, KEPT, strict=True):
        cells = dict(zip(head, row, strict=True))
        for name in ("title", "author", "summary"):
            cell = cells[name]
            assert cell in (text, f"'{text}")
            assert not cell.startswith(FORMULA)
            assert cell.startswith("'") or not cell.lstrip(BEFORE).startswith(FORMULA)


def test_xlsx(told: Store) -> None:
    """Every cell is text: no formula, no link, no part of the file that holds either."""
    sheet = openpyxl.load_workbook(io.BytesIO(whole(told, "xlsx"))).active
    assert sheet is not None
    head, *rows = sheet.iter_rows()
    place = [cell.value for cell in head].index("title")
    assert len(rows) == len(KEPT)
    for row, text in zip(rows, KEPT, strict=True):
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None
        assert row[place].data_type == "s"
        # Line ends are the XML's; what XML cannot hold is escaped, and openpyxl leaves it so.
        if text.isprintable() and "_x" not in text:
            assert row[place].value == text


def test_columns_and_lines(told: Store) -> None:
    """Parquet and JSON lines hold each text as it is."""
    table = parquet.read_table(io.BytesIO(whole(told, "parquet")))
    assert table["title"].to_pylist() == KEPT
    lines = whole(told, "jsonl").splitlines()
    assert [json.loads(line)["summary"] for line in lines] == KEPT


@pytest.mark.parametrize("raw", [False, True])
def test_there_and_back(told: Store, tmp_path: Path, raw: bool) -> None:
    """What was exported is imported unchanged."""
    file = tmp_path / "news.csv"
    file.write_bytes(whole(told, "csv", raw=raw))
    with closing(open_store(f"sqlite:///{tmp_path}/other.db")) as other:
        load(other, file, raw)
        assert whole(other, "jsonl") == whole(told, "jsonl")


def fit_for_a_terminal(text: str) -> None:
    """Nothing but words, line ends and colours of our own that are left out without a terminal."""
    for sign in text:
        assert sign == "\n" or category(sign) not in ("Cc", "Zl", "Zp"), repr(sign)
        # The mark that keeps a mention from naming anybody is ours.
        assert sign == "\u200b" or not INVISIBLE.match(sign), repr(sign)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a store in which whatever can be a text is one of theirs."""
    url = database(tmp_path_factory.mktemp("attacks"))
    with closing(open_store(url)) as store:
        keep(store)
    return url


@pytest.mark.parametrize("words", ["status", "digest", "digest --format markdown"])
def test_terminal(full: str, tmp_path: Path, words: str) -> None:
    """What is printed of such a store moves no cursor and turns no words."""
    done = Masthead(tmp_path)("--database", full, *words.split())
    assert "Traceback" not in done.stderr
    assert done.stdout
    fit_for_a_terminal(done.stdout)
    fit_for_a_terminal(done.stderr)


@pytest.mark.parametrize("text", [CONTROLS[0], CONTROLS[3], TURNS[0]])
def test_errors(tmp_path: Path, text: str) -> None:
    """So with errors: of a config, a file's name, a saved page, an import."""
    run = Masthead(tmp_path)
    config = tmp_path / "a.toml"
    config.write_text(f"{json.dumps(text)} = 1\n[sources.{json.dumps(text)}]\n", encoding="utf-8")
    odd = tmp_path / f"odd{text.replace('/', '')}.csv"
    odd.write_text(f"{text},{text}\n", encoding="utf-8")
    saved = tmp_path / "saved.html"
    saved.write_bytes(page(Dapps=text, Blockchains=f"78{text}"))
    for arguments in (
        ("--config", str(config), "status"),
        ("import", str(odd)),
        ("collect", "dapp_expert", "--from-file", str(saved)),
        ("backfill", "dapp_expert", "--from", str(odd)),
    ):
        done = run("--database", database(tmp_path), *arguments)
        assert done.returncode != 0
        assert done.stderr.count("\n") == 1, done.stderr
        assert "Traceback" not in done.stderr
        fit_for_a_terminal(done.stderr)


@pytest.fixture(scope="module")
def client(full: str) -> Client:
    """The page over such a store."""
    found: Client = create_app(Settings(database=full)).server.test_client()
    return found


@pytest.mark.parametrize("text", [*PATHS, *CONTROLS, *TURNS[:4], *SCRIPTS[:4]])
def test_answers(client: Client, text: str) -> None:
    """A header is never made of what was asked; a path leads to no file; a refusal is words."""
    for path in (
        f"/export/{text}",
        f"/export/snapshots.{text}",
        f"/api/v1/{text}",
        f"/static/{text}",
    ):
        answer = client.get(path.replace("?", "%3F").replace("#", "%23"))
        assert answer.status_code in (200, 404, 400, 308), answer.status
        assert b"root:" not in answer.get_data()
        if path.startswith(("/api", "/export")):
            assert answer.status_code != 200
            fit_for_a_terminal(answer.get_data(as_text=True))
        _headers(answer.headers.items())
    for name in ("source", "metric", "from", "to", "every", "shape", "after"):
        answer = client.get("/export/headlines.csv", query_string={name: text})
        assert answer.status_code == 400
        fit_for_a_terminal(answer.get_data(as_text=True))
        _headers(answer.headers.items())


def _headers(found: object) -> None:
    for name, value in found:  # type: ignore[attr-defined]
        assert re.fullmatch(r"[\x20-\x7e]*", f"{name}{value}"), (name, value)
        assert "evil" not in value or name == "Location", (name, value)


def test_corpus() -> None:
    """Each kind of attack is there, and each text once."""
    assert len({*FORMULAS, *SCRIPTS, *TURNS, *CONTROLS, *PATHS}) == len(TEXTS)
