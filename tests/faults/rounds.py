"""Rounds: each breaks something at random, by a seed that repeats it; the table counts what came.

make test-faults ROUNDS=100 SEED=1
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.faults.oracle import Complaint, Kind, Known

FAULTS: Final = {
    "collector, SQLite": "`kill -9` of `masthead collect`, also while it empties the outbox",
    "collector, PostgreSQL": "the same into a server",
    "scheduler": "`kill -9` of `masthead schedule`",
    "other commands": "`kill -9` of `import`, `copy` and `backup`",
    "web worker": "`kill -9` of a worker while viewers and an export ask",
    "PostgreSQL": "`kill -9` of the server or of one session while two collectors write",
    "disk full": "no room for the store, the outbox or both, from 0 to 96 kB left",
    "read-only": "store, folder or outbox may not be written to",
    "corrupted": "pages of the SQLite file overwritten",
    "clock": "set back by hours or forward by years, for runs and under a scheduler",
    "descriptors": "as few open files as 3 to 40 for collector, scheduler and page",
    "network, site": "slow, dripping, stalled, cut at any byte, dead",
    "network, PostgreSQL": "the same between collector and server",
}
"""Every fault of the suite, by its name, and how it is done."""
KINDS: Final[tuple[Kind, ...]] = ("lost", "twice", "wrong", "damaged", "stuck")


def budget(short: int = 1) -> int:
    """How many rounds of each fault: the variable ROUNDS, else ``short``."""
    return int(os.environ.get("ROUNDS", short))


def seed() -> int:
    """What the rounds' chances come from: the variable SEED."""
    return int(os.environ.get("SEED", 1))


@dataclass
class Tally:
    """What a fault did in all its rounds."""

    fault: str
    rounds: int = 0
    hits: int = 0
    """Rounds in which it broke something."""
    broke: bool = False
    """Whether this round's did: a run ended by it, or refused."""
    shown: bool = False
    """Whether this round showed a reader what the store's own check calls damaged."""
    unnoticed: int = 0
    """Rounds that did."""
    acknowledged: int = 0
    found: list[Complaint] = field(default_factory=list)

    def row(self) -> str:
        """The tally as a row of the table."""
        kinds = Counter(kind for kind, _ in self.found)
        counts = [self.rounds, self.hits, self.acknowledged, *(kinds[kind] for kind in KINDS)]
        return f"| {self.fault} | {FAULTS[self.fault]} | {' | '.join(map(str, counts))} |"


TALLIES: Final[dict[str, Tally]] = {}
"""By fault, what this run of the tests has brought."""


def rounds(
    fault: str, known: Known, after: Callable[[], Iterable[Complaint]], share: float = 1.0
) -> Iterator[tuple[random.Random, Tally]]:
    """The rounds of a fault, each with its chances; after each what ``after`` finds is kept.

    ``share``: of the budget, where several tests are one fault. Fails where anything was found.
    """
    tally = TALLIES.setdefault(fault, Tally(fault))
    for number in range(max(1, round(budget() * share))):
        tally.broke = tally.shown = False
        before = known.told
        yield random.Random(f"{seed()} {fault} {number}"), tally
        tally.rounds += 1
        tally.hits += tally.broke
        tally.unnoticed += tally.shown
        tally.found += after()
        tally.acknowledged += known.told - before
        told = "\n".join(map(str, tally.found[:9]))
        assert not tally.found, f"seed {seed()}, round {number} of {fault!r}:\n{told}"


def table() -> list[str]:
    """The table of this run, as docs/reliability.md holds it."""
    heads = ["fault", "how", "rounds", "hit", "acknowledged", *KINDS]
    lines = [f"| {' | '.join(heads)} |", "|---|---|" + "---:|" * (len(heads) - 2)]
    return lines + [TALLIES[name].row() for name in FAULTS if name in TALLIES]


def remarks() -> list[str]:
    """What the table has no column for."""
    return [
        f"{one.fault}: {one.unnoticed} rounds showed a reader what only the check noticed"
        for one in TALLIES.values()
        if one.unnoticed
    ]
