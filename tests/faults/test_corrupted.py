"""Pages of the SQLite file overwritten: it is noticed, said, and restored by the documented steps.

``masthead check`` notices it; a run or an answer that comes upon it is refused, unless it looks
like what SQLite might have written: those rounds are counted. What was stored since the backup,
before the damage and into the damaged file, is brought back from the second copies.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from data.copies import SUFFIX
from data.model import iso
from data.settings import Settings
from data.store import open_store
from tests.benchmarks.year import truth
from tests.conftest import snapshot
from tests.faults import oracle
from tests.faults.oracle import Complaint
from tests.faults.rounds import Tally, budget, rounds
from tests.faults.screen import looked_at
from tests.faults.world import SAME_PAGE, World, world
from tests.hosts import client_of

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = 4096
FOLDER: Final = "/var/lib/masthead"
"""Where the document has its store."""
SHOWN: Final = " says of "
"""In what is told of other figures than those that were stored."""
WHEN: Final = "2026-01-31T03:00:00Z"
"""When the document's backup was made."""


def steps(heading: str) -> str:
    """The commands under a heading of docs/reliability.md."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    [found] = re.findall(rf"^### {heading}$.*?^```sh\n(.*?)^```", text, re.M | re.S)
    return str(found)


def follow(here: World, heading: str, backed_up: str) -> subprocess.CompletedProcess[str]:
    """Do what the document says, word for word but for the places and the time."""
    commands = steps(heading).replace(FOLDER, str(here.file.parent))
    commands = commands.replace("/backup", str(here.folder)).replace(WHEN, backed_up)
    config = here.folder / "m.toml"
    known = f'masthead() {{ {sys.executable} -m masthead --config {config} "$@"; }}\n'
    return subprocess.run(
        ["sh", "-e", "-c", known + commands], cwd=ROOT, capture_output=True, text=True, check=False
    )


def restore(here: World, backed_up: str) -> Iterator[Complaint]:
    """Put the backup in place, then bring back what came since from the second copies.

    Last what the damaged file has, if it can be read: where it cannot, or says otherwise, that is
    no fault of the steps.
    """
    done = follow(here, "The store is damaged", backed_up)
    if done.returncode:
        yield "stuck", f"the steps ended with {done.returncode}: {done.stderr}{done.stdout}"
    if (here.file.parent / "damaged" / f"{here.file.name}{SUFFIX}").is_dir():
        done = follow(here, "What came after the backup", backed_up)
        if done.returncode:
            yield "stuck", f"bringing back ended with {done.returncode}: {done.stderr}{done.stdout}"
    done = follow(here, "What is in neither", backed_up)
    if done.returncode not in (0, 3, 5):
        yield "stuck", f"bringing over ended with {done.returncode}: {done.stderr}{done.stdout}"


def damage(file: Path, chance: random.Random) -> None:
    """Overwrite one to three pages, or a sector of each: with zeros, noise, or another page."""
    body = bytearray(file.read_bytes())
    pages = len(body) // PAGE
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(pages) * PAGE
        size = chance.choice((PAGE, PAGE, 512))
        start += chance.randrange(0, PAGE, size)
        kind = chance.choice(("zeros", "noise", "another"))
        other = chance.randrange(pages) * PAGE
        body[start : start + size] = {
            "zeros": bytes(size),
            "noise": chance.randbytes(size),
            "another": body[other : other + size],
        }[kind]
    file.write_bytes(body)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[World]:
    """A world with a history."""
    with world(World, tmp_path / "w") as here:
        store = open_store(here.database)
        for _ in range(40 if budget() < 20 else 400):
            here.next_slot()
            figures = truth(here.number // SAME_PAGE)
            store.save(snapshot(here.slot, figures=figures), here.every)
            here.known.acknowledge(oracle.ms(here.slot))
        store.close()
        yield here


def test_corrupted(history: World, tmp_path: Path) -> None:
    """Noticed by the check, by runs or by readers; restored by the steps, nothing is lost."""
    here, whole = history, tmp_path / "whole.db"
    backup = here.folder / "masthead.db"
    command = here.start("backup", str(backup))
    assert command.end() == 0, command.said
    backed_up = iso(here.slot)
    shutil.copy(backup, whole)
    number, known = here.number, set(here.known.acknowledged)

    def recover() -> Iterator[Complaint]:
        yield from restore(here, backed_up)
        yield from here.recover()

    for chance, tally in rounds("corrupted", here.known, recover):
        # Each round begins with the same file: what came in the last one was looked at.
        here.number = number
        here.known.acknowledged.intersection_update(known)
        shutil.rmtree(here.file.parent)
        here.file.parent.mkdir()
        shutil.copy(whole, here.file)
        for _ in range(chance.randint(0, 2)):
            here.next_slot()
            here.succeed()
        damage(here.file, chance)
        tally.found += noticed(here, chance, tally)


def noticed(here: World, chance: random.Random, tally: Tally) -> Iterator[Complaint]:
    """What is wrong with how the damage is met by the check, by runs, and by the page."""
    check = here.start("check")
    code = check.end()
    tally.broke = told = code == 5
    if code not in (0, 5) or check.said.count("\n") != 1:
        yield "wrong", f"the check ended with {code}: {check.said}"
    if not told:
        # Room that nothing uses: the rows must be those that they were.
        yield from here.look()
    for _ in range(chance.randint(1, 3)):
        here.next_slot()
        command = here.start("collect")
        code = command.end()
        here.heed(command, code)
        if code not in (0, 5) or command.said.count("\n") != (code == 5):
            yield "wrong", f"a run ended with {code}: {command.said}"
    settings = Settings(database=here.database)
    with client_of(settings, lambda: here.slot) as client:
        for kind, said in looked_at(client, here.known):
            # SQLite keeps no checksums: before the check has spoken, a row may be another.
            if told and SHOWN in said:
                tally.shown = True
            else:
                yield kind, said
