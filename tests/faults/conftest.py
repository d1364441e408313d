"""Prints the table of the faults when their tests have ended."""

import pytest

from tests.faults.rounds import TALLIES, remarks, seed, table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, with what repeats it."""
    if TALLIES:
        total = sum(tally.rounds for tally in TALLIES.values())
        terminalreporter.write_line(f"\nfaults: {total} rounds, seed {seed()}")
        for line in [*table(), *remarks()]:
            terminalreporter.write_line(line)
