"""Kept answers: made once, made anew after news, within bounds, not sent to who has them."""

import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import brotli
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from dashboard.answers import LEAST, Answers, Found
from data.errors import StoreError

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """A store's news, the clock, the tag of what is found; and what was done."""

    news: int = 1
    now: datetime = NOW
    tag: str = "a"
    away: bool = False
    found: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    making: Callable[[], None] = lambda: None
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        self.answers = Answers(self.version)

    def version(self) -> int:
        """What is new."""
        if self.away:
            raise StoreError("The store is away.")
        return self.news

    def client(self) -> FlaskClient:
        """A client of a server that answers with as many letters as asked for."""
        server = Flask("answers")

        @server.get("/<name>/<int:length>")
        def answer(name: str, length: int) -> Response:
            def make() -> dict[str, Any]:
                self.made.append(name)
                self.making()
                return {"text": self.tag * length}

            def find() -> Found:
                self.found.append(name)
                since = self.now.replace(second=0)
                return Found(self.tag, since, since + MINUTE, make)

            return self.answers.tagged(self.now, find)

        return server.test_client()


@pytest.fixture
def scene() -> Scene:
    """Nothing was asked yet."""
    return Scene()


def test_made_once(scene: Scene) -> None:
    """The second who asks gets the same bytes without a look; who has them already gets none."""
    client = scene.client()
    first, second = client.get("/x/10"), client.get("/x/10")
    assert first.data == second.data == b'{"text":"aaaaaaaaaa"}'
    again = client.get("/x/10", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("Cache-Control", "Vary", "ETag"):
        assert again.headers[name] == first.headers[name]
    assert first.headers["Cache-Control"] == "no-cache"
    assert (scene.found, scene.made) == (["x"], ["x"])


def test_news(scene: Scene) -> None:
    """After news it is looked whether the answer is another one; only then it is made anew."""
    client = scene.client()
    client.get("/x/1")
    scene.news += 1
    assert client.get("/x/1").data == b'{"text":"a"}'
    assert (scene.found, scene.made) == (["x"] * 2, ["x"])
    scene.news, scene.tag = scene.news + 1, "b"
    assert client.get("/x/1").data == b'{"text":"b"}'
    assert (scene.found, scene.made) == (["x"] * 3, ["x"] * 2)


def test_moments(scene: Scene) -> None:
    """An answer that moves with the time is looked at anew when its moment is over, or not yet."""
    client = scene.client()
    client.get("/x/1")
    scene.now += timedelta(seconds=59)
    client.get("/x/1")
    assert len(scene.found) == 1
    for moved in (MINUTE, -5 * MINUTE):
        scene.now += moved
        client.get("/x/1")
    assert len(scene.found) == 3


def test_addresses(scene: Scene) -> None:
    """What is asked for, to the last parameter, has an answer of its own."""
    client = scene.client()
    for address in ("/x/1", "/x/1?a=1", "/x/1?a=2", "/x/2"):
        client.get(address)
    assert len(scene.made) == 4


@pytest.mark.parametrize(
    ("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_forms(scene: Scene, encoding: str, unpack: Callable[[bytes], bytes]) -> None:
    """Each takes the form it can read; all are of one making, and small ones stay as they are."""
    client, accept = scene.client(), {"Accept-Encoding": encoding}
    plain, packed = client.get("/x/2000"), client.get("/x/2000", headers=accept)
    assert packed.headers["Content-Encoding"] == encoding
    assert unpack(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] == plain.headers["ETag"]
    small = client.get("/x/10", headers=accept)
    assert (small.data, "Content-Encoding" in small.headers) == (b'{"text":"aaaaaaaaaa"}', False)
    assert len(scene.made) == 2


def test_who_has_it_needs_no_making(scene: Scene) -> None:
    """A browser with the newest answer is told so by a process that never made it."""
    client = scene.client()
    assert client.get("/x/1", headers={"If-None-Match": 'W/"a"'}).status_code == 304
    assert (scene.found, scene.made) == (["x"], [])
    assert client.get("/x/1").data == b'{"text":"a"}'
    assert (scene.found, scene.made) == (["x"], ["x"])


def test_store_that_is_away(scene: Scene) -> None:
    """What was kept is not told while the store is away, and goes on when it is back."""
    client = scene.client()
    client.get("/x/1")
    scene.away = True
    client.application.testing = True
    with pytest.raises(StoreError):
        client.get("/x/1")
    scene.away = False
    assert client.get("/x/1").status_code == 200
    assert len(scene.made) == 1


def test_failures_are_not_kept(scene: Scene) -> None:
    """An answer that could not be made is tried again."""
    client = scene.client()
    client.application.testing = True

    def fail() -> None:
        raise StoreError("The store is away.")

    scene.making = fail
    with pytest.raises(StoreError):
        client.get("/x/1")
    scene.making = lambda: None
    assert client.get("/x/1").status_code == 200


def test_one_makes_for_all(scene: Scene) -> None:
    """Of many that come at once one makes the answer, and the others wait for it."""
    begun, go, bodies = threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        assert go.wait(20)

    scene.making = slow
    threads = [
        threading.Thread(target=lambda: bodies.append(scene.client().get("/x/1").data))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(20)
    go.set()
    for thread in threads:
        thread.join(20)
    assert bodies == [b'{"text":"a"}'] * 5
    assert (scene.found, scene.made) == (["x"], ["x"])


def test_bounded(scene: Scene) -> None:
    """What was not asked for longest is made again; no more is kept than allowed."""
    scene.answers = Answers(scene.version, kept=2 * LEAST + 100)
    client = scene.client()
    for name in ("a", "b", "a", "c", "a", "b"):
        client.get(f"/{name}/30")
        assert scene.answers.size <= 2 * LEAST + 100
    assert scene.made == ["a", "b", "c", "b"]
    client.get("/large/5000")
    assert scene.answers.size == 0
