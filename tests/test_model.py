"""The model: the closed list of metrics, slots and times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import KEYS, METRIC, METRICS, from_ms, iso, slot_of, to_ms
from tests.conftest import T0, snapshot

moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
intervals = st.integers(1, 60 * 24 * 40).map(lambda minutes: timedelta(minutes=minutes))


def test_metrics() -> None:
    """The five figures stand in the order of the site's header, with their units and kinds."""
    assert [(metric.key, metric.unit, metric.kind) for metric in METRICS] == [
        ("dapps", "count", "level"),
        ("blockchains", "count", "level"),
        ("active_users", "count", "level"),
        ("volume_30d", "USD", "rolling sum, 30 days"),
        ("transactions_30d", "count", "rolling sum, 30 days"),
    ]
    assert tuple(METRIC) == KEYS
    assert [metric.key for metric in METRICS if metric.disputed] == ["transactions_30d"]


@pytest.mark.parametrize(
    ("taken_at", "every", "slot"),
    [
        ("2026-01-31T06:59:59.999Z", timedelta(hours=1), "2026-01-31T06:00:00Z"),
        ("2026-01-31T06:00:00Z", timedelta(hours=1), "2026-01-31T06:00:00Z"),
        ("2026-01-31T08:10:00+02:00", timedelta(minutes=15), "2026-01-31T06:00:00Z"),
        ("2026-01-31T23:00:00Z", timedelta(days=1), "2026-01-31T00:00:00Z"),
        ("1969-12-31T23:59:00Z", timedelta(hours=1), "1969-12-31T23:00:00Z"),
    ],
)
def test_slot_of(taken_at: str, every: timedelta, slot: str) -> None:
    """A slot is the instant floored to the interval, in UTC, whatever zone it is written in."""
    assert iso(slot_of(datetime.fromisoformat(taken_at), every)) == slot


@given(moments, intervals)
def test_slot_holds_its_moment(moment: datetime, every: timedelta) -> None:
    """The slot is not after the moment, the next one is, and a slot is its own slot."""
    slot = slot_of(moment, every)
    assert slot <= moment < slot + every
    assert slot_of(slot, every) == slot


@given(st.integers(-(10**12), 7 * 10**12))
def test_milliseconds_round_trip(milliseconds: int) -> None:
    """Milliseconds become an instant in UTC and the same milliseconds again."""
    instant = from_ms(milliseconds)
    assert instant.utcoffset() == timedelta(0)
    assert to_ms(instant) == milliseconds
    assert to_ms(datetime.fromisoformat(iso(instant))) == milliseconds


def test_to_ms_knows_zones() -> None:
    """The same instant in two zones is one number."""
    there = datetime(2026, 1, 31, 8, tzinfo=timezone(timedelta(hours=2)))
    assert to_ms(there) == to_ms(T0) == 1_769_839_200_000


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (T0, "2026-01-31T06:00:00Z"),
        (T0 + timedelta(milliseconds=7), "2026-01-31T06:00:00.007Z"),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T23:00:00Z"),
    ],
)
def test_iso(instant: datetime, text: str) -> None:
    """Times are written in UTC with a Z, milliseconds only where there are any."""
    assert iso(instant) == text


def test_complete_and_empty() -> None:
    """A look is complete with all five figures, empty with none, and neither in between."""
    none = snapshot().look
    some = snapshot(dapps=1.0).look
    full = snapshot(figures=dict.fromkeys(KEYS, 0.0)).look
    assert [(look.complete, look.empty) for look in (none, some, full)] == [
        (False, True),
        (False, False),
        (True, False),
    ]
