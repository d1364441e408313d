"""Suspect rules: what the history makes hard to believe is no value, and says why."""

from datetime import timedelta

import pytest

from collectors.suspect import doubted, judged
from data.model import Look, Snapshot
from data.neighbours import Known, Neighbours
from data.store import Store
from tests.conftest import HOUR, T0, reading, snapshot

DAY = timedelta(days=1)


def look_at(value: float, **around: tuple[float, timedelta]) -> Look:
    """A look at 100 dapps' neighbours: ``before=(value, how long ago)``, ``after=(…)``."""
    known = {
        "before": Known(around["before"][0], T0 - around["before"][1])
        if "before" in around
        else None,
        "after": Known(around["after"][0], T0 + around["after"][1]) if "after" in around else None,
    }
    look = Look({"dapps": reading("dapps", value)}, "payload")
    return doubted(look, T0, {"dapps": Neighbours(**known)})


@pytest.mark.parametrize(
    ("value", "before", "ago", "problem"),
    [
        (1000.0, 100.0, HOUR, None),
        (1001.0, 100.0, HOUR, "suspect: 10 times off, it was 100 at 2026-01-31T05:00:00Z"),
        (10.0, 100.0, HOUR, None),
        (9.0, 100.0, HOUR, "suspect: 11 times off, it was 100 at 2026-01-31T05:00:00Z"),
        (1001.0, 100.0, DAY, "suspect: 10 times off, it was 100 at 2026-01-30T06:00:00Z"),
        (1001.0, 100.0, DAY + HOUR, None),
        (10_001.0, 100.0, DAY + HOUR, "suspect: 100 times off, it was 100 at 2026-01-30T05:00:00Z"),
        (0.0, 100.0, HOUR, "suspect: a sudden zero, it was 100 at 2026-01-31T05:00:00Z"),
        (0.0, 100.0, 20 * DAY, "suspect: a sudden zero, it was 100 at 2026-01-11T06:00:00Z"),
        (0.0, 0.0, HOUR, None),
        (5.0, 0.0, HOUR, None),
        (5.0, 0.25, HOUR, "suspect: 20 times off, it was 0.25 at 2026-01-31T05:00:00Z"),
        (5.0, 0.25, 2000 * DAY, None),
    ],
)
def test_rules(value: float, before: float, ago: timedelta, problem: str | None) -> None:
    """A sudden zero and a change beyond ten times a day are NULL, the figure kept as text."""
    [found] = look_at(value, before=(before, ago)).readings.values()
    assert found.problem == problem
    assert found.value == (value if problem is None else None)
    assert found.half_width == (0.0 if problem is None else None)
    assert found.shown == (None if problem is None else f"{value:.0f}")


def test_without_a_history_everything_is_believed() -> None:
    """The first reading has nothing to be judged against."""
    assert look_at(0.0).readings["dapps"].value == 0.0


def test_a_jump_that_the_next_reading_confirms_was_one() -> None:
    """A reading that fits one of its neighbours is believed; one that fits neither is not."""
    before = (100.0, HOUR)
    assert look_at(5000.0, before=before, after=(4000.0, HOUR)).readings["dapps"].value == 5000.0
    assert look_at(5000.0, before=before, after=(110.0, HOUR)).readings["dapps"].value is None
    assert look_at(0.0, before=before, after=(0.0, HOUR)).readings["dapps"].value == 0.0


def test_what_was_not_read_stays_so() -> None:
    """A reading without a value keeps its own reason and text."""
    empty = reading("dapps", None, shown="?", problem="not a number: ?")
    around = {"dapps": Neighbours(before=Known(1.0, T0))}
    assert doubted(Look({"dapps": empty}, "page"), T0, around).readings["dapps"] == empty


def test_judged_by_the_store(store: Store) -> None:
    """The nearest values in the store decide, whatever was not read in between, up to 30 days."""
    store.save(snapshot(T0 - 40 * DAY, dapps=1.0, volume_30d=1.0), HOUR)
    store.save(snapshot(T0 - 2 * HOUR, dapps=100.0), HOUR)
    store.save(snapshot(T0 - HOUR, dapps=None, blockchains=5.0), HOUR)
    store.save(snapshot(T0 + HOUR, source="another", dapps=5000.0), HOUR)

    def problems(look: Snapshot) -> dict[str, bool]:
        readings = judged(store, look).look.readings
        return {
            key: one.problem is not None for key, one in readings.items() if look.look.has([key])
        }

    new = snapshot(dapps=5000.0, blockchains=6.0, volume_30d=500.0)
    assert problems(new) == {"dapps": True, "blockchains": False, "volume_30d": False}
    store.save(snapshot(T0 + HOUR, dapps=4000.0), HOUR)
    assert problems(new) == {"dapps": False, "blockchains": False, "volume_30d": False}
