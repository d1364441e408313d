"""Between sources: one figure as a share of another's, with what rounding leaves open."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from collectors import COLLECTORS
from collectors.jobs import Job
from collectors.keeping import introduce
from dashboard import routes
from dashboard.openapi import document
from data import sample
from data.alike import alike, difference
from data.insight.daily import DAY_MS
from data.insight.history import History
from data.insight.ratio import ratio
from data.model import KEYS, About, to_ms
from data.settings import Settings
from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.waiting import until

DAY = timedelta(days=1)
MIDNIGHT = T0.replace(hour=0)
NOW = T0 + 10 * DAY
NEWS_S = 20.0


def days(*values: float | None, width: float = 0.0, late: int = 0) -> History:
    """A reading at each midnight, ``late`` ms after it; None: there is none."""
    read = [(day, value) for day, value in enumerate(values) if value is not None]
    times = [day * DAY_MS + late for day, _ in read]
    return History(times, [value for _, value in read], [width] * len(read))


def test_a_ratio_a_day() -> None:
    """Each midnight has the ratio of the readings next to it, however far from it they are."""
    found = ratio(days(2.0, 6.0, late=3_600_000), days(4.0, 3.0, late=-7_200_000))
    assert list(found.times) == [0, DAY_MS]
    assert (list(found.values), list(found.low), list(found.high)) == ([0.5, 2.0],) * 3


def test_gaps_stay_open() -> None:
    """A day without a reading of one of them has no ratio; nothing is carried over."""
    found = ratio(days(None, 2.0, None, 2.0, 2.0, 2.0), days(4.0, 4.0, 4.0, None, 4.0, None))
    assert [time // DAY_MS for time in found.times] == [1, 2, 3, 4]
    assert list(found.values) == [0.5, None, None, 0.5]
    assert list(found.low) == list(found.high) == list(found.values)


def test_both_roundings_count() -> None:
    """The least is the lowest over the highest, the most the highest over the lowest."""
    found = ratio(days(10.0, width=1.0), days(5.0, width=0.5))
    assert (found.values, found.low, found.high) == ((2.0,), (9 / 5.5,), (11 / 4.5,))


def test_a_ratio_is_not_below_zero() -> None:
    """The rounding of a small figure reaches below 0, where no figure is: nor is a ratio of it."""
    found = ratio(days(1.0, width=5.0), days(2.0))
    assert (found.values, found.low, found.high) == ((0.5,), (0.0,), (3.0,))


@pytest.mark.parametrize(("value", "width"), [(0.0, 0.0), (5.0, 5.0), (1.0, 5.0)])
def test_what_may_be_zero_divides_nothing(value: float, width: float) -> None:
    """Where the divisor may be 0 there is no ratio."""
    assert list(ratio(days(1.0), days(value, width=width)).values) == []
    one = ratio(days(1.0, 1.0, 1.0), History([0, DAY_MS, 2 * DAY_MS], [1, value, 1], [0, width, 0]))
    assert list(one.values) == [1.0, None, 1.0]


@pytest.mark.parametrize("pair", [(days(), days()), (days(1.0), days()), (days(), days(1.0))])
def test_nothing_to_compare(pair: tuple[History, History]) -> None:
    """Without a day that both have there is nothing."""
    assert list(ratio(*pair).times) == []


SIZES = st.floats(min_value=1e-3, max_value=1e15)
SHARES = st.floats(min_value=0, max_value=0.9)
WITHIN = st.floats(min_value=-1, max_value=1)


@given(SIZES, SHARES, WITHIN, SIZES, SHARES, WITHIN)
def test_the_true_ratio_is_between(
    one: float, off: float, at: float, other: float, slack: float, by: float
) -> None:
    """Whatever the true figures are within their rounding, their ratio lies between the ends."""
    found = ratio(days(one, width=one * off), days(other, width=other * slack))
    true = (one + at * one * off) / (other + by * other * slack)
    assert found.low[0] is not None
    assert found.high[0] is not None
    assert found.low[0] * (1 - 1e-9) <= true <= found.high[0] * (1 + 1e-9)


@pytest.fixture
def client(url: str, store: Store) -> Iterator[Client]:
    """The routes over a store with two sources that measure alike, one that does not, and more."""
    for name in COLLECTORS:
        collector = COLLECTORS[name]
        introduce(store, Job(collector, collector.url, collector.every))
    shown = {"volume_30d": "$200.00B"}
    for day in range(6):
        slot = MIDNIGHT + day * DAY
        if day != 3:
            taken = snapshot(slot, taken_at=slot, via="page", shown=shown, volume_30d=200e9)
            store.save(taken, HOUR)
        for source in ("defillama", "other"):
            taken = snapshot(slot, taken_at=slot, source=source, via="api", volume_30d=100e9)
            store.save(taken, DAY)
    store.describe(About("other", "Other", ("dapps",)), DAY)
    sample.load(store, NOW)
    server = Flask("test")
    stores = routes.register(server, Settings(database=url), lambda: NOW)
    yield server.test_client()
    stores.close()


ASKED = "/api/v1/ratio?source=dapp_expert&other=defillama&metric=volume_30d"


def kept_word(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The answer, which is as the document says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    jsonschema_rs.validator_for(schema).validate(found)
    return found


def test_answer(client: Client) -> None:
    """A program gets a point a day with its ends, a gap as null, and what both say they count."""
    found = kept_word(client.get(f"{ASKED}&range=all").get_json(), "Ratio")
    assert found["t"] == [to_ms(MIDNIGHT + day * DAY) for day in range(6)]
    assert found["ratio"] == [2.0, 2.0, 2.0, None, 2.0, 2.0]
    assert (found["low"][0], found["high"][0]) == (1.99995, 2.00005)
    assert (found["low"][3], found["high"][3]) == (None, None)
    assert found["note"] == (
        "dapp.expert prints a 30d volume and does not say of what. DefiLlama counts the volume of "
        "decentralised exchanges alone, on the chains that it follows."
    )


def test_spans(client: Client) -> None:
    """A span cuts the points, not what they are made of."""
    start, end = MIDNIGHT + 2 * DAY, MIDNIGHT + 4 * DAY + HOUR
    path = f"{ASKED}&from={start:%Y-%m-%dT%H:%MZ}&to={end:%Y-%m-%dT%H:%MZ}"
    found = kept_word(client.get(path).get_json(), "Ratio")
    assert found["ratio"] == [2.0, None, 2.0]
    empty = kept_word(client.get(f"{ASKED}&from=2020-01-01&to=2020-02-01").get_json(), "Ratio")
    assert empty["t"] == empty["ratio"] == empty["low"] == empty["high"] == []


def test_either_source_makes_it_new(client: Client, store: Store) -> None:
    """The tag holds until one of the two sources changes."""
    first = client.get(ASKED)
    again = client.get(ASKED, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    store.save(snapshot(T0 + 9 * DAY, source="defillama", via="api", volume_30d=1e11), DAY)
    tagged = {"If-None-Match": first.headers["ETag"]}
    until(lambda: client.get(ASKED, headers=tagged).status_code == 200, NEWS_S)
    after = client.get(ASKED, headers=tagged)
    assert after.get_json()["version"] != first.get_json()["version"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("metric=volume_30d", "other: it must be there"),
        ("other=defillama", "metric: it must be there"),
        ("other=defillama&metric=fees", "metric: 'fees' is none of"),
        ("other=nobody&metric=volume_30d", "other: nothing was kept of 'nobody'"),
        ("other=dapp_expert&metric=volume_30d", "cannot be compared"),
        ("other=sample&metric=volume_30d", "cannot be compared"),
        ("other=other&metric=volume_30d", "cannot be compared"),
        ("other=growthepie&metric=transactions_30d", "cannot be compared"),
        ("other=defillama&metric=volume_30d&metric=dapps", "there 2 times"),
    ],
)
def test_refused(client: Client, asked: str, message: str) -> None:
    """What is missing, unknown or not alike is refused by its name."""
    answer = client.get(f"/api/v1/ratio?{asked}")
    assert answer.status_code == 400
    assert message in answer.get_json()["error"]


def test_alike(client: Client, store: Store) -> None:
    """Sources name what can be compared: real ones with a history, both ways, whoever is asked."""
    found = kept_word(client.get("/api/v1/sources").get_json(), "Sources")["sources"]
    pairs = {
        one["source"]: {(two["metric"], two["other"]) for two in one["alike"]} for one in found
    }
    volume = {("volume_30d", "defillama"), ("dapps", "defillama"), ("blockchains", "defillama")}
    assert pairs["dapp_expert"] == volume | {("dapps", "other")}
    assert ("volume_30d", "dapp_expert") in pairs["defillama"]
    assert pairs["sample"] == pairs["growthepie"] == set()
    [alone] = client.get("/api/v1/sources?source=other").get_json()["sources"]
    assert alone["alike"] == [
        {"metric": "dapps", "other": "dapp_expert"},
        {"metric": "dapps", "other": "defillama"},
    ]
    known = {info.source: info for info in store.sources()}
    assert alike(known["sample"], list(known.values())) == []


def test_every_source_says_what_it_counts() -> None:
    """Each collector has a sentence, and just one, for every figure that it gives."""
    for collector in COLLECTORS.values():
        assert collector.counts.keys() == set(collector.metrics)
        for sentence in collector.counts.values():
            assert sentence.startswith(collector.label.partition(" ")[0])
            assert sentence.endswith(".")
            assert ". " not in sentence


def test_a_source_that_does_not_say(store: Store) -> None:
    """What a source says is kept; one that does not say is told of as such."""
    about = COLLECTORS["defillama"].about
    store.describe(about, DAY)
    info = store.source("defillama")
    assert info is not None
    assert info.about == about
    said = difference(About("old", "An old one", KEYS), info.about, "blockchains")
    assert said == (
        "An old one does not say what it counts. DefiLlama counts the chains that it lists."
    )
