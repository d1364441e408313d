"""Compact figures: what the site prints is read, everything else is refused."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.quantity import Quantity, QuantityError, parse
from data.model import METRIC, METRICS, Metric

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "fixtures" / "intl.json").read_text("utf-8")
)["rows"]

READ = [
    ("dapps", "16.23K", 16_230, 5),
    ("dapps", "1K", 1_000, 5),
    ("dapps", "1.5K", 1_500, 5),
    ("blockchains", "78", 78, 0),
    ("blockchains", "0", 0, 0),
    ("active_users", "66.47M", 66_470_000, 5_000),
    ("volume_30d", "$303.26B", 303_260_000_000, 5_000_000),
    ("volume_30d", "US$303.26B", 303_260_000_000, 5_000_000),
    ("volume_30d", "$1234.57T", 1_234_570_000_000_000, 5_000_000_000),
    ("volume_30d", "$12,345.67T", 12_345_670_000_000_000, 5_000_000_000),
    ("volume_30d", "$0.00", 0, 0.005),
    ("volume_30d", "$12.34", 12.34, 0.005),
    ("transactions_30d", "$879.24M", 879_240_000, 5_000),
    ("transactions_30d", "879.24M", 879_240_000, 5_000),
    ("transactions_30d", "879,24 млн $", 879_240_000, 5_000),
    ("dapps", "16,23 тыс.", 16_230, 5),
    ("dapps", "16,23\u00a0тыс.", 16_230, 5),
    ("active_users", "66,47\u202fмлн", 66_470_000, 5_000),
    ("volume_30d", "303,26\u00a0млрд\u00a0$", 303_260_000_000, 5_000_000),
    ("volume_30d", "1\u00a0234\u00a0567,00\u00a0трлн\u00a0$", 1.234567e18, 5_000_000_000),
    ("dapps", "16,230", 16_230, 0),
    ("dapps", "16 230", 16_230, 0),
    ("dapps", "16230", 16_230, 0),
    ("dapps", "  16.23K\n", 16_230, 5),
    ("dapps", "9" * 40, 1e40, 0),
]

REFUSED = [
    ("volume_30d", "€303.26B", "not US dollars"),
    ("volume_30d", "£303.26B", "not US dollars"),
    ("volume_30d", "BTC 303.26B", "not US dollars"),
    ("volume_30d", "BTC\u00a0303.26B", "not US dollars"),
    ("volume_30d", "303,26 млрд €", "not US dollars"),
    ("volume_30d", "CA$303.26B", "not US dollars"),
    ("volume_30d", "R$303.26B", "not US dollars"),
    ("volume_30d", "$303.26B CAD", "not US dollars"),
    ("transactions_30d", "€879.24M", "not US dollars"),
    ("volume_30d", "303.26B", "no dollar sign"),
    ("dapps", "$16.23K", "a price where a count belongs"),
    ("dapps", "-5", "negative"),
    ("volume_30d", "-$5.00K", "negative"),
    ("volume_30d", "$\u22125.00K", "negative"),
    ("dapps", "", "empty"),
    ("dapps", " \u00a0", "empty"),
    ("dapps", "16.23.1K", "not a figure"),
    ("dapps", "1e5", "not a figure"),
    ("dapps", "NaN", "not a figure"),
    ("dapps", "Infinity", "not a figure"),
    ("dapps", "—", "not a figure"),
    ("dapps", "16.23Q", "not a figure"),
    ("dapps", "16.23k", "not a figure"),
    ("dapps", "16,23K", "not a figure"),
    ("dapps", "16.234K", "not a figure"),
    ("dapps", "16.23 тыс.", "not a figure"),
    ("dapps", "16,23 тыс", "not a figure"),
    ("dapps", "1,23,456", "not a figure"),
    ("dapps", "1234,567", "not a figure"),
    ("dapps", "016.23K", "not a figure"),
    ("dapps", "16.23K 17.01K", "not a figure"),
    ("dapps", "16\n230", "not a figure"),
    ("dapps", "١٦", "not a figure"),
    ("dapps", "1234.5K", "not a figure: a thousand or more before the scale"),
    ("dapps", "0.50K", "not a figure: zero before the scale"),
    ("dapps", "16,2", "a decimal comma or a group: unclear"),
    ("dapps", "16.2", "a fraction where a count belongs"),
    ("dapps", "NFTs 16", "not a figure"),
    ("dapps", "wETH 16", "not a figure"),
    ("dapps", "9" * 41, "not a figure: too long"),
    ("dapps", "9" * 5_000, "not a figure: too long"),
]


@pytest.mark.parametrize(("key", "text", "value", "half_width"), READ)
def test_read(key: str, text: str, value: float, half_width: float) -> None:
    """A figure in one of the site's formats has its value, its rounding and its own text."""
    assert parse(text, METRIC[key]) == Quantity(value, half_width, METRIC[key].unit, text.strip())


@pytest.mark.parametrize(("key", "text", "reason"), REFUSED)
def test_refused(key: str, text: str, reason: str) -> None:
    """What the site would not print, or what is not dollars, is refused with its reason."""
    with pytest.raises(QuantityError) as caught:
        parse(text, METRIC[key])
    assert str(caught.value) == reason


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['locale']} {row['shown']}")
def test_golden(row: dict[str, Any]) -> None:
    """What a real Intl.NumberFormat printed is read back to within its rounding."""
    metric = METRIC["volume_30d" if row["priced"] else "dapps"]
    quantity = parse(row["shown"], metric)
    assert abs(quantity.value - row["value"]) <= quantity.half_width * (1 + 1e-9)
    assert quantity.half_width <= max(0.005, quantity.value / 200)


def printed(value: Decimal, locale: str, priced: bool) -> str:
    """The site's number format, written here a second time from its rules."""
    names = {
        "en": ["", "K", "M", "B", "T"],
        "ru": ["", "\u00a0тыс.", "\u00a0млн", "\u00a0млрд", "\u00a0трлн"],
    }[locale]
    step = Decimal("0.01")
    place = 0
    while place < 4 and (value / 1000**place).quantize(step, ROUND_HALF_UP) >= 1000:
        place += 1
    digits = f"{(value / 1000**place).quantize(step, ROUND_HALF_UP):.2f}"
    if not priced:
        digits = digits.rstrip("0").rstrip(".")
    if locale == "en":
        return ("$" if priced else "") + digits + names[place]
    return digits.replace(".", ",") + names[place] + ("\u00a0$" if priced else "")


@given(
    st.integers(0, 9_999 * 10**12),
    st.integers(0, 15),
    st.sampled_from(["en", "ru"]),
    st.sampled_from(METRICS),
)
def test_round_trip(size: int, shift: int, locale: str, metric: Metric) -> None:
    """Any figure, printed as the site prints it, comes back to within its half-width."""
    true = Decimal(size // 10**shift)
    quantity = parse(printed(true, locale, metric.priced), metric)
    assert abs(Decimal(quantity.value) - true) <= Decimal(quantity.half_width) * (
        1 + Decimal("1e-9")
    )


@given(
    st.text(alphabet="0123456789.,KMBT$ \u00a0тысмлнрд-e€", max_size=12), st.sampled_from(METRICS)
)
def test_never_more_than_the_digits_say(text: str, metric: Metric) -> None:
    """Whatever is read has the digits of its text, and no others, before the scale's zeros."""
    try:
        quantity = parse(text, metric)
    except QuantityError:
        return
    digits = "".join(char for char in text if char.isdecimal()).lstrip("0")
    assert f"{Decimal(quantity.value):f}".replace(".", "").strip("0").startswith(digits.rstrip("0"))
    assert quantity.value >= 0
