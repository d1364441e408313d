"""Snapshots for the tests, as a collector would have read them, and documents at random."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from data.model import METRICS, Headline, Look, Reading, Snapshot, slot_of
from data.rounding import compact, half_width

HOUR = timedelta(hours=1)
SEEN = (16_230.0, 78.0, 66_470_000.0, 303_260_000_000.0, 879_240_000.0)
"""The five figures of one look at the site."""


def snapshot(
    taken_at: datetime,
    values: Iterable[float | None] = SEEN,
    headlines: Iterable[Headline] = (),
    source: str = "dapp_expert",
) -> Snapshot:
    """One look at the header; None is a figure that the page left empty."""
    readings = {}
    for metric, value in zip(METRICS, values, strict=True):
        if value is None:
            readings[metric.key] = Reading(None, None, metric.unit, None, "the page left it empty")
            continue
        shown = compact(metric, value)
        width = half_width(metric, value, shown, "page")
        readings[metric.key] = Reading(value, width, metric.unit, shown)
    look = Look(readings, "page", headlines=tuple(headlines))
    return Snapshot(source, slot_of(taken_at, HOUR), taken_at, "live", look)


def any_json(*keys: str) -> st.SearchStrategy[Any]:
    """Any value that JSON can hold; objects often have the given keys, texts are often them."""
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([*keys, "txcount", "2026-01-30", "CEX"]),
        st.text(st.characters(codec="utf-8"), max_size=5),
    )
    return st.recursive(
        scalars,
        lambda below: (
            st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(keys), below, max_size=5)
        ),
        max_leaves=20,
    )
