"""The days inside the rolling figures as programs ask for them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import accumulate
from threading import Event
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from werkzeug.test import Client

from dashboard import insights, routes
from dashboard.openapi import document
from data.insight import moves, unroll
from data.model import to_ms
from data.settings import Settings
from data.store import Store
from tests.benchmarks.unrolled import made_days
from tests.conftest import HOUR, T0, snapshot
from tests.waiting import until

DAY = timedelta(days=1)
FLOW = made_days(1, 101)
SUMS = [sum(FLOW[day : day + 30]) for day in range(71)]
VIEWERS = 6
PATIENCE_S = 30.0


@pytest.fixture
def server(url: str, store: Store) -> Iterator[Flask]:
    """The routes over the store, an hour after 70 days of readings."""
    server = Flask("test")
    stores = routes.register(server, Settings(database=url), lambda: T0 + 70 * DAY + HOUR)
    yield server
    stores.close()


@pytest.fixture
def client(server: Flask) -> Client:
    """A viewer."""
    return server.test_client()


def fill(store: Store, sums: Mapping[int, float]) -> None:
    """A reading of the volume on some days from T0 on."""
    looks = [
        snapshot(T0 + day * DAY, taken_at=T0 + day * DAY, volume_30d=value, active_users=1000.0)
        for day, value in sums.items()
    ]
    store.add(looks, {"dapp_expert": DAY})


def ask(client: Client, path: str = "range=all") -> dict[str, Any]:
    """An answer, which is as the document says."""
    found: dict[str, Any] = client.get(f"/api/v1/daily?{path}").get_json()
    told = document()
    schema = {"$ref": "#/components/schemas/Daily", "components": told["components"]}
    jsonschema_rs.validator_for(schema).validate(found)
    return found


def test_days(client: Client, store: Store) -> None:
    """Each 24 h has its begin, its flow and its interval; only sums have days."""
    fill(store, dict(enumerate(SUMS)))
    found = ask(client)
    assert list(found["metrics"]) == ["volume_30d", "transactions_30d"]
    assert found["metrics"]["transactions_30d"]["state"] == "short"
    days = found["metrics"]["volume_30d"]
    assert (days["unit"], days["state"], days["note"], days["days"]) == ("USD", "shown", None, 70)
    assert days["t"] == [to_ms(T0 + (day - 30) * DAY) for day in range(100)]
    assert days["value"] == pytest.approx(FLOW[:100], rel=0.25)
    totals = [0.0, *accumulate(days["value"])]
    assert [totals[day + 30] - totals[day] for day in range(71)] == pytest.approx(SUMS, rel=1e-4)
    assert all(
        low <= value <= high
        for low, value, high in zip(days["low"], days["value"], days["high"], strict=True)
    )


def test_span(client: Client, store: Store) -> None:
    """All days that the span touches, found out from all that is kept; outside of it are none."""
    fill(store, dict(enumerate(SUMS)))
    whole = ask(client)["metrics"]["volume_30d"]
    some = ask(client, f"from={(T0 + 10 * DAY + HOUR).isoformat()[:19]}&to=2d&metric=volume_30d")
    days = some["metrics"]["volume_30d"]
    first = whole["t"].index(to_ms(T0 + 10 * DAY))
    assert days["t"] == whole["t"][first:-1]
    assert days["value"] == whole["value"][first:-1]
    for nothing in ("from=1900-01-01&to=1950-01-01", "from=2100-01-01&to=2101-01-01"):
        days = ask(client, f"metric=volume_30d&{nothing}")["metrics"]["volume_30d"]
        assert (days["state"], days["t"], days["value"]) == ("shown", [], [])
    assert ask(client, "metric=active_users")["metrics"] == {}


def test_why_not(client: Client, store: Store) -> None:
    """Where there are no days, a sentence says why."""
    fill(store, dict(enumerate(SUMS[:20])))
    days = ask(client)["metrics"]["volume_30d"]
    assert (days["state"], days["days"], days["t"]) == ("short", 19, [])
    assert "there are 19 so far" in days["note"]


def test_news(client: Client, store: Store) -> None:
    """An answer holds until the source changes, also by a reading of long ago."""
    fill(store, {day: value for day, value in enumerate(SUMS) if day != 40})
    before = client.get("/api/v1/daily?range=all")
    tag = {"If-None-Match": before.headers["ETag"]}
    assert client.get("/api/v1/daily?range=all", headers=tag).status_code == 304
    fill(store, {40: SUMS[40]})
    path = "/api/v1/daily?range=all"
    until(lambda: client.get(path, headers=tag).status_code == 200, PATIENCE_S)
    again = client.get(path, headers=tag)
    one, other = (answer.get_json()["metrics"]["volume_30d"] for answer in (before, again))
    assert one["t"] == other["t"]
    assert one["value"] != other["value"]


@pytest.mark.parametrize("what", ["daily", "moves"])
def test_many_viewers(
    server: Flask, store: Store, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Whatever spans they ask for, one of them finds out, the others wait for it."""
    fill(store, dict(enumerate(SUMS)))
    made, others = [], Event()
    module = unroll if what == "daily" else insights
    name = "unroll" if what == "daily" else "moves"
    plain = unroll.unroll if what == "daily" else moves.moves

    def counted(*given: Any) -> Any:
        made.append(1)
        others.wait(0.5)  # as long as two would be at it at once
        if len(made) > 1:
            others.set()
        return plain(*given)

    monkeypatch.setattr(module, name, counted)
    paths = [f"/api/v1/{what}?metric=volume_30d&from={day}d" for day in range(1, VIEWERS + 1)]
    with ThreadPoolExecutor(VIEWERS) as viewers:
        answers = list(viewers.map(lambda path: server.test_client().get(path).status_code, paths))
    assert answers == [200] * VIEWERS
    assert len(made) == 1
