"""The API's manners: what it refuses, in which words, and which other sites' pages may read it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import Client

from dashboard import routes
from dashboard.cors import SHOWN
from dashboard.parameters import EXPORT, PARAMETERS
from dashboard.query import LONGEST
from data.model import Headline
from data.settings import Settings
from data.store import open_store
from tests.conftest import database
from tests.looks import HOUR, snapshot

NOW = datetime(2026, 1, 31, 6, 40, tzinfo=UTC)
ADDRESSES = [path for path in PARAMETERS if path != EXPORT] + ["/export/snapshots.csv"]
FRIEND = "https://friend.example"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Client]]:
    """Makes the routes over a store with one look, with these origins let in."""
    url = database(tmp_path_factory.mktemp("manners"))
    store, stores = open_store(url), []
    store.save(snapshot(NOW, headlines=[Headline("A story")]), HOUR)
    store.close()

    def opened(*origins: str) -> Client:
        server = Flask("test")
        stores.append(routes.register(server, Settings(database=url, cors=origins), lambda: NOW))
        return server.test_client()

    yield opened
    for one in stores:
        one.close()


@pytest.fixture(scope="module")
def client(opened: Callable[..., Client]) -> Client:
    """The routes as they are unless configured."""
    return opened()


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("sauce=dapp_expert", "'sauce'"),
        ("%00=1", "'"),
        ("=", "''"),
        ("x" * 5000 + "=1", "x" * 40),
    ],
)
def test_unknown_parameters(client: Client, path: str, query: str, named: str) -> None:
    """A parameter that nobody reads is refused by its name: it would have been a misspelt one."""
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert f"The parameter {named}" in answer.text or f"The parameter '{named}" in answer.text
    assert len(answer.text) < 200


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, one.name) for path, known in PARAMETERS.items() for one in known],
)
def test_odd_values(client: Client, path: str, name: str) -> None:
    """Control characters, endless values and a second value where one is meant are refused."""
    address = path.format(what="headlines", kind="csv")
    for value in ("a\0", "\x1b[31m", "7d\n", "x" * (LONGEST + 1), "\x85"):
        answer = client.get(f"{address}?{name}={quote(value)}")
        assert answer.status_code == 400, value
        assert f"The parameter '{name}'" in answer.text
    many = next(one.many for one in PARAMETERS[path] if one.name == name)
    twice = client.get(f"{address}?{name}=1&{name}=1")
    assert ("is there 2 times" in twice.text) is not many
    assert twice.status_code == 400 or many


def test_range_beside_from(client: Client) -> None:
    """Two spans at once are none."""
    answer = client.get("/api/v1/series?range=7d&to=2026-01-31")
    assert (answer.status_code, answer.get_json()["error"][:6]) == (400, "range:")


@pytest.mark.parametrize("path", [*ADDRESSES, "/", "/health", "/api/v1/nothing"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_only_read(client: Client, path: str, method: str) -> None:
    """Nothing can be changed here: every other method is refused, and those that work are named."""
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    words = answer.text if path.startswith("/export") else answer.get_json()["error"]
    assert words.strip() == f"{path} is only read: ask with GET or HEAD."
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/series/", "/api/v2/%0A", "/api/v1"])
def test_nothing_there(client: Client, path: str) -> None:
    """Below /api an unknown address is a 404 in JSON, never the page."""
    answer = client.get(path)
    assert (answer.status_code, list(answer.get_json())) == (404, ["error"])


@pytest.mark.parametrize("path", ["/export", "/export/", "/export/snapshots", "/export/a/b.csv"])
def test_no_such_file(client: Client, path: str) -> None:
    """Below /export it is a 404 in a line of text."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert answer.text == f"There is nothing at {path}.\n"


def allowed(client: Client, origin: str, path: str = "/api/v1/sources") -> str | None:
    """Who is told to be let in when ``origin`` asks."""
    return client.get(path, headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")


def test_nobody_else_reads_unless_configured(client: Client) -> None:
    """Without the setting no answer tells a browser to let a foreign page in."""
    assert allowed(client, FRIEND) is None
    assert "Origin" not in client.get("/api/v1/sources").headers.get("Vary", "")


@pytest.mark.parametrize(
    "origin",
    ["https://friend.example.evil.example", "http://friend.example", f"{FRIEND}:8443", "null", ""],
)
def test_strictly_those_that_are_named(opened: Callable[..., Client], origin: str) -> None:
    """An origin is let in when it is the very text, scheme and port included."""
    client = opened("https://other.example", FRIEND)
    assert allowed(client, FRIEND) == FRIEND
    assert allowed(client, origin) is None
    assert "Origin" in client.get("/api/v1/sources").headers["Vary"]


def test_what_a_friend_may_read(opened: Callable[..., Client]) -> None:
    """The API and the exports, errors and 304 included; not the page, nor what monitors read."""
    client = opened(FRIEND)
    for path in ("/api/v1/series", "/api/v1/nothing", "/export/snapshots.csv", "/export/no.csv"):
        assert allowed(client, FRIEND, path) == FRIEND
    for path in ("/", "/health", "/healthz", "/metrics"):
        assert allowed(client, FRIEND, path) is None
    tag = client.get("/api/v1/series").headers["ETag"]
    again = client.get("/api/v1/series", headers={"Origin": FRIEND, "If-None-Match": tag})
    assert (again.status_code, again.headers["Access-Control-Expose-Headers"]) == (304, SHOWN)
    assert "Access-Control-Allow-Credentials" not in again.headers


def test_anyone(opened: Callable[..., Client]) -> None:
    """A star lets every page in."""
    assert allowed(opened("*"), "https://unknown.example") == "*"


def test_preflight(opened: Callable[..., Client]) -> None:
    """A browser that asks first is answered for reading, from those let in, and only there."""
    client = opened(FRIEND)

    def ask(path: str, origin: str, method: str) -> int:
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        return client.options(path, headers=asked).status_code

    assert ask("/api/v1/series", FRIEND, "GET") == 204
    assert ask("/api/v1/series", FRIEND, "DELETE") == 405
    assert ask("/api/v1/series", "https://unknown.example", "GET") == 405
    assert ask("/metrics", FRIEND, "GET") == 405
    asked = {"Origin": FRIEND, "Access-Control-Request-Method": "GET"}
    answer = client.options("/export/snapshots.csv", headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"
