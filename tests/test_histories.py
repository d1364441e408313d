"""Histories: few readings a day come from the store, each with its time and its rounding."""

from datetime import UTC, datetime, timedelta

import pytest

from data.histories import histories, history
from data.insight.history import History
from data.model import MILLISECOND, from_ms, slot_of
from data.store import Store
from tests.conftest import HOUR, snapshot

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 2, 1, tzinfo=UTC)
"""At which a source that is read each fifth hour has a slot."""


def fill(store: Store, every: timedelta, days: int = 2) -> None:
    """A snapshot at each slot of some days; dapps are the hours since MIDNIGHT."""
    first = slot_of(MIDNIGHT - MILLISECOND, every) + every
    slots = [first + number * every for number in range(-(-days * DAY // every))]
    store.add(
        [snapshot(slot, taken_at=slot, dapps=(slot - MIDNIGHT) / HOUR) for slot in slots],
        {"dapp_expert": every},
    )


def read(store: Store, key: str = "dapps", since: datetime | None = None) -> History:
    """The history of a source that is there."""
    info = store.source("dapp_expert")
    assert info is not None
    return history(store, info, key, since)


def hours(found: History) -> list[float]:
    """Times as hours after MIDNIGHT."""
    return [(from_ms(time) - MIDNIGHT) / HOUR for time in found.times]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (MINUTE, [0, 6, 12, 18, 24, 30, 36, 42, 47 + 59 / 60]),
        (7 * MINUTE, [5.93, 12, 17.95, 23.9, 29.97, 35.92, 41.98, 47.93, 48.05]),
        (HOUR, [0, 6, 12, 18, 24, 30, 36, 42, 47]),
        (5 * HOUR, [0, 5, 10, 15, 20, 30, 35, 40, 45]),
        (DAY, [0, 24]),
    ],
)
def test_four_a_day(store: Store, every: timedelta, expected: list[float]) -> None:
    """The last slot up to each sixth hour of the day, and the newest, however often it is read."""
    fill(store, every)
    found = read(store)
    assert hours(found) == pytest.approx(expected, abs=0.01)
    assert found.values == hours(found)


def test_nothing_was_kept(store: Store) -> None:
    """A figure that no snapshot has gives an empty history."""
    fill(store, DAY)
    assert read(store, "blockchains") == History([], [], [])


def test_unread_figures_and_missing_slots(store: Store) -> None:
    """Where a slot is missing, or the figure in it, the last one before it within six hours is
    taken; where there is none, nothing is.
    """
    store.add(
        [
            snapshot(MIDNIGHT + 4 * HOUR, dapps=4.0),
            snapshot(MIDNIGHT + 6 * HOUR, blockchains=1.0),
            snapshot(MIDNIGHT + 11 * HOUR, dapps=11.0),
            snapshot(MIDNIGHT + 72 * HOUR, dapps=72.0),
            snapshot(MIDNIGHT + 73 * HOUR, dapps=73.0),
            snapshot(MIDNIGHT + 74 * HOUR),
        ],
        {"dapp_expert": HOUR},
    )
    assert read(store).values == [4, 11, 72, 73]


def test_first_instant_of_a_day(store: Store) -> None:
    """A reading at midnight ends the day before, and counts where that day has no other."""
    store.add(
        [
            snapshot(MIDNIGHT - DAY + 23 * HOUR, dapps=1.0),
            snapshot(MIDNIGHT, dapps=2.0),
            snapshot(MIDNIGHT + 9 * DAY, dapps=3.0),
        ],
        {"dapp_expert": HOUR},
    )
    assert read(store).values == [2, 3]


def test_time_of_a_reading(store: Store) -> None:
    """It is when the site says that it made the figures, else when they were fetched; of two of
    one time the later look counts, and one that goes back stands where it belongs.
    """
    late = [MIDNIGHT + number * 6 * HOUR for number in range(5)]
    store.add(
        [
            snapshot(late[0], taken_at=late[0] + MINUTE, dapps=1.0),
            snapshot(late[1], as_of=late[1] - HOUR, dapps=2.0),
            snapshot(late[2], as_of=late[1] - HOUR, dapps=3.0),
            snapshot(late[3], as_of=late[3] - HOUR, dapps=4.0),
            snapshot(late[4], as_of=late[3] - 2 * HOUR, dapps=5.0),
        ],
        {"dapp_expert": 6 * HOUR},
    )
    found = read(store)
    assert hours(found) == pytest.approx([1 / 60, 5, 16, 17])
    assert found.values == [1, 3, 5, 4]


def test_half_widths(store: Store) -> None:
    """Figures of a payload are exact; others as their text tells, or their size without one."""
    figures = {"volume_30d": 303_260_000_000.0}
    slots = [MIDNIGHT + number * 6 * HOUR for number in range(4)]
    store.add(
        [
            snapshot(slots[0], figures=figures, shown={"volume_30d": "$303.26B"}),
            snapshot(slots[1], figures=figures, shown={"volume_30d": "$303.26B"}, via="page"),
            snapshot(slots[2], figures=figures, shown={"volume_30d": "$303260M"}, via="text"),
            snapshot(slots[3], figures=figures, via="page"),
        ],
        {"dapp_expert": 6 * HOUR},
    )
    assert read(store, "volume_30d").half_widths == [0, 5e6, 5e3, 5e6]


def test_since(store: Store) -> None:
    """Only readings whose slot is not before ``since``; at most it costs the first quarter."""
    fill(store, HOUR)
    assert hours(read(store, since=MIDNIGHT + 15 * HOUR)) == [18, 24, 30, 36, 42, 47]
    assert hours(read(store, since=MIDNIGHT + 18 * HOUR))[0] == 18
    assert hours(read(store, since=MIDNIGHT + 24 * HOUR))[0] == 24
    assert read(store, since=MIDNIGHT + 9 * DAY).times == []


def test_several_figures(store: Store) -> None:
    """Figures that are read together have the histories that each has alone, with their holes."""
    slots = [MIDNIGHT + number * 2 * HOUR for number in range(36)]
    looks = [
        snapshot(
            slot,
            via="page",
            dapps=float(number),
            volume_30d=None if number % 5 == 3 else 1e9 + number,
            active_users=None if number < 20 else 7.0,
        )
        for number, slot in enumerate(slots)
    ]
    store.add(looks, {"dapp_expert": 2 * HOUR})
    keys = ["volume_30d", "dapps", "blockchains", "active_users"]
    with store.reading() as connection:
        together = histories(connection, "dapp_expert", keys)
    assert list(together) == keys
    assert together == {key: read(store, key) for key in keys}
    assert [len(one.times) for one in together.values()] == [13, 13, 0, 6]
