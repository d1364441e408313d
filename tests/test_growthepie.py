"""The reader of growthepie: every shape of its daily rows has a fixture."""

import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.growthepie import COLLECTOR, read
from data.errors import SourceError
from data.model import Look, Page
from tests.looks import any_json

FIXTURES = Path(__file__).parent / "fixtures" / "growthepie"
AT = datetime(2026, 1, 31, 0, 0, 4, tzinfo=UTC)
TOTAL = 50_655.0
"""30 days of two chains: 30 × 1000 + 10 × 435 and 30 × 500 + 3 × 435."""

EXPECTED: dict[str, float | str] = {
    "fundamentals.json": TOTAL,
    "today.json": TOTAL,
    "repeated.json": TOTAL,
    "aggregates.json": TOTAL,
    "hole_before_window.json": TOTAL,
    "ended_long_ago.json": TOTAL,
    "late_chain.json": 51_435.0,
    "ended_chain.json": 46_047.0,
    "new_chain.json": TOTAL + 5 * 40 + 10,
    "hole.json": "weir has no value for 2026-01-19",
    "hole_at_start.json": "weir has no value for 2026-01-01",
    "null_value.json": "weir has no value for 2026-01-19",
    "twice.json": "quarry has two values for 2026-01-17",
    "too_short.json": "the rows begin on 2026-01-02: fewer than 30 days",
    "stale.json": "the newest day is 2026-01-10: too old to stand for now",
    "only_today.json": "no row of txcount for a day that is over",
    "no_txcount.json": "no row of txcount for a day that is over",
    "text_value.json": "txcount of quarry on 2026-01-30 is the text '1000', not a number",
    "true_value.json": "txcount of quarry on 2026-01-30 is true, not a number",
    "negative_value.json": "txcount of quarry on 2026-01-30 is -1.0: no such figure can be",
    "bad_date.json": "row 33 has no date like 2026-01-31",
    "no_such_date.json": "row 33 has no date like 2026-01-31",
    "no_chain.json": "row 33 names no chain",
    "rows_of_numbers.json": "row 0 is 1, not an object",
    "empty.json": "fundamentals.json is an empty list",
    "error.json": "fundamentals.json is an object, not a list",
}
FAILURES = {
    "outage.html": "is not JSON: it starts '<!DOCTYPE html>'",
    "truncated.json": "is not JSON",
    "nan.json": "is not JSON",
}
AS_OF = {"late_chain.json": datetime(2026, 1, 29, tzinfo=UTC)}


def look(name: str, at: datetime = AT) -> Look:
    """The look at one fixture."""
    return read(Page((FIXTURES / name).read_bytes(), COLLECTOR.url, at, "application/json"))


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED.keys())
def test_fixture(name: str, expected: float | str) -> None:
    """The sum of 30 days with the end of the last one, or NULL with a reason naming the place."""
    found = look(name)
    assert (tuple(found.readings), found.via) == (COLLECTOR.metrics, "api")
    reading = found.readings["transactions_30d"]
    assert (reading.unit, reading.shown) == ("count", None)
    if isinstance(expected, str):
        assert (reading.value, reading.half_width, found.as_of) == (None, None, None)
        assert expected in str(reading.problem)
    else:
        assert (reading.value, reading.half_width, reading.problem) == (expected, 0.0, None)
        assert found.as_of == AS_OF.get(name, datetime(2026, 1, 31, tzinfo=UTC))


@pytest.mark.parametrize(("name", "says"), FAILURES.items())
def test_not_json(name: str, says: str) -> None:
    """An answer that is no JSON is a failure that names the address."""
    with pytest.raises(SourceError, match=says) as caught:
        look(name)
    assert str(caught.value).startswith(COLLECTOR.url)
    assert caught.value.kind == "shape"


def test_every_fixture_is_expected() -> None:
    """No fixture lies about unused."""
    assert {path.name for path in FIXTURES.iterdir()} == EXPECTED.keys() | FAILURES.keys()


@pytest.mark.parametrize(
    ("silent", "end"),
    [(0, 30), (1, 29), (6, 24), (7, 30)],
)
def test_late_or_ended(silent: int, end: int) -> None:
    """The window waits for a chain that is late for up to a week; then that chain has ended."""
    newest = date(2026, 1, 30)
    rows = [
        {
            "metric_key": "txcount",
            "origin_key": chain,
            "date": (newest - timedelta(days=ago)).isoformat(),
            "value": 1.0,
        }
        for chain, first in (("quarry", 0), ("weir", silent))
        for ago in range(first, 60)
    ]
    found = read(Page(orjson.dumps(rows), "", AT))
    assert found.as_of == datetime(2026, 1, end, tzinfo=UTC) + timedelta(days=1)
    assert found.readings["transactions_30d"].value == 60 - (silent if silent == 7 else 0)


@settings(max_examples=150)
@given(any_json("metric_key", "origin_key", "date", "value"))
def test_any_json(form: object) -> None:
    """Whatever JSON it is: a figure or a reason."""
    reading = read(Page(orjson.dumps(form), "", AT)).readings["transactions_30d"]
    assert (reading.value is None) == (reading.problem is not None)


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Whatever bytes: a look, or a SourceError."""
    with suppress(SourceError):
        assert read(Page(body, "", AT)).empty


def test_several_megabytes() -> None:
    """A year of fifty chains and ten metrics takes two seconds at most."""
    days = [(date(2026, 1, 30) - timedelta(days=ago)).isoformat() for ago in range(365)]
    rows = [
        {"metric_key": metric, "origin_key": f"chain{chain}", "date": day, "value": 2.0}
        for metric in ("txcount", *(f"metric{number}" for number in range(9)))
        for chain in range(50)
        for day in days
    ]
    page = Page(orjson.dumps(rows), "", AT)
    assert len(page.body) > 10_000_000
    began = time.process_time()
    assert read(page).readings["transactions_30d"].value == 30 * 50 * 2
    assert time.process_time() - began < 2
