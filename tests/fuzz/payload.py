"""The payload decoder: any text is taken, in bounded time, and gives figures that are figures."""

import json
import math
import re
from typing import Any, Final

from hypothesis import strategies as st

from collectors.payload import FIGURES, decode
from tests.fuzz.target import Target, fixtures
from tests.test_payload import flatten, header, query

SCRIPT: Final = re.compile(rb'id="__NUXT_DATA__"[^>]*>(.*?)</script>', re.DOTALL)
SCOPES: Final = ("globalStats", "news", "header", "detail", "list", "otherNewsList", "mainPage")
ODD: Final[tuple[object, ...]] = (
    1e308,
    -1,
    -0.0,
    2**63,
    "1e400",
    "9" * 400,
    "-1",
    " 1",
    "１２",
    True,
    None,
    [],
    {},
)

numbers = (
    st.sampled_from([*ODD])
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
scalars = numbers | st.text(max_size=8) | st.sampled_from(["2025-07-02", "2025-07-02T10:00:00Z"])
stories = st.fixed_dictionaries(
    {"title": scalars, "slug": scalars},
    optional={
        "shortDescription": scalars,
        "publishedAt": scalars | st.datetimes().map(str),
        "author": st.fixed_dictionaries({"name": scalars}) | scalars,
    },
)
data = st.recursive(stories | scalars, lambda below: st.lists(below, max_size=4), max_leaves=8)
figures = st.dictionaries(
    st.sampled_from([*FIGURES.values(), "dappsFormatted", "volume30dFormatted"]), numbers
)


@st.composite
def arrays(draw: Any) -> str:
    """The flattened array of a page's queries, some of its indices bent."""
    queries = []
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            updated = draw(numbers)
            queries.append(header(draw(figures), draw(st.sampled_from(["USD", "EUR", 1, None]))))
            queries[-1]["state"][1]["dataUpdatedAt"] = updated  # type: ignore[index]
        else:
            scope, entity = draw(st.tuples(*[st.sampled_from(SCOPES)] * 2))
            queries.append(query(draw(data), draw(numbers), scope=scope, entity=entity))
    nodes = flatten({"state": {"$svue-query": {"queries": queries}}})
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(nodes) - 1))
        nodes[place] = draw(scalars | st.lists(st.integers(-3, len(nodes) + 2), max_size=3))
    return json.dumps(nodes)


texts = arrays() | st.text(max_size=60)


def check(text: str) -> None:
    """Never raises; figures are finite and not negative, texts and times are of their kind."""
    found = decode(text)
    if found.figures is not None:
        assert found.figures.values.keys() <= FIGURES.keys()
        for value in found.figures.values.values():
            assert isinstance(value, float), value
            assert math.isfinite(value), value
            assert value >= 0
        assert all(len(shown) <= 40 for shown in found.figures.formatted.values())
    for story in (*found.stories, *([found.lead] if found.lead else [])):
        assert story.title.strip()
        if story.published is not None:
            start, end = story.published
            assert start <= end
            assert start.tzinfo is not None


def seeds() -> list[bytes]:
    """The payloads of the pages that have one."""
    found = (SCRIPT.search(body) for body in fixtures("dapp_expert/*.html"))
    return [match[1] for match in found if match]


TARGET: Final = Target(check, texts, lambda raw: raw.decode("utf-8", "replace"), seeds)
