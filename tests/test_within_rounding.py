"""No change that may be nothing but rounding is told as one, wherever the server tells changes."""

import json
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import quantity
from collectors.suspect import judged
from data.digest import digest
from data.digestforms import as_json, markdown, text
from data.histories import history
from data.insight.moves import moves
from data.insight.ratio import ratio
from data.model import KEYS, METRIC, Look, Reading, Snapshot
from data.rounding import compact, within_rounding
from data.series import series
from data.store import Store
from tests.conftest import HOUR, T0

DAY: Final = timedelta(days=1)
NOW: Final = T0 + 60 * DAY + HOUR
EVERY: Final = {"dapp_expert": DAY}
QUIET: Final = (
    (16_234.9, 16_225.1),
    (78.0, 78.0),
    (66.474e6, 66.466e6),
    (303.264e9, 303.256e9),
    (999.994e6, 999.986e6),
)
"""True figures that go to and fro by less than the site's rounding, as it prints them alike."""
STEPS: Final = (
    (16_231.0, 16_239.0),
    (78.0, 78.0),
    (66.471e6, 66.479e6),
    (303.261e9, 303.269e9),
    (879.241e6, 879.249e6),
)
"""The same where it prints them one step apart."""


def look(day: int, trues: dict[str, float], via: Any = "page") -> Snapshot:
    """A snapshot of true figures as the site prints them."""
    readings = {}
    for key, true in trues.items():
        read = quantity.parse(compact(METRIC[key], true), METRIC[key])
        readings[key] = Reading(read.value, read.half_width, METRIC[key].unit, read.shown)
    slot = T0 + day * DAY
    return Snapshot("dapp_expert", slot, slot, "live", Look(readings, via))


def fill(store: Store, pairs: tuple[tuple[float, float], ...]) -> list[Snapshot]:
    """Sixty days of true figures that change every day, within the rounding, and at the end."""
    looks = [
        look(day, {key: pair[day % 2] for key, pair in zip(KEYS, pairs, strict=True)})
        for day in range(60)
    ]
    looks.append(look(60, {key: pair[1] for key, pair in zip(KEYS, pairs, strict=True)}))
    store.add(looks, EVERY)
    return looks


@pytest.mark.parametrize("pairs", [QUIET, STEPS])
def test_nothing_claims_a_change(store: Store, pairs: tuple[tuple[float, float], ...]) -> None:
    """Series, digest, moves and the comparison of sources say that nothing is known to change."""
    fill(store, pairs)
    info = store.source("dapp_expert")
    assert info is not None
    # An exact figure that is the same has not changed; of any other that is not known.
    quiet = {key: key == "blockchains" for key in KEYS}
    for days in (1, 7, 59):
        told = series(store, info, NOW - days * DAY, NOW)["deltas"]
        assert {key: not one["within_rounding"] for key, one in told.items()} == quiet
        assert told["blockchains"]["change"] == 0
        found = digest(store, EVERY, NOW - days * DAY, NOW)
        for form in (text, markdown):
            assert form(found).count("change within rounding") == 4
            assert " % (" not in form(found)
        [source] = json.loads(as_json(found))["sources"]
        assert {
            one["metric"]: not one["change"]["within_rounding"] for one in source["figures"]
        } == quiet
        assert source["moves"] == []
    for key in KEYS:
        kept = history(store, info, key)
        assert moves(METRIC[key], kept) == []
        one, other = kept, history(store, info, key, T0 + DAY)
        compared = ratio(one, other)
        assert len(compared.times) == 60
        assert all(
            low is not None and high is not None and low <= 1 <= high
            for low, high in zip(compared.low, compared.high, strict=True)
        )


@pytest.mark.parametrize(
    ("key", "before", "after", "believed"),
    [
        ("volume_30d", "$0.01", "$0.00", True),
        ("volume_30d", "$0.02", "$0.00", False),
        ("dapps", "16.23K", "162.35K", True),
        ("dapps", "16.23K", "162.36K", False),
        ("dapps", "162.35K", "16.23K", True),
        ("dapps", "162.36K", "16.23K", False),
    ],
)
def test_what_rounding_may_make_is_not_suspect(
    store: Store, key: str, before: str, after: str, believed: bool
) -> None:
    """A sudden zero, and ten times in a day, must be so wherever the true figures lie."""
    metric = METRIC[key]
    looks = []
    for hour, shown in enumerate((before, after)):
        read = quantity.parse(shown, metric)
        reading = Reading(read.value, read.half_width, metric.unit, shown)
        slot = T0 + hour * HOUR
        looks.append(Snapshot("dapp_expert", slot, slot, "live", Look({key: reading}, "page")))
    store.save(looks[0], HOUR)
    assert (judged(store, looks[1]).look.readings[key].value is not None) is believed


TRUE: Final = st.integers(min_value=1, max_value=9 * 10**14)


@given(st.sampled_from(KEYS), TRUE, TRUE)
def test_a_change_that_is_told_has_its_sign(key: str, before: int, after: int) -> None:
    """Whatever the true figures are, what is printed of them claims no change that is none."""
    shown = [compact(METRIC[key], float(true)) for true in (before, after)]
    one, other = (quantity.parse(text, METRIC[key]) for text in shown)
    change = other.value - one.value
    if change and not within_rounding(change, one.half_width + other.half_width):
        assert (change > 0) is (after > before)


@pytest.mark.parametrize(
    ("change", "rounding", "within"),
    [
        (0.0, 0.0, False),
        (1e-9, 0.0, False),
        (0.0, 5.0, True),
        (-10.0, 10.0, True),
        (10.1, 10.0, False),
        (0.30 - 0.29, 0.005 + 0.005, True),
        (303.27e9 - 303.26e9, 10e6, True),
    ],
)
def test_the_border(change: float, rounding: float, within: bool) -> None:
    """One step of the site is within rounding, also where floats make it a little more."""
    assert within_rounding(change, rounding) is within
