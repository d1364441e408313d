"""The moves as programs ask for them: of a span, newest first, with the headlines around them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from werkzeug.test import Client

from dashboard import routes
from dashboard.insights import MOST_MOVES
from dashboard.openapi import document
from data.model import Headline, SeenHeadline, to_ms
from data.settings import Settings
from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.waiting import until

DAY = timedelta(days=1)
PATIENCE_S = 30.0
QUIET = [0, 3, -2, 1, -3, 2, -1, 4, -4, 1]


@pytest.fixture
def client(url: str, store: Store) -> Iterator[Client]:
    """The routes over the store, an hour after 120 days of readings."""
    server = Flask("test")
    stores = routes.register(server, Settings(database=url), lambda: T0 + 120 * DAY + HOUR)
    yield server.test_client()
    stores.close()


def fill(store: Store, jumps: Mapping[int, float], days: int = 120, **more: Any) -> None:
    """A reading a day, from T0 on; active users jump up to some of the days."""
    users, looks = 1000.0, []
    for day in range(days + 1):
        users += jumps.get(day, QUIET[day % 10])
        slot = T0 + day * DAY
        looks.append(snapshot(slot, taken_at=slot, dapps=5.0, active_users=users, **more))
    store.add(looks, {"dapp_expert": DAY})


def story(name: str, hours: float, exact: bool = True) -> SeenHeadline:
    """A headline of so many hours after T0: published then, or seen first."""
    at = T0 + hours * HOUR
    published = at if exact else None
    told = Headline(name, f"https://dapp.expert/{name}", None, None, published, published)
    return SeenHeadline(told, "dapp_expert", T0 + 110 * DAY if exact else at, T0 + 111 * DAY)


def ask(client: Client, path: str = "range=all") -> dict[str, Any]:
    """An answer, which is as the document says."""
    found: dict[str, Any] = client.get(f"/api/v1/moves?{path}").get_json()
    told = document()
    schema = {"$ref": "#/components/schemas/Moves", "components": told["components"]}
    jsonschema_rs.validator_for(schema).validate(found)
    return found


def test_moves(client: Client, store: Store) -> None:
    """Each says between which readings, by how much, and what rounding and usual changes are."""
    fill(store, {60: 50, 100: -70}, via="page", shown={"active_users": "1000"})
    found = ask(client)
    assert (found["source"], found["total"]) == ("dapp_expert", 2)
    assert (found["from"], found["to"]) == (to_ms(T0), to_ms(T0 + 120 * DAY + HOUR))
    newest, oldest = found["moves"]
    assert (newest["at"], oldest["at"]) == (to_ms(T0 + 100 * DAY), to_ms(T0 + 60 * DAY))
    assert newest["since"] == to_ms(T0 + 99 * DAY)
    assert (newest["metric"], newest["change"], newest["usual"]) == ("active_users", -70, 2)
    assert newest["percent"] == pytest.approx(-7000 / newest["before"])
    assert (newest["after"] - newest["before"], newest["rounding"]) == (-70, 0)
    assert (newest["leaves"], newest["headlines"], newest["headlines_total"]) == (None, [], 0)


def test_span_and_figures(client: Client, store: Store) -> None:
    """Only the moves of the span and the figures asked for; the history before it still counts."""
    fill(store, {60: 50, 100: -70})
    assert [one["at"] for one in ask(client, "range=30d")["moves"]] == [to_ms(T0 + 100 * DAY)]
    assert ask(client, f"from=2026-01-31&to={(T0 + 70 * DAY).date()}")["total"] == 1
    assert ask(client, "range=all&metric=dapps")["moves"] == []
    assert ask(client, "range=all&metric=dapps&metric=active_users")["total"] == 2


def test_headlines_around(client: Client, store: Store) -> None:
    """The newest five that stand within 24 h of the move, and how many there are."""
    fill(store, {60: 50, 61: 50, 100: -70})
    edges = [story("a", 1440 - 24), story("z", 1440 + 24), story("x", 1440 - 24.1)]
    inner = [story(f"s{hour}", 1440 + hour, exact=hour % 2 > 0) for hour in range(1, 6)]
    later = [story("later", 1440 + 24.1)]
    store.add_headlines([*edges, *inner, *later], {"dapp_expert": DAY})
    last, next_day, first = ask(client)["moves"]
    assert [one["title"] for one in first["headlines"]] == ["z", "s5", "s4", "s3", "s2"]
    assert first["headlines_total"] == 7
    assert [one["title"] for one in next_day["headlines"]][:2] == ["later", "z"]
    assert next_day["headlines_total"] == 7
    assert last["headlines_total"] == 0


def test_most(client: Client, store: Store) -> None:
    """An answer has the newest 200, and says how many there are."""
    jumps = {day: (-1) ** (day // 5) * 1000.0 for day in range(40, 1200, 5)}
    fill(store, jumps, days=1200)
    found = ask(client, "range=all")
    assert found["total"] == len(jumps) > MOST_MOVES
    assert [one["at"] for one in found["moves"]] == [
        to_ms(T0 + day * DAY) for day in sorted(jumps, reverse=True)[:MOST_MOVES]
    ]


def test_news(client: Client, store: Store) -> None:
    """An answer holds until the source changes; then a move may come, and a headline."""
    fill(store, {})
    before = client.get("/api/v1/moves?range=all")
    tag = {"If-None-Match": before.headers["ETag"]}
    assert client.get("/api/v1/moves?range=all", headers=tag).status_code == 304
    assert before.get_json()["moves"] == []
    at = T0 + 120 * DAY + HOUR
    store.save(snapshot(at, taken_at=at, active_users=9000.0), DAY)
    path = "/api/v1/moves?range=all"
    until(lambda: client.get(path, headers=tag).status_code == 200, PATIENCE_S)
    again = client.get(path, headers=tag)
    assert again.get_json()["total"] == 1


def test_refused(client: Client, store: Store) -> None:
    """What cannot be asked for gets one sentence."""
    fill(store, {}, days=2)
    for asked in ("source=nobody", "metric=more", "limit=3", "range=2h"):
        answer = client.get(f"/api/v1/moves?{asked}")
        assert (answer.status_code, list(answer.get_json())) == (400, ["error"])
