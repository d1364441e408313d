"""The page's benchmark: what its table says, from visits that are made up."""

from datetime import timedelta
from pathlib import Path

from data import clock
from data.model import slot_of
from data.series import series
from data.store import open_store
from tests.benchmarks.lines import table
from tests.benchmarks.page_load import as_fast, limited, sooner
from tests.benchmarks.page_store import DECADE, MINUTE, MONTH, YEAR, prepare
from tests.benchmarks.page_visit import Visit

PAIRS = [
    (Visit(600, 1_000, 100, 0.01, 150), Visit(6_000, 5_000, 300, 0.1, 50)),
    (Visit(601, 1_000, 300, 0.01, 250), Visit(6_000, 4_000, 300, 0.1, 50)),
    (Visit(602, 1_000, 100, 0.01, 150), Visit(6_000, 9_000, 100, 0.1, 50)),
]


def test_ratios_are_those_of_the_pairs() -> None:
    """The median of each pair's ratio, held against the target."""
    assert sooner("chart", PAIRS, "chart", 5).met
    assert not sooner("chart", PAIRS, "chart", 5.1).met
    slower = as_fast("change", PAIRS, "change", 0.9)
    assert (slower.masthead, slower.peers, slower.ratio) == ("100 ms", "300 ms", "1.00 ×")
    assert not slower.met


def test_limits_hold_whatever_the_peer_has() -> None:
    """A limit is for the page alone; the table marks what misses it."""
    sent = limited("sent", PAIRS, "kilobytes", 700, "{:,.0f} kB")
    task = limited("task", PAIRS, "longest_task", 100, "{:.0f} ms")
    assert (sent.met, task.met) == (True, False)
    assert table([sent, task]).splitlines()[2:] == [
        "| sent | 601 kB | tutorial's app | 6,000 kB |  | ≤ 700 kB |",
        "| task | 150 ms | tutorial's app | 50 ms |  | ≤ 100 ms, **missed by 50 %** |",
    ]


def test_the_store_is_as_the_collectors_write_it(tmp_path: Path) -> None:
    """What SQL filled has every slot once, its rollups, and is kept for the next run."""
    now = clock.now()
    database = prepare(tmp_path / "store.db", now, timedelta(days=2))
    assert prepare(tmp_path / "store.db", now, timedelta(days=2)) == database
    store = open_store(database)
    decade = store.source(DECADE)
    assert decade is not None
    assert (decade.every, decade.last_slot) == (MINUTE, slot_of(now, MINUTE))
    assert len(store.slots(DECADE, now - timedelta(days=3), now)) == 2 * 24 * 60 + 1
    rolled = series(store, decade, now - timedelta(days=2), now)
    assert (rolled["rolled"], rolled["gaps"]) == (True, [])
    for name, days in ((YEAR, 365), (MONTH, 30)):
        found = store.source(name)
        assert found is not None
        assert len(store.slots(name, now - timedelta(days=400), now)) == days * 24 + 1
    assert len(store.headlines(YEAR, now - timedelta(days=31), now, 500)) == 200
    store.close()
