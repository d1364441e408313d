"""What is refused or fails: one sentence, nothing of the inside, logged once."""

import logging
from pathlib import Path

import pytest
from werkzeug.test import Client

from dashboard.app import create_app
from dashboard.away import Away
from dashboard.headers import everywhere
from data.errors import StoreError
from data.settings import Settings
from data.store import open_store
from tests.conftest import database

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = "postgresql://masthead:tr0ub4dor@db1/"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """The page, with an address that fails and says too much."""
    open_store(database(tmp_path)).close()
    server = create_app(Settings(database=database(tmp_path))).server

    def fail() -> str:
        raise RuntimeError(SECRET)

    for path in ("/fails", "/api/v1/fails", "/export/fails"):
        server.add_url_rule(path, endpoint=path, view_func=fail)
    made: Client = server.test_client()
    return made


@pytest.mark.parametrize("path", ["/fails", "/api/v1/fails", "/export/fails"])
@pytest.mark.parametrize("asking", [{}, BROWSER])
def test_failure(
    client: Client, caplog: pytest.LogCaptureFixture, path: str, asking: dict[str, str]
) -> None:
    """The client gets a sentence and every header; the log gets what happened, once."""
    with caplog.at_level(logging.WARNING):
        answer = client.get(path, headers=asking)
    assert answer.status_code == 500
    assert b"something failed here" in answer.data
    assert SECRET.encode() not in answer.data
    assert b"Traceback" not in answer.data
    assert answer.headers["Content-Security-Policy"] == everywhere()["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    [record] = caplog.records
    assert SECRET in str(record.exc_info)


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/a/b/c", "/health/", "/%00", "/%ff%fe", "/%2e%2e/%2e%2e/etc/passwd"),
        *("/assets/x.js", "/_reload-hash", "/_favicon.ico", "/_dash-update-component"),
        *("/_dash-component-suites/dash/x.js", "/static/nothing.js", "/export/", "/api"),
        "/<script>alert(1)</script>",
    ],
)
def test_nothing_there(client: Client, path: str) -> None:
    """An address that is none says so: to a person by a small page, to a program by JSON."""
    told = client.get(path)
    assert told.status_code == 404
    assert "There is nothing at " in told.get_data(as_text=True)
    seen = client.get(path, headers=BROWSER)
    assert seen.status_code == 404
    assert "<script" not in seen.get_data(as_text=True) or seen.mimetype != "text/html"


def test_a_person_gets_a_page(client: Client) -> None:
    """It stands alone, leads to the page, and a program's address is never answered with it."""
    answer = client.get("/nothing", headers=BROWSER)
    assert answer.mimetype == "text/html"
    assert "<p>There is nothing at /nothing.</p>" in answer.get_data(as_text=True)
    assert '<a href="/">' in answer.get_data(as_text=True)
    assert client.get("/api/v1/nothing", headers=BROWSER).mimetype == "application/json"
    assert client.get("/export/nothing", headers=BROWSER).mimetype == "text/plain"
    assert client.get("/nothing").mimetype == "application/json"


@pytest.mark.parametrize("host", ["a b", "a/b", "ex<script>", "[::1", "a" * 2000])
def test_odd_host(client: Client, host: str) -> None:
    """A host that is none is refused or ignored, and never told back."""
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code in (200, 400, 404)
    assert host not in answer.get_data(as_text=True)


def test_garbage_for_a_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the file lies and what is wrong with it stands in the log, once, and nowhere else."""
    path = tmp_path / "masthead.db"
    path.write_bytes(b"no database, only words" * 400)
    client = create_app(Settings(database=f"sqlite:///{path}")).server.test_client()
    with caplog.at_level(logging.WARNING):
        for address in ("/api/v1/pulse", "/api/v1/series", "/health", "/export/snapshots.csv"):
            answer = client.get(address)
            assert answer.status_code == 503
            assert "The store is damaged." in answer.text
            assert str(tmp_path) not in answer.text
            assert "database" not in answer.text.lower(), address
    [record] = caplog.records
    assert str(path) in record.getMessage()
    assert "not a database" in record.getMessage()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The store sqlite:///x did not answer: disk I/O error.", "The store did not answer."),
        (
            "The store sqlite:///x is too old: start it. It said: no such table: runs.",
            "The store is too old: start it.",
        ),
        ("The store sqlite:///x is too old: start it.", "The store is too old: start it."),
    ],
)
def test_what_a_driver_says_is_for_the_log(said: str, told: str) -> None:
    """Readers get what holds of the store, and what to do, without the words of its inside."""
    assert Away("sqlite:///x").words(StoreError(said)) == told
