"""Rows: the texts of a snapshot come back whatever they are, and usual ones take no room."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import KEYS, METRIC
from data.rounding import compact
from data.rows import AS_PRINTED, shown_column, shown_of

values = st.none() | st.floats(0, 1e300) | st.integers(0, 10**13).map(float)
texts = st.none() | st.sampled_from(["", "=", "16.23K", "16,23 тыс.", "-"]) | st.text(max_size=5)


@st.composite
def figures(draw: Any) -> tuple[dict[str, float | None], dict[str, str | None]]:
    """Values with their texts, most of them as printed, any of them not."""
    read = {key: draw(values) for key in KEYS}
    usual = draw(st.lists(st.sampled_from(KEYS))) if draw(st.booleans()) else KEYS
    shown: dict[str, str | None] = {}
    for key in KEYS:
        value = read[key]
        printed = value is not None and value < 1e18 and key in usual
        shown[key] = compact(METRIC[key], value) if printed and value is not None else draw(texts)
    return read, shown


@given(figures())
def test_texts_come_back(
    given: tuple[dict[str, float | None], dict[str, str | None]],
) -> None:
    """Any texts beside any values are the same after they were kept."""
    read, shown = given
    column = shown_column(read, shown)
    kept = {key: text for key, text in shown.items() if text is not None}
    assert shown_of({**read, "shown": column}) == kept
    assert (column is None) == (not kept)


READ: dict[str, float | None] = {
    "dapps": 16_230.0,
    "blockchains": 78.0,
    "active_users": None,
    "volume_30d": 303.26e9,
    "transactions_30d": 879.24e6,
}
PRINTED = {
    "dapps": "16.23K",
    "blockchains": "78",
    "volume_30d": "$303.26B",
    "transactions_30d": "$879.24M",
}


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({}, True),
        ({"active_users": None}, True),
        ({"dapps": "16,23 тыс."}, False),
        ({"dapps": "16.230K"}, False),
        ({"dapps": None}, False),
        ({"active_users": "soon"}, False),
        ({"active_users": "="}, False),
    ],
)
def test_usual_texts_are_a_mark(changes: dict[str, str | None], marked: bool) -> None:
    """The mark stands for the very texts that the site prints for the values, and no others."""
    shown = {**PRINTED, **changes}
    column = shown_column(READ, shown)
    assert (column == AS_PRINTED) == marked
    assert shown_of({**READ, "shown": column}) == {k: v for k, v in shown.items() if v is not None}


def test_older_rows_are_read_as_they_are() -> None:
    """Texts that an earlier version kept as JSON are the same texts."""
    row = {**READ, "shown": '{"dapps":"16.23K","blockchains":"78"}'}
    assert shown_of(row) == {"dapps": "16.23K", "blockchains": "78"}
    assert shown_of({**READ, "shown": None}) == {}
