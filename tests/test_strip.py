"""The strip: what became of each slot of thirty days, in few cells, the worst of each showing."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.model import Outcome, Run, slot_of
from data.schema import TABLES
from data.statements import delete
from data.store import Store
from data.strip import MOST_CELLS, READ, STRETCH, Strip, strip
from tests.conftest import HOUR, T0, snapshot

SOURCE = "dapp_expert"
NOW = T0 + 10 * HOUR + HOUR / 2
WHOLE: dict[str, Any] = {"dapps": 1.0, "blockchains": 2.0}
GIVEN = tuple(WHOLE)


def look(store: Store, hours: int, late: timedelta = timedelta(0), **values: Any) -> None:
    """A look at the slot that many hours after T0."""
    slot = T0 + hours * HOUR
    store.save(snapshot(slot, taken_at=slot + late, **(values or WHOLE)), HOUR)


def tried(store: Store, hours: float, outcome: Outcome | None = "failed") -> None:
    """A run that many hours after T0."""
    at = T0 + hours * HOUR
    slot = slot_of(at, HOUR)
    store.add_runs([Run(SOURCE, slot, at, None, outcome, attempts=1)])


def found(store: Store, now: datetime = NOW, every: timedelta = HOUR) -> Strip:
    """The strip of a source that gives two figures."""
    return strip(store, SOURCE, every, now, store.first_try(SOURCE), GIVEN)


def last(strip: Strip, cells: int) -> list[str | None]:
    """The worst outcome of the last so many cells."""
    return [cell.worst for cell in strip.cells[-cells:]]


def counts(store: Store) -> dict[str, int]:
    """How many slots there are of each outcome."""
    return {str(name): number for name, number in found(store).counts.items()}


def test_never_tried(store: Store) -> None:
    """Thirty days in which nothing was due: nothing is missed."""
    strip = found(store)
    assert {cell.worst for cell in strip.cells} == {None}
    assert (strip.counts, strip.expected, strip.missed, strip.late) == ({}, 0, 0, 0)


def test_each_outcome(store: Store) -> None:
    """Whole, late, partial, waiting, failed, killed, not run; and the slot that is due is none."""
    look(store, 0)
    look(store, 1, late=HOUR / 3)
    look(store, 2, dapps=1.0)
    tried(store, 3, "outbox")
    tried(store, 4)
    tried(store, 5, None)
    look(store, 7, problems={"dapps": "gone"})
    assert counts(store) == {
        "whole": 1,
        "late": 1,
        "partial": 1,
        "outbox": 1,
        "not_run": 3,
        "failed": 3,
    }
    strip = found(store)
    assert (strip.expected, strip.missed, strip.late) == (10, 7, 1)


def test_the_best_look_at_a_slot_counts(store: Store) -> None:
    """A try that failed before one that came to a snapshot is made good."""
    for hours in range(9):
        tried(store, hours)
        tried(store, hours + 0.2, "outbox")
        look(store, hours)
    assert counts(store) == {"whole": 9, "not_run": 1}


def test_partial_run_is_told_by_its_snapshot(store: Store) -> None:
    """What a partial look left open and a later one filled is whole."""
    look(store, 9, dapps=1.0)
    tried(store, 9, "partial")
    assert counts(store) == {"partial": 1}
    look(store, 9, **WHOLE)
    assert counts(store) == {"whole": 1}


def test_the_slot_that_is_due(store: Store) -> None:
    """It shows as soon as something became of it, and is never missed before it is over."""
    look(store, 9)
    tried(store, 10, None)
    assert counts(store) == {"whole": 1}
    tried(store, 10.2)
    assert counts(store) == {"whole": 1, "failed": 1}
    assert found(store).missed == 0
    look(store, 10)
    assert counts(store) == {"whole": 2}
    assert found(store).expected == 1


def test_history_from_elsewhere(store: Store) -> None:
    """Captures from before the first try show; the slots between them were not to be looked at."""
    for hours in (0, 3):
        slot = T0 + hours * HOUR
        store.save(snapshot(slot, origin="wayback", taken_at=slot + HOUR / 2, **WHOLE), HOUR)
    look(store, 8)
    assert counts(store) == {"whole": 3, "not_run": 1}
    assert found(store).expected == 2


def test_cells(store: Store) -> None:
    """Three hours make a cell of an hourly source, and the worst of them shows."""
    for hours in range(11):
        if hours != 4:
            look(store, hours, late=HOUR / 2 if hours == 8 else timedelta(0))
    tried(store, 4)
    strip = found(store)
    assert len(strip.cells) <= MOST_CELLS + 1
    assert last(strip, 5) == [None, "whole", "failed", "late", "whole"]
    cell = strip.cells[-3]
    assert (cell.start, cell.end) == (T0 + 3 * HOUR, T0 + 6 * HOUR)
    assert cell.counts == {"whole": 2, "failed": 1}


def test_days(store: Store) -> None:
    """A slot of a slow source is a cell of its own."""
    day = timedelta(days=1)
    store.save(snapshot(T0 - 3 * day, **WHOLE), day)
    strip = found(store, NOW, day)
    assert [cell.end - cell.start for cell in strip.cells] == [day] * 30
    assert last(strip, 4) == ["whole", "not_run", "not_run", None]


@pytest.mark.parametrize("every", [timedelta(days=40), STRETCH])
def test_slots_longer_than_the_strip(store: Store, every: timedelta) -> None:
    """One cell, or two, for a source that is looked at once in a month."""
    store.save(snapshot(T0 - 2 * every, **WHOLE), every)
    strip = found(store, T0 + every / 2, every)
    assert 1 <= len(strip.cells) <= 2
    assert strip.missed == strip.expected


LOST: dict[str, Outcome | None] = {"failed": "failed", "outbox": "outbox", "killed": None}
slots = st.dictionaries(
    st.integers(0, 60), st.sampled_from(["whole", "late", "partial", "failed", "outbox", "killed"])
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(slots, st.sampled_from([timedelta(minutes=7), HOUR, timedelta(hours=36)]), st.integers(0, 9))
def test_every_slot_counts_once(
    shared_store: Store, history: dict[int, str], every: timedelta, ahead: int
) -> None:
    """The cells join, hold every slot since the first try once, and say what was done in each."""
    with shared_store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    base = slot_of(T0, every)
    looks, runs = [], []
    for number, what in history.items():
        slot = base + number * every
        if what in LOST:
            runs.append(Run(SOURCE, slot, slot, None, LOST[what], attempts=1))
        else:
            values = {"dapps": 1.0} if what == "partial" else WHOLE
            late = every / 2 if what == "late" else timedelta(0)
            looks.append(snapshot(slot, taken_at=slot + late, **values))
    shared_store.add(looks, {SOURCE: every})
    shared_store.add_runs(runs)
    now = base + (61 + ahead) * every + every / 3
    strip = found(shared_store, now, every)
    assert len(strip.cells) <= MOST_CELLS + 1
    for before, after in pairwise(strip.cells):
        assert before.end == after.start
    told = [w for n, w in history.items() if base + n * every > now - STRETCH]
    for name in ("whole", "late", "partial", "outbox"):
        assert strip.counts.get(name, 0) == told.count(name)
    assert strip.counts.get("failed", 0) == told.count("failed") + told.count("killed")
    assert sum(strip.counts.values()) == strip.expected
    assert strip.missed == strip.expected - sum(told.count(name) for name in READ)
