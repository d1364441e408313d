"""kill −9 of a scheduler at any moment: every slot that its log told of is there."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.benchmarks.year import healthy, truth
from tests.faults import oracle
from tests.faults.oracle import Complaint
from tests.faults.process import Command
from tests.faults.rounds import rounds
from tests.faults.world import World, world
from tests.waiting import until

TOLD: Final = re.compile(
    r"dapp_expert (\S+Z): (?:stored|unchanged|already there|kept in the outbox)"
)
"""What a scheduler's log says of a slot that it took."""
HARMLESS: Final = ("told to stop", "maximum number of running instances reached")
"""What it may say besides: the second where a busy machine takes more than a second for a run."""


def troubles(log: str) -> list[str]:
    """The lines of a scheduler's log that tell of anything but slots, and of harmless things."""
    return [
        line
        for line in log.splitlines()
        if not TOLD.search(line) and not any(words in line for words in HARMLESS)
    ]


class Daily(World):
    """A world by the machine's own time, with a slot a second."""

    every = timedelta(seconds=1)

    def time(self, after: float) -> None:
        """Its runs are told nothing."""

    def show(self) -> None:
        """The site shows the next page; which slot it becomes is the clock's matter."""
        self.site.answers["/"] = healthy(self.number)
        self.known.pages[-self.number] = truth(self.number)

    def heed(self, command: Command, code: int | None) -> None:
        """Keep what the log tells."""
        self.acknowledge(command.said)

    def acknowledge(self, log: str) -> None:
        """Keep the slots that a log tells of."""
        for slot in TOLD.findall(log):
            at = datetime.strptime(slot, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            self.known.acknowledge(oracle.ms(at))

    def recover(self) -> Iterator[Complaint]:
        """A scheduler started anew takes its slot, says nothing of trouble, and ends when told."""
        self.next_slot()
        command = self.start("schedule")
        until(lambda: bool(TOLD.search(command.said)), 20)
        command.terminate()
        code = command.end()
        self.heed(command, code)
        if code or troubles(command.said):
            yield "stuck", f"the next scheduler ended with {code}: {command.said}"
        yield from self.look()


def test_scheduler(tmp_path: Path) -> None:
    """Killed soon after its start, at a slot's beginning or anywhere, it loses nothing."""
    with world(Daily, tmp_path / "w") as here:
        for chance, tally in rounds("scheduler", here.known, here.recover):
            here.next_slot()
            asked, command = len(here.site.requests), here.start("schedule")
            if chance.random() < 0.5:
                until(lambda asked=asked: len(here.site.requests) > asked, 20)  # type: ignore[misc]
                threading.Event().wait(chance.uniform(0, 0.04))
            else:
                threading.Event().wait(chance.uniform(0, 1.5))
            command.kill()
            here.heed(command, None)
            tally.broke |= command.end() == -9
