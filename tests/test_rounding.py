"""Rounding: what the site's number format prints, and how far the truth may lie from it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import KEYS, METRIC, Via
from data.rounding import SCALES, compact, half_width, printed_half_width

GOLDEN = json.loads((Path(__file__).parent / "fixtures" / "intl_compact.json").read_text())
LETTERS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def test_compact_is_the_browsers() -> None:
    """Every golden value of a real Intl.NumberFormat comes out the same, as count and as price."""
    ours = [
        [value, compact(METRIC["dapps"], value), compact(METRIC["volume_30d"], value)]
        for value, _, _ in GOLDEN["rows"]
    ]
    assert len(ours) > 300
    assert ours == GOLDEN["rows"]


@pytest.mark.parametrize("column", [1, 2])
def test_the_truth_lies_within_the_half_width(column: int) -> None:
    """What the browser shows, read back, is never further from the truth than its half-width."""
    metric = METRIC["dapps" if column == 1 else "volume_30d"]
    for row in GOLDEN["rows"]:
        value, shown = Decimal(repr(row[0])), row[column]
        letter = shown[-1] if shown[-1] in "KMBT" else ""
        read = Decimal(shown.strip("$KMBT").replace(",", "")) * LETTERS[letter]
        width = half_width(metric, float(read), shown, "page")
        assert width is not None
        if metric.priced or value >= 1000 or value == int(value):
            assert abs(value - read) <= Decimal(repr(width)), (value, shown, width)


@pytest.mark.parametrize(
    ("key", "value", "shown", "via", "expected"),
    [
        ("dapps", None, "soon", "page", None),
        ("dapps", 16_230.0, "16.23K", "payload", 0.0),
        ("dapps", 16_230.0, "16.23K", "api", 0.0),
        ("dapps", 16_230.0, "16.23K", "page", 5.0),
        ("dapps", 16_200.0, "16.2K", "page", 5.0),
        ("dapps", 16_000.0, "16K", "text", 5.0),
        ("dapps", 16_230.0, "16,23 тыс.", "page", 5.0),
        ("blockchains", 78.0, "78", "page", 0.0),
        ("active_users", 51.31e6, "51.31M", "page", 5e3),
        ("active_users", 51.31e6, "51,31\u00a0млн", "page", 5e3),
        ("volume_30d", 303.26e9, "$303.26B", "page", 5e6),
        ("volume_30d", 303.26e9, "303,26\u202fмлрд\u00a0$", "page", 5e6),
        ("volume_30d", 1.05e12, "1,05 трлн $", "page", 5e9),
        ("volume_30d", 12.34, "$12.34", "page", 0.005),
        ("transactions_30d", 12.0, "$12.00", "page", 0.005),
        ("dapps", 16_234.0, "16,234", "page", 0.0),
        ("dapps", 16_230.0, None, "page", 5.0),
        ("volume_30d", 303.26e9, None, "text", 5e6),
        ("blockchains", 78.0, None, "page", 0.0),
        ("volume_30d", 999.99, None, "page", 0.005),
        ("blockchains", 78.0, "78 Blockchains", "text", 0.0),
        ("blockchains", 78.0, "78\nMost used chains", "text", 0.0),
    ],
)
def test_half_width(
    key: str, value: float | None, shown: str | None, via: Via, expected: float | None
) -> None:
    """Payload and API are exact; a page's text says its scale; without a text the size does."""
    assert half_width(METRIC[key], value, shown, via) == expected


@given(
    st.sampled_from(["dapps", "volume_30d"]),
    st.integers(0, 10**15) | st.floats(0, 1e15, allow_nan=False),
)
def test_compact_reads_back_within_the_half_width(key: str, value: float) -> None:
    """For any figure, its shown text read back lies within the half-width that text implies."""
    metric, shown = METRIC[key], compact(METRIC[key], value)
    number = shown.lstrip("$").replace(",", "")
    scale = SCALES.get(number[-1], 1)
    read = Decimal(number.rstrip("KMBT")) * scale
    width = half_width(metric, float(read), shown, "page")
    assert width is not None
    allowed = Decimal(repr(width)) if scale > 1 or metric.priced else Decimal("0.005")
    assert abs(Decimal(repr(value)) - read) <= allowed


EDGES = [
    999.99,
    999.9949999999999,
    999.995,
    1_000.0,
    999_994.9,
    999_995.0,
    999_994_999.0,
    999_995_000.0,
    999_994_999_999.0,
    999_995_000_000.0,
]


@pytest.mark.parametrize("key", KEYS)
@given(st.sampled_from(EDGES) | st.floats(0, 1e17))
def test_half_width_of_a_printed_value(key: str, value: float) -> None:
    """It is the one that the printed text tells, also where rounding brings the next suffix."""
    for via in get_args(Via):
        told = half_width(METRIC[key], value, compact(METRIC[key], value), via)
        assert printed_half_width(METRIC[key], value, via) == told
    assert printed_half_width(METRIC[key], None, "page") is None
