"""Status: a failure never looks fresh, and what was missed is counted."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from data import journal
from data.model import SAMPLE, Origin, Outcome, Run
from data.outbox import count
from data.statements import text
from data.status import COLOURS, STATES, status
from data.store import Store
from tests.conftest import HOUR, T0, snapshot

SOURCE = "dapp_expert"


def test_nothing_yet(store: Store) -> None:
    """A source that was never read is stale, and has missed nothing."""
    found = status(store, SOURCE, HOUR, T0 + HOUR / 2)
    assert (found.last_success, found.age, found.stale) == (None, None, True)
    assert (found.expected, found.missed, found.next_slot) == (0, 0, T0 + HOUR)
    assert (found.last_run, found.last_error, found.pages) == (None, None, 0)


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        (timedelta(0), False),
        (3 * HOUR - timedelta(milliseconds=1), False),
        (3 * HOUR, True),
        (30 * HOUR, True),
    ],
)
def test_stale(store: Store, age: timedelta, stale: bool) -> None:
    """Fresh while younger than three intervals, counted from when it was taken."""
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + age)
    assert (found.age, found.stale) == (age, stale)
    assert json.loads(json.dumps(found.json()))["age_s"] == age.total_seconds()


def test_a_clock_that_ran_ahead_does_not_look_fresh(store: Store) -> None:
    """A snapshot from the future, by a clock that was wrong or from an import, is no success."""
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    store.save(snapshot(T0 + 8760 * HOUR, dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + 5 * HOUR)
    assert (found.last_success, found.age, found.stale) == (T0, 5 * HOUR, True)


def test_failures_do_not_look_fresh(store: Store) -> None:
    """A failed run and a look that read nothing leave the last success where it was."""
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    store.save(snapshot(T0 + 4 * HOUR, problems={"dapps": "gone"}), HOUR)
    failed = Run(SOURCE, T0 + 5 * HOUR, T0 + 5 * HOUR, T0 + 5 * HOUR, "failed", message="HTTP 500")
    store.add_runs([failed])
    found = status(store, SOURCE, HOUR, T0 + 5 * HOUR)
    assert found.last_success == T0
    assert found.stale
    assert (found.last_run, found.last_error) == (failed, failed)


def test_missed_slots(store: Store) -> None:
    """Slots between the first snapshot and now without one are missed; the current one is not."""
    for hours in (0, 1, 4):
        store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + 6 * HOUR + HOUR / 2)
    assert (found.expected, found.missed) == (6, 3)


def test_source_that_only_failed_missed_its_slots(store: Store) -> None:
    """Slots count from the first try on, whether or not it gave anything."""
    store.add_runs([Run(SOURCE, T0, T0, T0, "failed", message="no", attempts=3)])
    found = status(store, SOURCE, HOUR, T0 + 3 * HOUR)
    assert (found.expected, found.missed, found.age) == (3, 3, None)


def test_history_from_elsewhere_is_not_missed(store: Store) -> None:
    """Slots are missed since the first live look; what was filled in from before asks for none."""
    store.save(snapshot(T0 - 48 * HOUR, origin="wayback", dapps=1.0), HOUR)
    assert status(store, SOURCE, HOUR, T0 + HOUR / 2).expected == 0
    store.save(snapshot(dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + 2 * HOUR + HOUR / 2)
    assert (found.expected, found.missed) == (2, 1)


def test_late_slots(store: Store) -> None:
    """A slot looked at after a quarter of its time was late; what was filled in later was not."""
    looks: list[tuple[int, int, Origin]] = [
        (0, 15, "live"),
        (1, 16, "live"),
        (2, 59, "live"),
        (3, 59, "file"),
    ]
    for hours, late, origin in looks:
        at = T0 + timedelta(hours=hours, minutes=late)
        store.save(snapshot(T0 + hours * HOUR, taken_at=at, origin=origin, dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + 5 * HOUR)
    assert (found.late, found.missed) == (2, 1)


def test_missed_slots_of_thirty_days(store: Store) -> None:
    """Only the last thirty days are counted."""
    store.save(snapshot(dapps=1.0), HOUR)
    found = status(store, SOURCE, HOUR, T0 + timedelta(days=90))
    assert found.expected == found.missed == 30 * 24 - 1


def test_slots_finer_than_the_interval(store: Store) -> None:
    """Several snapshots in one interval count once."""
    for minute in range(0, 180, 10):
        store.save(snapshot(T0 + timedelta(minutes=minute), dapps=1.0), timedelta(minutes=10))
    found = status(store, SOURCE, HOUR, T0 + 3 * HOUR)
    assert (found.expected, found.missed) == (3, 0)


@pytest.mark.parametrize(
    ("outcome", "hours", "state"),
    [
        ("failed", 1, "failing"),
        ("outbox", 1, "failing"),
        ("partial", 1, "fresh"),
        ("failed", -1, "fresh"),
        ("stored", 1, "fresh"),
    ],
)
def test_failing(store: Store, outcome: Outcome, hours: int, state: str) -> None:
    """A source is failing while its newest try since the last success came to nothing."""
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    at = T0 + hours * HOUR
    store.add_runs([Run(SOURCE, at, at, at, outcome, message="No.")])
    assert status(store, SOURCE, HOUR, T0 + 2 * HOUR).state == state


def test_a_word_for_each_state(store: Store) -> None:
    """No data, fresh, stale; the sample is neither well nor badly."""
    assert status(store, SOURCE, HOUR, T0).state == "no_data"
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    assert status(store, SOURCE, HOUR, T0 + HOUR).state == "fresh"
    assert status(store, SOURCE, HOUR, T0 + 4 * HOUR).state == "stale"
    store.save(snapshot(source=SAMPLE, dapps=1.0), HOUR)
    assert status(store, SAMPLE, HOUR, T0 + 90 * HOUR).state == "sample"
    assert STATES.keys() == COLOURS.keys()


def test_newest_errors(store: Store) -> None:
    """The newest five runs that lost a figure, newest first."""
    runs = [
        Run(SOURCE, T0 + n * HOUR, T0 + n * HOUR, None, "stored" if n % 2 else "failed")
        for n in range(20)
    ]
    store.add_runs(runs)
    errors = status(store, SOURCE, HOUR, T0 + 20 * HOUR).errors
    assert [(run.started_at - T0) // HOUR for run in errors] == [18, 16, 14, 12, 10]


def test_newest_errors_by_index(file_store: Store) -> None:
    """The runs that lost a figure are found by the index made for them."""
    said: list[str] = []
    with file_store.reading() as connection:
        connection.raw.set_trace_callback(said.append)
    journal.errors(file_store, SOURCE, 5)
    with file_store.reading() as connection:
        connection.raw.set_trace_callback(None)
        [asked] = [line for line in said if line.startswith("SELECT")]
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
    assert [row[-1] for row in plan] == ["SEARCH runs USING INDEX runs_failed (source=?)"]


def test_json(store: Store) -> None:
    """The object that status --json prints."""
    store.save(snapshot(taken_at=T0, dapps=1.0), HOUR)
    run = Run(SOURCE, T0, T0, T0 + HOUR, "partial", message="volume_30d: not read.")
    store.add_runs([run])
    assert status(store, SOURCE, HOUR, T0 + HOUR).json() == {
        "source": SOURCE,
        "every_s": 3600.0,
        "last_success": "2026-01-31T06:00:00Z",
        "age_s": 3600.0,
        "state": "fresh",
        "stale": False,
        "next_slot": "2026-01-31T08:00:00Z",
        "expected_slots": 1,
        "missed_slots": 0,
        "late_slots": 0,
        "last_outcome": "partial",
        "last_error": {"at": "2026-01-31T06:00:00Z", "message": "volume_30d: not read."},
        "kept_pages": 0,
    }


def test_count(tmp_path: Path) -> None:
    """What waits in the outbox is counted, drafts and set-aside files are not."""
    assert count(tmp_path / "none") == 0
    for name in ("1.json", "2.json", "3.tmp", "4.unreadable"):
        (tmp_path / name).touch()
    assert count(tmp_path) == 2
