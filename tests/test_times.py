"""Times and durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.errors import UsageError
from data.model import iso
from data.times import duration, moment, shown_age, shown_duration
from tests.conftest import T0


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        (" 7d ", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("1y", timedelta(days=365)),
    ],
)
def test_duration(text: str, span: timedelta) -> None:
    """A number and a unit."""
    assert duration(text) == span


@pytest.mark.parametrize("text", ["", "h", "0h", "-1h", "1.5h", "1 h", "1H", "1mo", "٣d", "1h30m"])
def test_bad_duration(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(UsageError, match="is not a duration: write a number and"):
        duration(text)


@given(st.integers(1, 10**6 - 1), st.sampled_from("smhdwy"))
@example(222_222, "y")
def test_shown_duration_reads_back(number: int, unit: str) -> None:
    """Whatever can be written is shown as what is read back to the same span."""
    span = duration(f"{number}{unit}")
    assert duration(shown_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T06:00:00Z", "2026-01-31T06:00:00Z"),
        ("2026-01-31T06:00:00", "2026-01-31T06:00:00Z"),
        ("2026-01-31T06:00:00+02:00", "2026-01-31T04:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T06:00:00.123987Z", "2026-01-31T06:00:00.123Z"),
        ("24h", "2026-01-30T06:00:00Z"),
        ("7d", "2026-01-24T06:00:00Z"),
    ],
)
def test_moment(text: str, instant: str) -> None:
    """ISO 8601, UTC where it names no zone, to the millisecond; or how long ago."""
    assert iso(moment(text, T0)) == instant


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "31.01.2026", "0001-01-01T00:00:00+14:00", "9999y"]
)
def test_bad_moment(text: str) -> None:
    """What names no moment is refused by what was written."""
    with pytest.raises(UsageError, match="write"):
        moment(text, T0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"),
        (12, "12 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
    ],
)
def test_shown_age(seconds: int, shown: str) -> None:
    """An age is told in the largest unit of which there are two."""
    assert shown_age(timedelta(seconds=seconds)) == shown
