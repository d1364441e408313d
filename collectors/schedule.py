"""When runs happen: once at the start, then at every slot."""

import logging
import os
import threading
from datetime import datetime, timedelta
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from collectors.jobs import Job
from collectors.runner import AT_ONCE, Runner
from collectors.stop import set_by_signals
from data.model import slot_of

GRACE_S: Final = 3.0
"""How long a run under way may take to end after a stop signal; its writes are atomic anyway."""
TICK_S: Final = 5.0
"""How long a wake-up of the machine or a change of its clock may go unseen."""

log: Final = logging.getLogger("masthead")


class SlotTrigger(BaseTrigger):  # type: ignore[misc]
    """At once, then at the beginning of every slot, by the wall clock."""

    def __init__(self, every: timedelta) -> None:
        self.every = every

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The first call gives ``now``; later ones the next slot after ``now``."""
        return now if previous is None else slot_of(now, self.every) + self.every


def run_forever(runner: Runner, jobs: list[Job]) -> None:
    """Run the jobs at their slots until SIGTERM or SIGINT."""
    set_by_signals(runner.stop)
    scheduler = scheduler_of(runner, jobs)
    scheduler.start()
    while not runner.stop.wait(TICK_S):
        look_at_the_clock(scheduler, runner.clock())
    _end(scheduler, runner)


def scheduler_of(runner: Runner, jobs: list[Job]) -> BackgroundScheduler:
    """A scheduler with the jobs; a late run is made, never skipped, and several late ones are one.

    It keeps nothing: which slots were missed or late is told from the store.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(min(AT_ONCE, len(jobs)))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        scheduler.add_job(_run, SlotTrigger(job.every), args=[runner, job], id=job.source)
    return scheduler


def look_at_the_clock(scheduler: BackgroundScheduler, now: datetime) -> None:
    """Let the scheduler see what time it is.

    It sleeps on a clock that stands still while the machine sleeps, and its plans are instants: a
    wall clock that was set back would leave it waiting for hours.
    """
    for job in scheduler.get_jobs():
        due = job.next_run_time
        if due is not None and due - now > job.trigger.every:
            job.modify(next_run_time=job.trigger.get_next_fire_time(due, now))
    scheduler.wakeup()


def _run(runner: Runner, job: Job) -> None:
    result = runner.run(job)
    log.log(logging.WARNING if result.exit_code else logging.INFO, "%s", result.sentence)
    for line in runner.tell([result]):
        log.warning("%s", line)


def _end(scheduler: Any, runner: Runner) -> None:
    ended = threading.Thread(target=scheduler.shutdown, daemon=True)
    ended.start()
    ended.join(GRACE_S)
    if ended.is_alive():
        log.warning("stopped in the middle of a run")
        runner.abandon()
        logging.shutdown()
        os._exit(0)
