"""kill −9 of a collector at any moment: what it acknowledged is there, the next one goes on."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

from tests.faults.rounds import Tally, rounds
from tests.faults.world import World, world
from tests.postgres import Server


def kill_one(here: World, chance: random.Random, tally: Tally) -> None:
    """Start one collector or two of a slot, and kill the first wherever it is."""
    here.next_slot()
    both = [here.start("collect") for _ in range(chance.choice((1, 1, 2)))]
    threading.Event().wait(chance.uniform(0, 1.3 * here.seconds))
    both[0].kill()
    for one in both:
        code = one.end()
        here.heed(one, code)
        tally.broke |= code == -9


def kill_collectors(here: World, fault: str, leave: Callable[[bool], object]) -> None:
    """Kill collectors, a third of them with an outbox to empty, a few while they fill it."""
    for chance, tally in rounds(fault, here.known, here.recover):
        here.measure()
        full, filling = chance.random() < 0.35, chance.random() < 0.25
        if full or filling:
            leave(True)
            for _ in range(chance.randint(1, 3)):
                here.next_slot()
                assert here.collect()[0] == 5
        if filling:
            kill_one(here, chance, tally)
        leave(False)
        if not filling:
            kill_one(here, chance, tally)


def test_sqlite(tmp_path: Path) -> None:
    """Nothing acknowledged is lost, nothing is there twice, the file is whole."""
    with world(World, tmp_path / "w") as here:
        folder, aside = here.file.parent, here.file.parent.with_name("aside")

        def leave(away: bool) -> None:
            if away:
                folder.rename(aside)
                folder.write_text("a file where the folder should be")
            elif aside.exists():
                folder.unlink()
                aside.rename(folder)

        kill_collectors(here, "collector, SQLite", leave)


def test_postgresql(postgres: Server, tmp_path: Path) -> None:
    """The same with a server: the transaction of who was killed is undone."""
    postgres.execute("CREATE DATABASE killed")
    with world(World, tmp_path / "w", postgres.url("killed")) as here:

        def leave(away: bool) -> None:
            postgres.execute(f"ALTER DATABASE killed ALLOW_CONNECTIONS {not away}")

        kill_collectors(here, "collector, PostgreSQL", leave)
    postgres.execute("DROP DATABASE killed WITH (FORCE)")
