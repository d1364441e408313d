"""Replay: what lasts is sent again as it was, to whoever asks for the same in the same way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from dashboard.recent import Recent
from dashboard.replay import LASTING, LEAST, Lasting, register
from data.errors import StoreError

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """A server that counts what it is asked; its answers last a minute, or until there is news."""

    news: int = 1
    now: datetime = NOW
    away: bool = False
    lasts: bool = True
    asked: list[str] = field(default_factory=list)

    def version(self) -> int:
        """What is new."""
        if self.away:
            raise StoreError("The store is away.")
        return self.news

    def client(self) -> FlaskClient:
        """Who asks."""
        server = Flask("replay")

        @server.get("/<name>")
        def answer(name: str) -> Response:
            self.asked.append(name)
            if self.lasts:
                request.environ[LASTING] = Lasting(self.news, NOW, NOW + MINUTE)
            return Response(f"{name} {len(self.asked)}", headers={"X-Asked": request.full_path})

        register(server, self.version, lambda: self.now)
        return server.test_client()


@pytest.fixture
def scene() -> Scene:
    """Nobody asked yet."""
    return Scene()


def test_sent_again(scene: Scene) -> None:
    """Status, headers and body are those of the first time, without asking."""
    client = scene.client()
    first, second = client.get("/x?a=1"), client.get("/x?a=1")
    assert scene.asked == ["x"]
    assert (second.status, second.data) == (first.status, b"x 1")
    assert list(second.headers) == list(first.headers)


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/y", {}),
        ("/x?a=1", {}),
        ("/x", {"Accept-Encoding": "br"}),
        ("/x", {"If-None-Match": '"a"'}),
        ("/x", {"Origin": "https://example.org"}),
        ("/x", {"Host": "example.org"}),
    ],
)
def test_asked_in_another_way(scene: Scene, address: str, headers: Mapping[str, str]) -> None:
    """What an answer may depend on has an answer of its own."""
    client = scene.client()
    client.get("/x")
    client.get(address, headers=headers)
    assert len(scene.asked) == 2


def test_other_methods_are_not_kept(scene: Scene) -> None:
    """Only what is got is sent again."""
    client = scene.client()
    client.get("/x")
    assert client.head("/x").data == b""
    assert client.post("/x").status_code == 405
    assert scene.asked == ["x", "x"]


def test_asked_again(scene: Scene) -> None:
    """After news, when its time is over, and while the store is away, nothing kept is sent."""
    client = scene.client()
    client.get("/x")
    scene.news += 1
    assert client.get("/x").data == b"x 2"
    scene.now += MINUTE
    assert client.get("/x").data == b"x 3"
    scene.now = NOW
    assert client.get("/x").data == b"x 3"
    scene.away = True
    assert client.get("/x").data == b"x 4"


def test_what_does_not_last(scene: Scene) -> None:
    """A view that says nothing is asked each time."""
    scene.lasts = False
    client = scene.client()
    assert [client.get("/x").data for _ in range(2)] == [b"x 1", b"x 2"]


def test_asked_in_many_words(scene: Scene) -> None:
    """A request may be much longer than its answer: such a one is not kept."""
    client = scene.client()
    for _ in range(2):
        assert client.get("/x", headers={"If-None-Match": '"a"' * LEAST}).status_code == 200
    assert scene.asked == ["x", "x"]


def test_recent() -> None:
    """Values are kept within a number of bytes; those not used for longest go first."""
    kept: Recent[str] = Recent(10, len)
    for name in ("a", "b"):
        kept.put(name, name * 4)
    assert (kept.get("a"), kept.size) == ("aaaa", 8)
    kept.put("c", "cc")
    assert kept.size == 10
    kept.put("d", "d")
    assert (kept.get("b"), kept.get("a"), kept.get("c"), kept.size) == (None, "aaaa", "cc", 7)
    kept.put("c", "c" * 11)
    assert (kept.get("c"), kept.size) == (None, 0)
