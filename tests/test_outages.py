"""Outages: each gap says why nothing was read, from the runs that fell into it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data import outages
from data.model import Outcome, Run, from_ms, to_ms
from data.series import series
from data.statements import text
from data.store import Store
from tests.conftest import HOUR, T0, snapshot

SOURCE = "dapp_expert"
ROOM = Path(__file__).parent.parent / "collectors"


def fill(store: Store, hours: Any, **more: Any) -> None:
    """Snapshots at the given hours after T0."""
    store.add([snapshot(T0 + n * HOUR, dapps=1.0, **more) for n in hours], {SOURCE: HOUR})


def tried(
    hours: float, kind: str | None = "timeout", outcome: Outcome | None = "failed", **more: Any
) -> Run:
    """A run that many hours after T0."""
    at = T0 + hours * HOUR
    slot = more.pop("slot", T0 + int(hours) * HOUR)
    return Run(SOURCE, slot, at, at, outcome, kind, more.pop("message", f"{kind}."), **more)


def told(store: Store, start: datetime | None, end: datetime, **more: Any) -> list[dict[str, Any]]:
    """The outages of a span."""
    info = store.source(SOURCE)
    assert info is not None
    found: list[dict[str, Any]] = series(store, info, start, end, **more)["outages"]
    return found


def cause(store: Store, hours: int = 9) -> tuple[str, str | None, int]:
    """Cause, message and runs of the only outage of the first hours."""
    [one] = told(store, T0, T0 + hours * HOUR)
    return one["cause"], one["message"], one["runs"]


def test_nobody_looked(store: Store) -> None:
    """A gap without any run says so, and where it lies."""
    fill(store, [0, 1, 4, 5])
    assert told(store, T0, T0 + 5 * HOUR) == [
        {
            "from": to_ms(T0 + 2 * HOUR),
            "to": to_ms(T0 + 4 * HOUR),
            "cause": "not_run",
            "message": None,
            "runs": 0,
        }
    ]


def test_no_gap(store: Store) -> None:
    """A span that was read from end to end has no outage, nor has one before all history."""
    fill(store, range(3))
    store.add_runs([tried(1.5)])
    assert told(store, T0, T0 + 2 * HOUR) == []
    assert told(store, T0 - 9 * HOUR, T0 - 5 * HOUR) == []


def test_most_frequent_cause(store: Store) -> None:
    """Kinds that mean the same count together; the message is the newest one's."""
    fill(store, [0, 9])
    store.add_runs([tried(1), tried(2), tried(3, "status"), tried(4, "wait"), tried(5, "redirect")])
    store.add_runs([tried(6, "robots", message="robots.txt forbids it.")])
    assert cause(store) == ("http", "robots.txt forbids it.", 6)


def test_newest_of_equally_frequent_causes(store: Store) -> None:
    """One timeout, then one broken name: the name."""
    fill(store, [0, 9])
    store.add_runs([tried(1), tried(2, "network")])
    assert cause(store) == ("network", "network.", 2)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (tried(3, "store", "outbox", message="It was away."), ("outbox", "It was away.", 1)),
        (tried(3, "killed"), ("killed", "killed.", 1)),
        (tried(3, None, None, message=None), ("killed", None, 1)),
        (tried(3, "reading"), ("unread", "reading.", 1)),
        (tried(3, "shape"), ("unread", "shape.", 1)),
        (tried(3, "something new"), ("failed", "something new.", 1)),
        (tried(3, None, message=None), ("failed", None, 1)),
    ],
)
def test_causes(store: Store, run: Run, expected: tuple[str, str | None, int]) -> None:
    """The store away, a killed process, a page that says nothing, and what nobody foresaw."""
    fill(store, [0, 9])
    store.add_runs([run])
    assert cause(store) == expected


def test_every_kind_has_a_cause() -> None:
    """Every error kind that the collectors name is known here."""
    texts = [path.read_text(encoding="utf-8") for path in ROOM.glob("*.py")]
    named = {kind for text in texts for kind in re.findall(r'(?:kind=|_failure\()"(\w+)"', text)}
    assert {"timeout", "network", "robots", "status"} <= named
    # Only a backfill is refused, and that leaves no run.
    assert named - {"refused"} <= set(outages.CAUSE)
    assert set(outages.CAUSE.values()) < outages.CAUSES


def test_run_under_way_is_no_cause(store: Store) -> None:
    """A run without an outcome may come to its end within its interval; then it was killed."""
    fill(store, [0])
    store.add_runs([tried(5.2, None, None)])
    assert cause(store, 6)[0] == "not_run"
    assert cause(store, 7) == ("killed", "None.", 1)


def test_runs_of_other_slots_and_sources_do_not_count(store: Store) -> None:
    """What was tried just beside the gap, for an old page or by another source tells nothing."""
    fill(store, [0, 1, 4, 5])
    other = Run("another", T0 + 2 * HOUR, T0 + 2 * HOUR, T0, "failed", "network", "No.")
    beside = [tried(1.5), tried(4.5), tried(2.5, "shape", slot=T0 - 90 * HOUR)]
    store.add_runs([other, *beside])
    assert cause(store, 5)[0] == "not_run"
    store.add_runs([tried(2 - 0.001, "size", slot=T0 + 2 * HOUR)])
    assert cause(store, 5) == ("content", "size.", 1)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("wayback", "wayback", "no_capture"),
        ("import", "file", "no_capture"),
        ("live", "live", "not_run"),
        ("wayback", "live", "not_run"),
        ("live", "commoncrawl", "not_run"),
    ],
)
def test_between_captures(store: Store, before: str, after: str, expected: str) -> None:
    """Thin history from archives is no outage of the collector; one live neighbour is."""
    fill(store, [0], origin=before)
    fill(store, [9], origin=after)
    assert cause(store)[0] == expected
    inside = told(store, T0 + 3 * HOUR, T0 + 6 * HOUR)
    assert [one["cause"] for one in inside] == [expected]


def test_after_the_last_capture(store: Store) -> None:
    """A source that was only brought back from archives has no outage after its last capture."""
    fill(store, [0], origin="wayback")
    assert cause(store)[0] == "no_capture"
    store.add_runs([tried(4)])
    assert cause(store)[0] == "timeout"


def test_the_longest_are_told(store: Store) -> None:
    """Of many gaps the longest 80, in time order; every gap stands in ``gaps`` as before."""
    fill(store, [n for n in range(900) if n % 3 == 0 or (n < 600 and n % 6 == 1)])
    info = store.source(SOURCE)
    assert info is not None
    found = series(store, info, T0, T0 + 899 * HOUR)
    assert len(found["gaps"]) == 299
    told = [(one["from"], one["to"]) for one in found["outages"]]
    assert told == sorted(told)
    assert len(told) == outages.MOST
    assert {(from_ms(high) - from_ms(low)) / HOUR for low, high in told} == {2}


def test_buckets(store: Store) -> None:
    """A gap between buckets, here of whole days, says why, as one between readings does."""
    fill(store, [*range(100), *range(200, 300)])
    store.add_runs([tried(n) for n in range(100, 200)])
    [one] = told(store, T0, T0 + 300 * HOUR, max_points=100)
    assert (one["cause"], one["runs"]) == ("timeout", 72)


def test_only_the_newest_tries_are_counted(store: Store) -> None:
    """A year of failures costs no more than a week of them."""
    fill(store, [0, 999])
    store.add_runs([tried(n, "robots") for n in range(1, 500)])
    store.add_runs([tried(n, "network") for n in range(500, 999)])
    assert cause(store, 999) == ("network", "network.", outages.TRIES)


def test_only_few_rows_are_looked_at(file_store: Store) -> None:
    """The runs and snapshots beside a gap are found by their index."""
    fill(file_store, [0, 9])
    info = file_store.source(SOURCE)
    assert info is not None
    said: list[str] = []
    with file_store.reading() as connection:
        connection.raw.set_trace_callback(said.append)
        outages.outages(connection, info, [(T0 + HOUR, T0 + 9 * HOUR)], T0 + 9 * HOUR)
        connection.raw.set_trace_callback(None)
        assert len(said) == 3
        for asked in said:
            plan = [row[-1] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
            assert [line for line in plan if line.startswith(("SCAN runs", "SCAN snapshots"))] == []
            assert any("(source=? AND s" in line for line in plan)
