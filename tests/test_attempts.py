"""The journal of runs: every attempt leaves a row, also a killed one."""

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors import suspect
from collectors.attempts import Attempts
from data import journal, outbox
from data.model import Run
from data.store import Store
from data.tables import Query, rows
from tests.conftest import HOUR, T0
from tests.waiting import until

SOURCE = "dapp_expert"
HERE = socket.gethostname()


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    """The attempts of this process, with an outbox of their own."""
    return Attempts(tmp_path / "outbox")


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def journalled(store: Store) -> list[tuple[Any, ...]]:
    """Every run as (outcome, kind, ended)."""
    return [(row[4], row[5], row[1]) for row in rows(store, Query("runs"))]


@pytest.mark.parametrize(
    ("run", "age", "alive"),
    [
        (Run(SOURCE, T0, T0, host="elsewhere", pid=1), HOUR, True),
        (Run(SOURCE, T0, T0, host="elsewhere", pid=1), HOUR + timedelta(seconds=1), False),
        (Run(SOURCE, T0, T0, host=HERE, pid=os.getppid()), HOUR, True),
        (Run(SOURCE, T0, T0, host=HERE, pid=os.getppid()), 2 * HOUR, False),
        (Run(SOURCE, T0, T0, host=HERE, pid=os.getpid()), timedelta(0), False),
        (Run(SOURCE, T0, T0, host=HERE), timedelta(0), True),
        (Run(SOURCE, T0, T0, host=HERE, pid=1), timedelta(0), True),
    ],
)
def test_under_way(attempts: Attempts, run: Run, age: timedelta, alive: bool) -> None:
    """A run may still end while its interval lasts and, on this host, its process lives."""
    assert attempts.under_way(run, HOUR, T0 + age) is alive


def test_dead_process(attempts: Attempts, dead: int) -> None:
    """A process that is gone ends nothing any more."""
    assert not attempts.under_way(Run(SOURCE, T0, T0, host=HERE, pid=dead), HOUR, T0)


def test_next_run_closes_a_killed_one(store: Store, attempts: Attempts, dead: int) -> None:
    """The row of a killed run is closed when the next run of the source begins; others are not."""
    killed = Run(SOURCE, T0, T0, host=HERE, pid=dead)
    journal.start(store, killed)
    journal.start(store, replace(killed, source="another"))
    journal.start(store, replace(killed, host="elsewhere"))
    at = T0 + timedelta(minutes=20)
    attempt = attempts.begin(store, SOURCE, T0, at, HOUR)
    again = attempts.begin(store, SOURCE, T0, at, HOUR)
    closed = [("failed", "killed", at)]
    assert sorted(journalled(store), key=str) == closed + [(None, None, None)] * 4
    assert again.run.started_at == attempt.run.started_at + timedelta(milliseconds=1)
    [run] = journal.errors(store, SOURCE, 9)
    assert run.message == (
        "The process ended without a word; the run was closed at 2026-01-31T06:20:00Z."
    )


def test_runs_without_a_store_wait_in_the_outbox(store: Store, attempts: Attempts) -> None:
    """A run that began and ended while the store was away is journalled later, once."""
    attempt = attempts.begin(None, SOURCE, T0, T0, HOUR)
    assert outbox.count(attempts.outbox) == 1
    ended = replace(attempt.run, ended_at=T0, outcome="failed", error_kind="network")
    attempts.end(None, attempt, ended)
    assert outbox.count(attempts.outbox) == 1

    def under_way(run: Run, every: timedelta) -> bool:
        return attempts.under_way(run, every, T0)

    outbox.flush(attempts.outbox, store, under_way, lambda _store, look: look)
    assert journalled(store) == [("failed", "network", T0)]


def test_own_run_is_left_in_the_outbox_until_it_ends(store: Store, attempts: Attempts) -> None:
    """Another thread that empties the outbox does not take a run that this process is in."""
    attempt = attempts.begin(None, SOURCE, T0, T0, HOUR)
    assert attempts.under_way(attempt.run, HOUR, T0)
    attempts.end(None, attempt, replace(attempt.run, outcome="failed"))
    assert not attempts.under_way(attempt.run, HOUR, T0)


def test_abandon_closes_what_is_open(store: Store, attempts: Attempts) -> None:
    """Runs in the middle of which the process must end are closed with that reason."""
    attempts.begin(store, SOURCE, T0, T0, HOUR)
    done = attempts.begin(store, "another", T0, T0, HOUR)
    attempts.end(store, done, replace(done.run, ended_at=T0, outcome="stored"))
    attempts.abandon(store, T0 + HOUR)
    assert sorted(journalled(store)) == [("failed", "stopped", T0 + HOUR), ("stored", None, T0)]


def test_stop_while_a_busy_store_is_waited_for(store: Store, attempts: Attempts) -> None:
    """A run that another writer has not let begin yet leaves its word in the outbox."""
    begun = threading.Thread(target=attempts.begin, args=(store, SOURCE, T0, T0, HOUR))
    mine = Run(SOURCE, T0, T0, host=HERE, pid=os.getpid())
    with store.writing():
        begun.start()
        until(lambda: attempts.under_way(mine, HOUR, T0), 20)
        attempts.abandon(None, T0)
    begun.join()
    [waiting] = attempts.outbox.glob("*.json")
    kept = json.loads(waiting.read_bytes())["run"]
    assert (kept["outcome"], kept["error_kind"]) == ("failed", "stopped")
    assert outbox.flush(attempts.outbox, store, lambda _run, _every: False, suspect.judged) == 1
    assert journalled(store) == [("failed", "stopped", T0)]
