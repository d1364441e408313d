"""An hour of two hosts: the simulated day, short enough for every run of the tests."""

from pathlib import Path

from tests.benchmarks.hosts import simulate
from tests.postgres import Server


def test_an_hour(postgres: Server, tmp_path: Path) -> None:
    """One host cut off, the other off for a while: each slot is there once, each run is told."""
    day = simulate(60, postgres, tmp_path)
    assert day.sound, day
    assert day.outcomes["b"]["outbox"] == 15
    assert day.outcomes["a"]["outbox"] == 0
    assert day.only_outbox == 5
