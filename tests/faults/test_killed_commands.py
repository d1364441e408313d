"""kill −9 of import, copy and backup: done once more, all is there, and once."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from data.clock import stopwatch
from data.store import open_store
from tests.faults import oracle
from tests.faults.oracle import Complaint
from tests.faults.rounds import Tally, budget, rounds
from tests.faults.test_killed_worker import fill
from tests.faults.world import World, world

COPIED = ("snapshots", "headlines", "runs", *oracle.PERIODS)
"""Tables that a copy brings over row by row."""


class Commands:
    """Commands over a history that are killed anywhere, and then done once more."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.csv = here.folder / "history.csv"
        self.copy = here.folder / "copy.db"
        self.seconds = dict.fromkeys(("import", "copy", "backup"), 0.5)
        """How long each takes."""

    def end(self, *words: str) -> None:
        """A command to its end."""
        begun = stopwatch()
        command = self.here.start(*words)
        assert command.end() == 0, command.said
        self.seconds[words[0]] = stopwatch() - begun

    def kill(self, chance: random.Random, tally: Tally, *words: str) -> None:
        """Kill a command wherever it is."""
        command = self.here.start(*words)
        code = command.ended(chance.uniform(0, 1.1 * self.seconds[words[0]]))
        tally.broke = code is None
        command.kill()

    def disturb(self, what: str, chance: random.Random, tally: Tally) -> Iterator[Complaint]:
        """Kill one of the commands and do it once more; what is wrong with what it left."""
        if what == "import":
            shutil.rmtree(self.here.file.parent)
            open_store(self.here.database).close()
            self.kill(chance, tally, "import", str(self.csv))
            self.end("import", str(self.csv))
        elif what == "copy":
            self.copy.unlink(missing_ok=True)
            words = ("copy", "--to", f"sqlite:///{self.copy}")
            self.kill(chance, tally, *words)
            self.end(*words)
            if self._tables(self.copy) != self._tables(self.here.file):
                yield "wrong", "the copy is not what was copied"
        else:
            first, second = (self.here.folder / f"backup-{number}.db" for number in (1, 2))
            self.kill(chance, tally, "backup", str(first))
            self.end("backup", str(second))
            for path in (first, second):
                if path.exists():
                    _, faults = oracle.of_file(path)
                    yield from faults
                    if self._tables(path) != self._tables(self.here.file):
                        yield "wrong", f"{path} is not whole"
                    path.unlink()

    def _tables(self, path: Path) -> list[list[str]]:
        with closing(sqlite3.connect(path)) as raw:
            return [sorted(map(str, raw.execute(f"SELECT * FROM {name}"))) for name in COPIED]


def test_commands(tmp_path: Path) -> None:
    """What was cut off does no harm, and the same command goes on or begins anew."""
    with world(World, tmp_path / "w") as here:
        fill(here, 100 if budget() < 20 else 400)
        commands = Commands(here)
        for number, (chance, tally) in enumerate(
            rounds("other commands", here.known, here.recover)
        ):
            exported = here.start("export", "snapshots", "--shape", "tidy", "-o", str(commands.csv))
            assert exported.end() == 0, exported.said
            what = ("import", "copy", "backup")[number % 3]
            tally.found += commands.disturb(what, chance, tally)
