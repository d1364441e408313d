"""When runs happen: once at the start, then at every slot."""

import logging
import os
import signal
import threading
from datetime import datetime, timedelta
from types import FrameType
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from collectors.runner import Job, Runner
from data.model import slot_of

GRACE_S: Final = 4.0
"""How long a run under way may take to end after a stop signal; its writes are atomic anyway."""

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
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        scheduler.add_job(_run, SlotTrigger(job.every), args=[runner, job], id=job.source)
    scheduler.start()
    stop.wait()
    _end(scheduler)


def _run(runner: Runner, job: Job) -> None:
    result = runner.run(job)
    log.log(logging.WARNING if result.exit_code else logging.INFO, "%s", result.sentence)


def _end(scheduler: Any) -> None:
    ended = threading.Thread(target=scheduler.shutdown, daemon=True)
    ended.start()
    ended.join(GRACE_S)
    if ended.is_alive():
        log.warning("stopped in the middle of a run")
        logging.shutdown()
        os._exit(0)
