"""The readers of the two APIs: any answer gives sound readings or one sentence."""

import json
from typing import Any, Final

from hypothesis import strategies as st

from collectors import defillama, growthepie
from collectors.api import day_name
from collectors.parts import bundle
from data.errors import SourceError
from data.model import EPOCH, Page
from tests.conftest import T0
from tests.fuzz.target import Target, fixtures, is_sentence, is_sound
from tests.looks import any_json

Example = tuple[str, bytes]
READERS: Final = {"defillama": defillama.read, "growthepie": growthepie.read}
TODAY: Final = (T0 - EPOCH).days
ODD: Final = ("\x1b[2J", "\u202e1", "a\nb", "x" * 3_000, "1e400", "\u0085", "")

texts = st.sampled_from(ODD) | st.text(max_size=6)
values = (
    st.floats(allow_nan=True, allow_infinity=True)
    | st.integers(-1, 10**30)
    | st.none()
    | st.booleans()
    | texts
)
days = st.integers(TODAY - 45, TODAY + 2)


@st.composite
def rows(draw: Any) -> bytes:
    """Daily rows of a few chains, whole or with holes."""
    found = []
    for chain in draw(st.lists(texts | st.sampled_from(["ethereum", "base", "all"]), max_size=3)):
        first, usual = draw(days), draw(st.integers(0, 10**9) | values)
        for day in range(first, draw(days)):
            value = draw(values) if draw(st.integers(0, 30)) == 0 else usual
            date = day_name(day)
            found.append(
                {"metric_key": "txcount", "origin_key": chain, "date": date, "value": value}
            )
    return json.dumps(found).encode()


@st.composite
def overviews(draw: Any) -> bytes:
    """DefiLlama's three documents in their envelope, any of them odd."""
    chart = [
        [day * 86_400, draw(values) if draw(st.integers(0, 20)) == 0 else 1e6]
        for day in range(TODAY - 40, TODAY + 1)
    ]
    overview = draw(
        st.fixed_dictionaries({"totalDataChart": st.just(chart) | any_json("x")})
        | st.fixed_dictionaries({"total30d": values})
        | any_json("total30d", "totalDataChart")
    )
    lists = st.lists(st.just({"name": "x"}) | any_json("name"), max_size=4)
    answers: list[tuple[str, Page | str]] = [
        (
            part,
            draw(texts)
            if draw(st.integers(0, 5)) == 0
            else Page(json.dumps(body).encode(), "u", T0),
        )
        for part, body in zip(
            defillama.COLLECTOR.parts, [draw(lists), draw(lists), overview], strict=True
        )
    ]
    try:
        return bundle("https://api.llama.fi/", answers, T0).body
    except SourceError:
        return b"{}"


examples = st.one_of(
    st.tuples(st.just("growthepie"), rows()),
    st.tuples(st.just("defillama"), overviews()),
    st.tuples(
        st.sampled_from([*READERS]),
        any_json("masthead_parts", "body", "error", "value").map(json.dumps).map(str.encode),
    ),
)


def check(example: Example) -> None:
    """A sound look, or the reason in a sentence."""
    source, body = example
    try:
        look = READERS[source](Page(body, "https://api.example/", T0, "application/json"))
    except SourceError as error:
        is_sentence(error)
        return
    is_sound(look)


def seeds() -> list[bytes]:
    """Each fixture behind the letter of its reader."""
    return [
        *(b"d" + body for body in fixtures("defillama/*.json")),
        *(b"g" + body for body in fixtures("growthepie/*.json")),
    ]


def raw(data: bytes) -> Example:
    """The first byte chooses the reader; DefiLlama's gets the bytes for each of its documents."""
    if data[:1] == b"g":
        return "growthepie", data[1:]
    answer = Page(data[1:], "https://api.llama.fi/", T0, "application/json")
    parts = [(part, answer) for part in defillama.COLLECTOR.parts]
    return "defillama", bundle("https://api.llama.fi/", parts, T0).body


TARGET: Final = Target(check, examples, raw, seeds)
