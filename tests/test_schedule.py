"""When runs happen, with a real scheduler process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from collectors.jobs import jobs
from collectors.runner import Runner
from collectors.schedule import SlotTrigger, look_at_the_clock, scheduler_of
from data.settings import Settings
from data.store import open_store
from data.tables import Query, rows
from tests.site import Site
from tests.waiting import until


def test_first_run_is_at_once_and_the_next_at_the_slot() -> None:
    """The trigger fires now, then at the beginning of every slot, whatever the clock did."""
    trigger = SlotTrigger(timedelta(hours=1))
    now = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, now) == now
    one = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert trigger.get_next_fire_time(now, now) == one
    assert trigger.get_next_fire_time(one, one) == one + timedelta(hours=1)
    later = one + timedelta(days=2, minutes=7)
    assert trigger.get_next_fire_time(one, later) == one + timedelta(days=2, hours=1)


class Wall:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.time


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[BackgroundScheduler]:
    """A scheduler of one hourly job that plans but does not run."""
    settings = Settings(database=f"sqlite:///{tmp_path}/m.db", outbox=tmp_path / "outbox")
    scheduler = scheduler_of(Runner(settings, Wall()), jobs(settings))
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown(wait=False)


@pytest.mark.parametrize(
    ("ahead", "planned"),
    [
        (timedelta(minutes=30), timedelta(minutes=30)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(hours=5), timedelta(minutes=30)),
        (-timedelta(hours=5), -timedelta(hours=5)),
    ],
)
def test_wall_clock_that_was_set(
    paused: BackgroundScheduler, ahead: timedelta, planned: timedelta
) -> None:
    """A plan farther away than a slot is made anew; an overdue one is left to be run at once."""
    now = Wall()()
    [job] = paused.get_jobs()
    job.modify(next_run_time=now + ahead)
    look_at_the_clock(paused, now)
    [job] = paused.get_jobs()
    assert job.next_run_time == now + planned


def test_nothing_is_skipped_and_nothing_piles_up(paused: BackgroundScheduler) -> None:
    """However late, a run is made; of several late ones one; never two of a source at a time."""
    [job] = paused.get_jobs()
    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)


def test_scheduler_takes_every_slot_and_ends_when_told(site: Site, tmp_path: Path) -> None:
    """Slots of a second each get a snapshot; SIGTERM ends the process with 0."""
    database = f"sqlite:///{tmp_path}/masthead.db"
    environ = os.environ | {
        "MASTHEAD_SOURCES__DAPP_EXPERT__URL": site.url,
        "MASTHEAD_SOURCES__DAPP_EXPERT__EVERY": "1s",
        "MASTHEAD_OUTBOX": str(tmp_path / "outbox"),
    }
    command = [sys.executable, "-m", "masthead", "--database", database, "schedule"]
    open_store(database).close()
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)
    try:
        store = open_store(database)
        until(lambda: len(list(rows(store, Query()))) >= 3, 20)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors.decode()
    slots = [row[0] for row in rows(store, Query())]
    assert len(slots) == len(set(slots))
    assert {row[4] for row in rows(store, Query("runs"))} <= {"stored", "duplicate"}
    assert b"stored" in errors
