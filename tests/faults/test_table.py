"""The document's table is one that the suite printed: every fault, and no loss."""

import re
from pathlib import Path
from typing import Final

from tests.faults.rounds import FAULTS, KINDS, TALLIES, Tally, table

TEXT: Final = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS: Final = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ")
]


def test_every_fault_has_its_row() -> None:
    """The faults of the suite, in its words and order."""
    head, *rows = ROWS
    assert head == ["fault", "how", "rounds", "hit", "acknowledged", *KINDS]
    assert {row[0]: row[1] for row in rows} == FAULTS
    assert [row[0] for row in rows] == list(FAULTS)


def test_nothing_was_lost() -> None:
    """The promise of the page, by its own numbers."""
    counts = [[int(cell) for cell in row[2:]] for row in ROWS[1:]]
    for rounds, hits, _, *found in counts:
        assert 0 < hits <= rounds
        assert found == [0] * len(KINDS)
    [total] = re.findall(r"in ([0-9,]+) rounds", TEXT)
    assert int(total.replace(",", "")) == sum(rounds for rounds, *_ in counts) >= 1_000


def test_a_row_counts_what_was_found() -> None:
    """Each kind of complaint has its column."""
    tally = Tally("clock", 3, 2, acknowledged=7)
    tally.found += [("lost", "a"), ("lost", "b"), ("stuck", "c")]
    assert tally.row().endswith(" | 3 | 2 | 7 | 2 | 0 | 0 | 0 | 1 |")
    assert len(table()) == 2 + len(TALLIES)
