"""The reader of DefiLlama: every answer and every failure of its three documents has a fixture."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings

from collectors.defillama import CHAINS, COLLECTOR, PROTOCOLS, VOLUMES, read
from collectors.parts import bundle
from data.errors import SourceError
from data.model import Look, Page
from tests.looks import any_json

FIXTURES = Path(__file__).parent / "fixtures" / "defillama"
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAYS = 30_435_000_015.0
"""The last 30 days of the chart in the fixtures: 30 × 1,000,000,000.5 + 435 × 1,000,000."""

Expected = tuple[str | None, float | str]
"""The fixture of one document (None: it was not fetched), and its value or a part of its reason."""

PROTOCOLS_READ: list[Expected] = [
    ("protocols.json", 7),
    ("protocols_of_numbers.json", "protocols[0] is 1, not an object"),
    ("empty.json", "protocols is an empty list"),
    ("error.json", "protocols is an object, not a list"),
    ("outage.html", "protocols is not JSON: it starts '<!DOCTYPE html>'"),
    ("truncated.json", "protocols is not JSON"),
    (None, "protocols was not fetched"),
]
CHAINS_READ: list[Expected] = [
    ("chains.json", 3),
    ("chains_as_object.json", "v2/chains is an object, not a list"),
    ("empty.json", "v2/chains is an empty list"),
    ("error.json", "v2/chains is an object, not a list"),
    ("outage.html", "v2/chains is not JSON"),
    (None, "v2/chains was not fetched"),
]
VOLUMES_READ: list[Expected] = [
    ("dexs.json", 303_261_234_567.89),
    ("dexs_no_total.json", DAYS),
    ("dexs_null_total.json", DAYS),
    ("dexs_repeated.json", DAYS),
    ("dexs_huge_total.json", 1.2345678901234568e29),
    ("dexs_hole.json", "totalDataChart has no volume for 2026-01-18"),
    ("dexs_short.json", "totalDataChart has no volume for 2026-01-01"),
    ("dexs_twice.json", "gives 2026-01-27 twice with different volumes"),
    ("dexs_no_chart.json", "neither total30d nor totalDataChart"),
    ("dexs_empty_chart.json", "neither total30d nor totalDataChart"),
    ("dexs_text_total.json", "total30d is the text '303261234567.89', not a number"),
    ("dexs_true_total.json", "total30d is true, not a number"),
    ("dexs_nan_total.json", "total30d is the text 'NaN', not a number"),
    ("dexs_negative_total.json", "total30d is -5: no such figure can be"),
    ("dexs_text_day.json", "the volume of 2026-01-21 is the text '1e9', not a number"),
    ("dexs_bare_days.json", "totalDataChart[0] is 1034000000.5, not [time, volume]"),
    ("dexs_as_list.json", "overview/dexs is a list, not an object"),
    ("error.json", "neither total30d nor totalDataChart"),
    ("outage.html", "overview/dexs is not JSON"),
    ("infinite.json", "overview/dexs is not JSON"),
    ("nan.json", "overview/dexs is not JSON"),
    (None, "overview/dexs was not fetched"),
]
GOOD = {PROTOCOLS: "protocols.json", CHAINS: "chains.json", VOLUMES: "dexs.json"}


def look(at: datetime = AT, **changed: str | None) -> Look:
    """The look at the good fixtures, with those of some parts exchanged or left out."""
    named = {"protocols": PROTOCOLS, "chains": CHAINS, "volumes": VOLUMES}
    files: dict[str, str | None] = {**GOOD}
    files |= {named[name]: file for name, file in changed.items()}
    answers: list[tuple[str, Page | str]] = [
        (part, Page((FIXTURES / file).read_bytes(), part, at))
        for part, file in files.items()
        if file
    ]
    return read(bundle(COLLECTOR.url, answers, at))


def check(found: Look, key: str, expected: float | str) -> None:
    """One reading is the value, exact, or NULL with the reason; the others are untouched."""
    reading = found.readings[key]
    if isinstance(expected, str):
        assert reading.value is None
        assert reading.half_width is None
        assert expected in str(reading.problem)
    else:
        assert (reading.value, reading.half_width, reading.problem) == (expected, 0.0, None)
    assert all(one.value is not None for other, one in found.readings.items() if other != key)


@pytest.mark.parametrize(("file", "expected"), PROTOCOLS_READ)
def test_protocols(file: str | None, expected: float | str) -> None:
    """Every entry counts, as DefiLlama lists them."""
    check(look(protocols=file), "dapps", expected)


@pytest.mark.parametrize(("file", "expected"), CHAINS_READ)
def test_chains(file: str | None, expected: float | str) -> None:
    """Every entry counts."""
    check(look(chains=file), "blockchains", expected)


@pytest.mark.parametrize(("file", "expected"), VOLUMES_READ)
def test_volume(file: str | None, expected: float | str) -> None:
    """The given sum, else that of 30 whole days; a hole, a doubt or a wrong type is no figure."""
    check(look(volumes=file), "volume_30d", expected)


def test_every_fixture_is_expected() -> None:
    """No fixture lies about unused."""
    used = {file for table in (PROTOCOLS_READ, CHAINS_READ, VOLUMES_READ) for file, _ in table}
    assert {path.name for path in FIXTURES.iterdir()} == used - {None}


def test_what_it_gives() -> None:
    """Three metrics by way of the API, the sum with its text; no headline, no time of its own."""
    found = look()
    assert tuple(found.readings) == COLLECTOR.metrics
    assert (found.via, found.as_of, found.headlines) == ("api", None, ())
    assert [reading.unit for reading in found.readings.values()] == ["count", "count", "USD"]
    assert found.readings["volume_30d"].shown == "303261234567.89"
    assert look(volumes="dexs_no_total.json").readings["volume_30d"].shown is None
    assert found.complete


def test_part_that_failed() -> None:
    """Its reason is the reading's, without a second full stop."""
    answers: list[tuple[str, Page | str]] = [
        (PROTOCOLS, Page((FIXTURES / "protocols.json").read_bytes(), "", AT)),
        (CHAINS, "https://api.llama.fi/v2/chains answered 404."),
    ]
    readings = read(bundle(COLLECTOR.url, answers, AT)).readings
    assert readings["dapps"].value == 7
    assert readings["blockchains"].problem == "https://api.llama.fi/v2/chains answered 404"
    assert readings["volume_30d"].problem == "overview/dexs was not fetched"


def test_part_asked_with_another_query() -> None:
    """A page kept when the address had other parameters is read all the same."""
    body = (FIXTURES / "dexs.json").read_bytes()
    page = bundle(COLLECTOR.url, [("overview/dexs?x=1", Page(body, "", AT))], AT)
    assert read(page).readings["volume_30d"].value == 303_261_234_567.89


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 1, 31, 6, tzinfo=UTC), DAYS),
        (datetime(2026, 1, 31, 5, 59, tzinfo=UTC), DAYS + 30 * 1_000_000),
        (datetime(2026, 1, 30, 12, tzinfo=UTC), DAYS + 30 * 1_000_000),
        (datetime(2026, 2, 1, 12, tzinfo=UTC), DAYS - 1_029_000_000.5 + 123),
    ],
)
def test_window_ends_with_a_day_that_has_settled(at: datetime, expected: float) -> None:
    """Yesterday counts from six in the morning on; the day that runs never does."""
    found = look(at, volumes="dexs_no_total.json").readings["volume_30d"].value
    assert found == pytest.approx(expected, rel=1e-12)


def test_not_an_envelope() -> None:
    """A page that is none of ours is a failure, not a look."""
    with pytest.raises(SourceError, match="is no envelope of parts"):
        read(Page((FIXTURES / "protocols.json").read_bytes(), COLLECTOR.url, AT))


@settings(max_examples=150)
@given(any_json("id", "name", "total30d", "totalDataChart"))
def test_any_json(form: object) -> None:
    """Whatever JSON the three documents are: a figure or a reason for each, never an exception."""
    body = orjson.dumps(form)
    names = (PROTOCOLS, CHAINS, VOLUMES)
    found = read(bundle(COLLECTOR.url, [(name, Page(body, "", AT)) for name in names], AT))
    for reading in found.readings.values():
        assert (reading.value is None) == (reading.problem is not None)


def test_several_megabytes() -> None:
    """Documents of ten megabytes take a second at most."""
    filler = {"description": "x" * 1_000, "chains": ["Quarry", "Weir"] * 5}
    many = [{"id": str(number), "name": f"App {number}", **filler} for number in range(8_000)]
    answers: list[tuple[str, Page | str]] = [
        (PROTOCOLS, Page(orjson.dumps(many), "", AT)),
        (CHAINS, Page((FIXTURES / "chains.json").read_bytes(), "", AT)),
    ]
    page = bundle(COLLECTOR.url, answers, AT)
    began = time.process_time()
    assert read(page).readings["dapps"].value == 8_000
    assert timedelta(seconds=time.process_time() - began) < timedelta(seconds=1)
