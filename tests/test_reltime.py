"""Relative dates: the interval holds every instant that dayjs would have worded so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.reltime import interval, is_relative, months_before

TAKEN_AT = datetime(2025, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "oldest", "youngest"),
    [
        ("a few seconds ago", timedelta(seconds=44), timedelta(0)),
        ("a minute ago", timedelta(seconds=89), timedelta(seconds=45)),
        ("an hour ago", timedelta(minutes=89), timedelta(minutes=45)),
        ("a day ago", timedelta(hours=35), timedelta(hours=22)),
        ("2 days ago", timedelta(hours=60), timedelta(hours=36)),
        ("a month ago", timedelta(days=45), timedelta(days=26)),
        ("несколько секунд назад", timedelta(seconds=44), timedelta(0)),
        ("минуту назад", timedelta(seconds=89), timedelta(seconds=45)),
        ("минута назад", timedelta(seconds=89), timedelta(seconds=45)),
        ("5 минут назад", timedelta(minutes=5.5), timedelta(minutes=4.5)),
        ("час назад", timedelta(minutes=89), timedelta(minutes=45)),
        ("3 часа назад", timedelta(hours=3.5), timedelta(hours=2.5)),
        ("день назад", timedelta(hours=35), timedelta(hours=22)),
        ("2\u00a0дня назад", timedelta(hours=60), timedelta(hours=36)),
        ("месяц назад", timedelta(days=45), timedelta(days=26)),
    ],
)
def test_interval(text: str, oldest: timedelta, youngest: timedelta) -> None:
    """Both languages give dayjs's own limits, seen from the capture."""
    assert interval(text, TAKEN_AT) == (TAKEN_AT - oldest, TAKEN_AT - youngest)


@pytest.mark.parametrize("text", ["2 years ago", "2 года назад", "2 Years  ago"])
def test_two_years(text: str) -> None:
    """Two years are 18 to 29 calendar months; a day that a month lacks is its last one."""
    assert interval(text, TAKEN_AT) == (
        datetime(2022, 10, 31, 12, tzinfo=UTC),
        datetime(2023, 9, 30, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", ["a year ago", "год назад"])
def test_a_year(text: str) -> None:
    """A year is 11 to 17 calendar months."""
    assert interval(text, TAKEN_AT) == (
        datetime(2023, 10, 31, 12, tzinfo=UTC),
        datetime(2024, 4, 30, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "in 2 days",
        "через 2 дня",
        "2 years",
        "yesterday",
        "0 days ago",
        "a few days ago",
        "Jul 2, 2025",
        "1 000 days ago",
        "200 years ago",
        "2 года",
        "x" * 5000,
        "2 years ago, he said",
    ],
)
def test_unknown(text: str) -> None:
    """Anything but a relative date in the past is unknown."""
    assert interval(text, TAKEN_AT) is None


def test_is_relative() -> None:
    """A relative date is recognised alone, not inside a sentence."""
    assert is_relative("5 лет назад")
    assert not is_relative("He left 5 years ago")


def worded(age: timedelta) -> str:
    """Dayjs's wording of an age below 46 days, written here from its thresholds."""
    seconds = round(age.total_seconds())
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    days = round(seconds / 86_400)
    if seconds <= 89:
        return "a few seconds ago" if seconds <= 44 else "a minute ago"
    if minutes <= 89:
        return f"{minutes} minutes ago" if minutes <= 44 else "an hour ago"
    if hours <= 35:
        return f"{hours} hours ago" if hours <= 21 else "a day ago"
    return f"{days} days ago" if days <= 25 else "a month ago"


ages = st.integers(0, 35).map(lambda hours: timedelta(hours=hours)) | st.integers(2, 45).map(
    lambda days: timedelta(days=days)
)


@given(ages)
def test_holds_the_truth(age: timedelta) -> None:
    """A story aged a whole number of hours or days lies in the interval of its own wording."""
    found = interval(worded(age), TAKEN_AT)
    assert found is not None
    assert found[0] <= TAKEN_AT - age <= found[1]


@given(st.integers(18, 500))
def test_years_hold_the_truth(months: int) -> None:
    """A story aged any whole number of months from 18 lies in the interval of its years."""
    found = interval(f"{(months + 6) // 12} years ago", TAKEN_AT)
    assert found is not None
    assert found[0] <= months_before(TAKEN_AT, months) <= found[1]


def test_years_leave_no_gap() -> None:
    """Neighbouring numbers of years are a month apart at most, and never overlap."""
    two, three = interval("2 years ago", TAKEN_AT), interval("3 years ago", TAKEN_AT)
    assert two is not None
    assert three is not None
    assert timedelta(0) < two[0] - three[1] <= timedelta(days=31)
