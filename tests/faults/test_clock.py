"""The clock jumps, back by hours and forward by years: no slot is lost after it, none is twice."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from data.clock import now
from tests import machine, moods
from tests.faults.oracle import Complaint
from tests.faults.rounds import rounds
from tests.faults.test_killed_scheduler import TOLD, Daily, troubles
from tests.faults.world import World, world
from tests.waiting import until

YEAR: Final = 8_766
"""Slots of an hour in a year."""
JUMPS_S: Final = (-7_200, -30, -86_400 * 3, 30, 7_200, 86_400 * 400)
PATIENCE_S: Final = 30.0


def jump(here: World, chance: random.Random) -> None:
    """Set the clock of the next runs back by hours or forward by up to a year, again and again."""
    if chance.random() < 0.5:
        here.number = max(1, here.number - chance.randint(1, 30))
    else:
        here.number += chance.randint(1, YEAR)
    here.show()


def test_runs(tmp_path: Path) -> None:
    """Each run has the clock of its own moment; a server's wish from the future binds nobody."""
    with world(World, tmp_path / "w") as here:
        for chance, tally in rounds("clock", here.known, here.recover, 0.9):
            here.measure()
            back = here.number
            for _ in range(chance.randint(1, 3)):
                jump(here, chance)
                if chance.random() < 0.2:
                    here.site.answers["/"] = moods.busy("7200")
                    assert here.collect()[0] in (0, 4)
                    here.number += 3
                    here.show()
                if chance.random() < 0.3:
                    killed = here.start("collect")
                    killed.ended(chance.uniform(0, here.seconds))
                    killed.kill()
                    here.heed(killed, killed.end())
                here.succeed()
            tally.broke = here.number != back
            here.number = back


class Faked:
    """A scheduler whose machine's clock can be set, for its whole process."""

    def __init__(self, here: World) -> None:
        self._offset = here.folder / "offset"
        self._log = here.folder / "scheduler"
        self.seconds = 0
        self.set(0)
        environ = os.environ | {
            "LD_PRELOAD": machine.find_library("libfaketimeMT.so.1"),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "HOME": str(here.folder),
        }
        words = [sys.executable, "-m", "masthead", "--config", str(here.folder / "m.toml")]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([*words, "schedule"], env=environ, stderr=log)

    def set(self, seconds: int) -> None:
        """Set its clock so far from the machine's."""
        self.seconds = seconds
        draft = self._offset.with_suffix(".new")
        draft.write_text(f"{seconds:+d}")
        draft.replace(self._offset)

    @property
    def said(self) -> str:
        """Its log."""
        return self._log.read_text(encoding="utf-8")

    def is_up_to_date(self) -> bool:
        """Whether the last slot that it told of is of the last seconds, by its clock."""
        told = TOLD.findall(self.said)
        if not told:
            return False
        at = datetime.strptime(told[-1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return abs(now() + timedelta(seconds=self.seconds) - at) < timedelta(seconds=3)


@contextmanager
def faked(here: World) -> Iterator[Faked]:
    """Such a scheduler, ended in peace."""
    made = Faked(here)
    try:
        yield made
        made.process.terminate()
        assert made.process.wait(20) == 0, made.said
    finally:
        made.process.kill()
        made.process.wait()


def test_scheduler(tmp_path: Path) -> None:
    """A running scheduler sees that its clock was set, and takes the slots of the new time."""
    with world(Daily, tmp_path / "w") as here, faked(here) as scheduler:

        def recover() -> Iterator[Complaint]:
            until(scheduler.is_up_to_date, PATIENCE_S)
            told = len(TOLD.findall(scheduler.said))
            until(lambda: len(TOLD.findall(scheduler.said)) >= told + 2, PATIENCE_S)
            here.acknowledge(scheduler.said)
            if troubles(scheduler.said):
                yield "stuck", scheduler.said
            yield from (one for one in here.look() if one[0] != "stuck")

        for chance, tally in rounds("clock", here.known, recover, 0.1):
            until(scheduler.is_up_to_date, PATIENCE_S)
            here.next_slot()
            scheduler.set(scheduler.seconds + chance.choice(JUMPS_S))
            tally.broke = True
