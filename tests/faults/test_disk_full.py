"""No room on the disk of the store, of the outbox, or of both: nothing is half written."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from data.settings import Settings
from tests.faults.disk import Disk, disk
from tests.faults.oracle import Complaint
from tests.faults.rounds import rounds
from tests.faults.screen import looked_at
from tests.faults.world import World, world
from tests.hosts import client_of


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[tuple[Disk, Disk]]:
    """One for the store, one for the outbox."""
    with disk(tmp_path / "w" / "store") as store, disk(tmp_path / "w" / "outbox") as outbox:
        yield store, outbox


def test_disk_full(disks: tuple[Disk, Disk], tmp_path: Path) -> None:
    """A run ends with 0 or 5; one that could keep nothing says so; with room again all is well."""
    with world(World, tmp_path / "w") as here:

        def recover() -> Iterator[Complaint]:
            for one in disks:
                one.empty()
            yield from here.recover()

        for chance, tally in rounds("disk full", here.known, recover):
            with ExitStack() as held:
                if chance.random() < 0.3:
                    # Who reads keeps the log from being emptied: it grows with each run.
                    reader = held.enter_context(closing(sqlite3.connect(here.file)))
                    reader.execute("BEGIN")
                    reader.execute("SELECT count(*) FROM snapshots").fetchone()
                disks[0].fill(chance.randrange(0, 96, 4) << 10)
                if chance.random() < 0.5:
                    disks[1].fill(chance.choice((0, 0, 4, 8)) << 10)
                for _ in range(chance.randint(1, 4)):
                    here.next_slot()
                    command = here.start("collect")
                    code = command.end()
                    here.heed(command, code)
                    assert code in (0, 5), command.said
                    assert command.said.count("\n") == (code == 5), command.said
                    tally.broke |= code == 5
                with client_of(Settings(database=here.database), lambda: here.slot) as client:
                    tally.found += looked_at(client, here.known)
