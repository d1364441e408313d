"""Days in seconds: the year's simulation, short enough for every run of the tests."""

from pathlib import Path

from data.outbox import count
from tests.benchmarks.year import check, simulate, sound


def test_five_days(tmp_path: Path) -> None:
    """Troubles, kills and a store away: each slot is one right snapshot or an explained gap."""
    year = simulate(120, 7, tmp_path, kills=0.1)
    found = check(year, tmp_path)
    assert sound(found), found
    assert year.kills
    assert year.outcomes["outbox"]
    assert year.outcomes["unchanged"]
    assert found.gaps.total()
    assert found.partial.total()
    assert found.whole["well"] >= year.moods.count("well") - year.kills
    assert found.whole.total() + found.partial.total() + found.gaps.total() == 120
    assert not count(tmp_path / "outbox")
