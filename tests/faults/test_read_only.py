"""A store, a folder or an outbox that may not be written to: said, bridged, and made good."""

import os
import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.settings import Settings
from tests.faults.disk import disk
from tests.faults.oracle import Complaint
from tests.faults.rounds import Tally, rounds
from tests.faults.screen import looked_at
from tests.faults.world import World, world
from tests.hosts import client_of

NOBODY: Final = 65_534


def runs(here: World, chance: random.Random, tally: Tally, **given: int) -> None:
    """One to three runs, each ended with 0 or 5 and a sentence, and a look at the page."""
    for _ in range(chance.randint(1, 3)):
        here.next_slot()
        command = here.start("collect", **given)
        code = command.end()
        here.heed(command, code)
        assert code in (0, 5), command.said
        assert command.said.count("\n") == (code == 5), command.said
        tally.broke |= code == 5
    with client_of(Settings(database=here.database), lambda: here.slot) as client:
        tally.found += looked_at(client, here.known)


def test_disk(tmp_path: Path) -> None:
    """The disk of the store, of the outbox or both are mounted anew, to be read only."""
    folder = tmp_path / "w"
    with (
        disk(folder / "store") as store,
        disk(folder / "outbox") as outbox,
        world(World, folder) as here,
    ):

        def recover() -> Iterator[Complaint]:
            for one in (store, outbox):
                one.lock(False)
            yield from here.recover()

        for chance, tally in rounds("read-only", here.known, recover, 0.5):
            for one in chance.choice(((store,), (store,), (store, outbox), (outbox,))):
                one.lock(True)
            runs(here, chance, tally)


@contextmanager
def owned() -> Iterator[Path]:
    """A folder that somebody without rights owns and can reach."""
    folder = Path(tempfile.mkdtemp(prefix="masthead-faults-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


def _give(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def test_rights(tmp_path: Path) -> None:
    """Somebody without rights loses those to the file, its folder or the outbox, also midway."""
    with owned() as folder, world(World, folder) as here:
        here.outbox.mkdir()
        places: list[Callable[[], tuple[Path, int]]] = [
            lambda: (here.file, 0o444),
            lambda: (here.file, 0o000),
            lambda: (here.file.parent, 0o555),
            lambda: (here.file.parent, 0o000),
            lambda: (here.outbox, 0o555),
        ]

        def recover() -> Iterator[Complaint]:
            for place in places:
                path, _ = place()
                path.chmod(0o755 if path.is_dir() else 0o644)
            yield from here.recover()

        for chance, tally in rounds("read-only", here.known, recover, 0.5):
            _give(folder)
            here.measure()
            _give(folder)
            chosen = [place() for place in chance.sample(places, chance.choice((1, 1, 2)))]
            here.next_slot()
            midway = here.start("collect", user=NOBODY)
            threading.Event().wait(chance.uniform(0, here.seconds))
            for path, mode in chosen:
                path.chmod(mode)
            code = midway.end()
            here.heed(midway, code)
            assert code in (0, 5), midway.said
            runs(here, chance, tally, user=NOBODY)
