"""Every answer of a real server has the headers that scanners ask for; the scan sees if not."""

from email.message import Message
from http.client import HTTPMessage
from pathlib import Path

import pytest

from dashboard.app import create_app
from data.password import hashed
from data.settings import Settings
from data.store import open_store
from tests.conftest import HOUR, T0, database, snapshot
from tests.headerscan import CHECKS, Answer, asked, findings
from tests.served import served


@pytest.mark.parametrize("password", [None, hashed("correct horse")], ids=["open", "password"])
def test_no_answer_lacks_a_header(tmp_path: Path, password: str | None) -> None:
    """Each rule by each method, errors, 304, what gunicorn itself refuses: nothing is found."""
    url = database(tmp_path)
    store = open_store(url)
    store.save(snapshot(T0, dapps=1.0), HOUR)
    store.close()
    rules = create_app(Settings(database=url, password=password)).server.url_map
    with served(url, proxies=1, password=password) as address:
        count, found = findings(asked(address.removeprefix("http://"), rules))
    assert found == []
    assert count > 250


def test_the_scan_finds_what_is_wrong() -> None:
    """Of an answer that has nothing right each check but those of what must not be there fails."""
    headers = HTTPMessage()
    for name, value in {
        "Server": "x/1.0",
        "Set-Cookie": "a=b",
        "Location": "//evil.example",
        "Access-Control-Allow-Origin": "*",
        "Content-Type": "text/html",
        "Strict-Transport-Security": "max-age=1",
    }.items():
        Message.__setitem__(headers, name, value)
    bad = Answer("GET /x", 404, headers, b"Traceback (most recent call last):")
    assert len(findings(iter([bad]))[1]) == len(CHECKS)
