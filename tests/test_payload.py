"""The payload: what is needed is found, and nothing in it can cost much or crash."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.payload import Figures, Payload, Story, decode

HEADER = {
    "dapps": 16_234,
    "dappsFormatted": "16.23K",
    "blockchains": 78,
    "activeUsers": 66_471_234.5,
    "volume30d": 303_263_456_789.12,
    "volume30dFormatted": "$303.26B",
    "transactions30d": 0,
}
UPDATED = 1_751_450_000_000


def flatten(value: object) -> list[object]:
    """``value`` as devalue flattens it; a tuple is a wrapper, such as ("Ref", …)."""
    nodes: list[object] = []

    def put(inner: object) -> int:
        if inner is None:
            return -1
        place = len(nodes)
        nodes.append(None)
        if isinstance(inner, tuple):
            nodes[place] = [inner[0], put(inner[1])]
        elif isinstance(inner, dict):
            nodes[place] = {key: put(item) for key, item in inner.items()}
        elif isinstance(inner, list):
            nodes[place] = [put(item) for item in inner]
        else:
            nodes[place] = inner
        return place

    put(value)
    return nodes


def query(data: object, updated: object = UPDATED, **key: object) -> dict[str, object]:
    """One successful query of the site's cache."""
    state = {"data": data, "dataUpdatedAt": updated, "status": "success"}
    return {"state": ("Reactive", state), "queryKey": [key], "queryHash": json.dumps(key)}


def header(data: object = None, currency: object = "USD", **more: Any) -> dict[str, object]:
    """The query of the five figures."""
    key = {"scope": "globalStats", "entity": "header", "currency": currency}
    return query(HEADER if data is None else data, **key, **more)


def page(*queries: object) -> str:
    """A whole payload with these queries, wrapped as Nuxt wraps it."""
    cache = {"mutations": [], "queries": list(queries)}
    state = {"$scolor-mode": ("Ref", {"value": "dark"}), "$svue-query": cache}
    return json.dumps(
        flatten(("ShallowReactive", {"data": {}, "state": ("Reactive", state), "once": []}))
    )


def figures(*queries: object) -> Figures:
    """The figures of a payload that has some."""
    found = decode(page(*queries)).figures
    assert found is not None
    return found


def test_figures() -> None:
    """The five figures come unrounded, an explicit 0 among them, with their texts and time."""
    assert figures(header()) == Figures(
        values={
            "dapps": 16_234.0,
            "blockchains": 78.0,
            "active_users": 66_471_234.5,
            "volume_30d": 303_263_456_789.12,
            "transactions_30d": 0.0,
        },
        formatted={"dapps": "16.23K", "volume_30d": "$303.26B"},
        currency="USD",
        as_of=datetime(2025, 7, 2, 9, 53, 20, tzinfo=UTC),
    )


@pytest.mark.parametrize("bad", [None, -1, True, "many", "1e5", "-3", [], {}, 1e400])
def test_no_number(bad: object) -> None:
    """A figure that is no number is absent, never 0."""
    text = page(header({"dapps": bad, "blockchains": 78})).replace("Infinity", '"Infinity"')
    found = decode(text).figures
    assert found is not None
    assert found.values == {"blockchains": 78.0}


@pytest.mark.parametrize("index", [-1, -2, -3, -4, -5, -6, 10**9, 0.0, "0", None])
def test_bad_index(index: object) -> None:
    """Devalue's special indices, and those out of range or of a wrong type, are nothing."""
    nodes = json.loads(page(header()))
    inside = next(node for node in nodes if isinstance(node, dict) and "dapps" in node)
    inside["dapps"] = index
    found = decode(json.dumps(nodes)).figures
    assert found is not None
    assert "dapps" not in found.values
    assert found.values["blockchains"] == 78


def test_number_in_a_string() -> None:
    """Digits in a string are the same number."""
    assert figures(header({"dapps": "16234", "volume30d": "12.5"})).values == {
        "dapps": 16_234.0,
        "volume_30d": 12.5,
    }


def test_dollars_first() -> None:
    """The figures in dollars are chosen, however many other currencies were asked for."""
    found = figures(
        header({"volume30d": 1}, "EUR"), header({"volume30d": 2}), header({"volume30d": 3}, "BTC")
    )
    assert (found.currency, found.values) == ("USD", {"volume_30d": 2.0})


def test_newest_first() -> None:
    """Of two answers in dollars the newer one counts."""
    older = header({"dapps": 1}, updated=UPDATED - 1)
    assert figures(header({"dapps": 2}), older).values == {"dapps": 2.0}


@pytest.mark.parametrize("updated", [0, -1, 1, 1e300, 9e15, "today", None, True])
def test_absurd_time(updated: object) -> None:
    """A time outside the site's life is unknown; the figures stay."""
    found = figures(header(updated=updated))
    assert found.as_of is None
    assert found.values["blockchains"] == 78


def test_failed_query() -> None:
    """A query that did not succeed has no figures."""
    failed = header()
    failed["state"] = {"data": HEADER, "dataUpdatedAt": UPDATED, "status": "error"}
    assert decode(page(failed)) == Payload()


def test_other_scope() -> None:
    """The same names under another key are not the header."""
    other = query(HEADER, scope="dapp", entity="header", currency="USD")
    assert decode(page(other)).figures is None


STORY = {
    "title": "Ferry line accepts tokens",
    "slug": "ferry-line-accepts-tokens",
    "shortDescription": "A short crossing, paid by phone.",
    "publishedAt": "2025-07-01T08:30:00.000Z",
    "author": {"name": "Nadia Okello"},
}
TOLD = Story(
    "Ferry line accepts tokens",
    "ferry-line-accepts-tokens",
    "A short crossing, paid by phone.",
    "Nadia Okello",
    (datetime(2025, 7, 1, 8, 30, tzinfo=UTC),) * 2,
)


def test_lead() -> None:
    """The article's own query is the lead, with its exact time."""
    found = decode(page(query(STORY, scope="news", entity="detail", slug=STORY["slug"])))
    assert (found.lead, found.stories) == (TOLD, ())


@pytest.mark.parametrize(
    ("entity", "data"),
    [
        ("otherNewsList", [STORY]),
        ("otherNewsList", {"data": [STORY], "total": 1}),
        ("list", {"pages": [{"data": [STORY]}], "pageParams": [1]}),
        ("mainPage", {"news": [STORY], "analytics": []}),
    ],
)
def test_stories(entity: str, data: object) -> None:
    """Stories are found in each of the lists, however it nests them."""
    assert decode(page(query(data, scope="news", entity=entity, locale="en"))).stories == (TOLD,)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2025-07-01T10:30:00+02:00", (datetime(2025, 7, 1, 8, 30, tzinfo=UTC),) * 2),
        ("2025-07-01T08:30:00", (datetime(2025, 7, 1, 8, 30, tzinfo=UTC),) * 2),
        (
            "2025-07-01",
            (
                datetime(2025, 7, 1, tzinfo=UTC),
                datetime(2025, 7, 1, 23, 59, 59, 999_000, tzinfo=UTC),
            ),
        ),
        ("2025-07-01T08:30:00.0009Z", (datetime(2025, 7, 1, 8, 30, tzinfo=UTC),) * 2),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_published(published: object, expected: object) -> None:
    """A date is an instant, a day without a time its two ends, anything else unknown."""
    story = STORY | {"publishedAt": published}
    found = decode(page(query([story], scope="news", entity="otherNewsList")))
    assert found.stories[0].published == expected


def test_date_wrapper() -> None:
    """A devalue Date holds its text itself, not an index."""
    nodes = json.loads(page(query(STORY, scope="news", entity="detail")))
    place = nodes.index(STORY["publishedAt"])
    nodes[place] = ["Date", STORY["publishedAt"]]
    assert decode(json.dumps(nodes)).lead == TOLD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        "[]",
        "[0]",
        "[[0]]",
        "[",
        "[1,",
        "nope",
        '[["Reactive",0]]',
        "[" * 100000,
        '["\\ud800"]',
        "[NaN]",
        '[{"state":0}]',
        '[["Ref",1],["Ref",0]]',
        '[{"state":99}]',
    ],
)
def test_broken(text: str) -> None:
    """A payload that is no payload says nothing, and nothing is raised."""
    assert decode(text) == Payload()


def test_cycles() -> None:
    """A list that holds itself, at any depth, ends."""
    nodes = json.loads(page(query({"data": [STORY]}, scope="news", entity="mainPage")))
    lists = [node for node in nodes if isinstance(node, list) and node and node[0] != "Reactive"]
    for node in lists:
        node.extend(nodes.index(other) for other in lists)
    decode(json.dumps(nodes))
    around = [{"title": 1, "slug": 1, "next": 0, "all": 2}, ["Ref", 1], [0, 2, 2, 2]]
    assert decode(json.dumps(around)) == Payload()


def test_self_reference_in_a_story_list() -> None:
    """A story list that refers to its own page still gives its story, once."""
    nodes = json.loads(page(query({"data": [STORY]}, scope="news", entity="mainPage")))
    place, box = next(
        (place, node)
        for place, node in enumerate(nodes)
        if isinstance(node, dict)
        and isinstance(nodes[node.get("data", 0)], list)
        and "data" in node
    )
    box["self"] = place
    nodes[box["data"]].append(place)
    assert decode(json.dumps(nodes)).stories == (TOLD,)


def test_huge() -> None:
    """A payload beyond the limit is not parsed; one below it, made of lists, ends quickly."""
    assert decode(page(header()) + " " * 5_000_000) == Payload()
    wide = [STORY | {"slug": str(place)} for place in range(10_000)]
    start = time.perf_counter()
    found = decode(page(query(wide, scope="news", entity="list"), header()))
    assert len(found.stories) == 200
    assert found.figures is not None
    assert time.perf_counter() - start < 2


json_nodes = st.recursive(
    st.none() | st.booleans() | st.integers(-8, 40) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["state", "$svue-query", "queries", "data", "x"]), inner)
    ),
    max_leaves=20,
)


@given(st.lists(json_nodes, max_size=40))
def test_any_array(nodes: list[object]) -> None:
    """Any JSON array is taken without an exception."""
    assert isinstance(decode(json.dumps(nodes)), Payload)


@given(st.data())
def test_any_change(data: st.DataObject) -> None:
    """A payload with any one node replaced never gives a figure that is not in it."""
    nodes = json.loads(page(header(), query([STORY], scope="news", entity="otherNewsList")))
    place = data.draw(st.integers(0, len(nodes) - 1))
    nodes[place] = data.draw(json_nodes)
    found = decode(json.dumps(nodes)).figures
    numbers = [float(node) for node in nodes if isinstance(node, int | float)]
    assert all(value in numbers for value in found.values.values()) if found else True
