"""Below a prefix, behind proxies: everything lives there, and nobody else says where that is."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import request
from werkzeug.test import Client

from dashboard.app import create_app
from data.errors import UsageError
from data.model import Headline
from data.settings import Settings, load
from data.store import open_store
from tests.conftest import HOUR, T0, database, snapshot

PROXIED = {"X-Forwarded-Prefix": "/masthead", "X-Forwarded-For": "192.0.2.9"}

Open = Callable[..., Client]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Makes clients of the page over a store with two headlines, by its settings."""
    url = database(tmp_path)
    store = open_store(url)
    store.save(snapshot(T0, headlines=(Headline("One"), Headline("Two")), dapps=1.0), HOUR)
    store.close()

    def make(**given: Any) -> Client:
        client: Client = create_app(Settings(database=url, **given)).server.test_client()
        return client

    return make


def test_everything_is_below_the_prefix(opened: Open) -> None:
    """The page names only addresses below it, each is there, and the API tells it of itself."""
    client = opened(prefix="/masthead/")
    for path in ("/masthead/", "/masthead/health"):
        page = client.get(path, buffered=True).get_data(as_text=True)
        named = [one for one in re.findall(r'(?:src|href)="([^"]+)"', page) if one[0] == "/"]
        assert len(named) >= 4
        for address in named:
            assert address.startswith("/masthead/"), address
            assert client.get(address, buffered=True).status_code == 200, address
    document = client.get("/masthead/api/v1/openapi.json").get_json()
    assert document["servers"] == [{"url": "/masthead"}]
    first = client.get("/masthead/api/v1/headlines?from=2026-01-01&limit=1")
    following = first.headers["Link"].removeprefix("<").partition(">")[0]
    assert following.startswith("/masthead/api/v1/headlines?")
    assert client.get(following).get_json()["headlines"] != first.get_json()["headlines"]
    assert client.get("/masthead/export/snapshots.csv", buffered=True).status_code == 200
    assert client.get("/masthead/nothing").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/pulse", "/health", "/mastheads/", "/master/../masthead", "//masthead/"]
)
def test_outside_the_prefix(opened: Open, path: str) -> None:
    """There is nothing, also when the same was just answered below the prefix."""
    client = opened(prefix="/masthead/")
    assert client.get("/masthead/api/v1/pulse").status_code == 200
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.get_json() == {"error": f"There is nothing at {answer.request.path}."}


def test_the_way_from_outside(opened: Open) -> None:
    """Who reads pages is led to where the page is, not to an address that is none either."""
    answer = opened(prefix="/masthead/").get("/other", headers={"Accept": "text/html"})
    assert '<a href="/masthead/">' in answer.get_data(as_text=True)


def test_the_slash_is_added(opened: Open) -> None:
    """Without its last slash the prefix leads to the page, with what was asked, on this host."""
    answer = opened(prefix="/masthead/").get("/masthead?range=7d")
    assert (answer.status_code, answer.data) == (308, b"")
    assert answer.headers["Location"] == "/masthead/?range=7d"


@pytest.mark.parametrize("path", ["/", "/masthead/"])
def test_a_proxy_may_take_it_off(opened: Open, path: str) -> None:
    """It says so by a header that is believed of it, and only where it is the prefix."""
    assert opened(prefix="/masthead/", proxies=1).get(path, headers=PROXIED).status_code == 200
    other = {"X-Forwarded-Prefix": "/other"}
    assert opened(prefix="/masthead/", proxies=1).get("/", headers=other).status_code == 404
    assert opened(prefix="/masthead/").get("/", headers=PROXIED).status_code == 404


@pytest.mark.parametrize(("proxies", "host"), [(0, "localhost"), (1, "b.example")])
def test_proxies_are_believed_by_number(opened: Open, proxies: int, host: str) -> None:
    """Of a row of forwarded hosts the last ``proxies`` count, and none where there is no proxy."""
    client = opened(proxies=proxies)
    seen = []
    client.application.before_request(  # type: ignore[attr-defined]
        lambda: seen.append(request.host)
    )
    client.get("/", headers={"X-Forwarded-Host": "a.example, b.example", **PROXIED})
    assert seen == [host]


@pytest.mark.parametrize(
    "given",
    ["", "masthead", "/masthead", "masthead/", "//", "/../", "/a/./", "/a b/", "/ä/", "/?/"],
)
def test_prefix_that_is_none(given: str) -> None:
    """A prefix begins and ends in a slash, and is what browsers make of it."""
    with pytest.raises(UsageError, match="'prefix'"):
        load({}, {"prefix": given}, None)
