"""The store's benchmark: lines and tables of made up numbers, and the history on both engines."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from data import clock
from data.store import open_store
from tests.benchmarks.asked import ALL, DAY, grouped, rows_of, same, spans_of
from tests.benchmarks.charts import body
from tests.benchmarks.decade import Decade, fill
from tests.benchmarks.lines import at_least, at_most, faster, more, table, unheld, within
from tests.benchmarks.moves import KINDS, made, score
from tests.benchmarks.page_store import DECADE, prepare
from tests.benchmarks.store import HEADING, replaced
from tests.postgres import Server


def test_ratios_say_by_how_much_they_miss() -> None:
    """The median of the pairs' ratios, and which part of the target is missing."""
    line = faster("chart", [10, 20, 10], "SQL", [1_000, 4_000, 3_000], 400)
    assert (line.masthead, line.peers, line.ratio) == ("10 ms", "3,000 ms", "200 ×")
    assert (line.met, line.missed_by) == (False, 0.5)
    assert more("requests", [300, 100], "Dash", [10, 10], 20, "{:,.0f}/s").ratio == "20 ×"
    assert within("file", [3, 3], "copy", [2, 2], 1.5).met
    assert within("file", [3, 3], "copy", [2, 2], 1.2).missed_by == 0.25


def test_table_marks_what_misses_and_says_why_once() -> None:
    """Below the table, one line for all that miss for one reason; who misses nothing has none."""
    lines = [
        at_most("room", 100, 80, "{:.0f} bytes", why="texts are kept"),
        at_most("more room", 120, 80, "{:.0f} bytes", why="texts are kept"),
        at_most("lost", 1, 0, "{:.0f}"),
        at_least("rate", 1_500, 1_000, "{:,.0f}/s", ("INSERT", "2,000/s"), why="the disk"),
        unheld("told", 5, "{:.0f}"),
    ]
    assert table(lines).splitlines() == [
        "|  | Masthead | peer | its result | ratio | target |",
        "|---|---|---|---|---|---|",
        "| room | 100 bytes |  |  |  | ≤ 80 bytes, **missed by 25 %** |",
        "| more room | 120 bytes |  |  |  | ≤ 80 bytes, **missed by 50 %** |",
        "| lost | 1 |  |  |  | ≤ 0, **missed** |",
        "| rate | 1,500/s | INSERT | 2,000/s |  | ≥ 1,000/s |",
        "| told | 5 |  |  |  |  |",
        "",
        "Missed, and why:",
        "",
        "- room, more room: texts are kept.",
    ]


def test_section_is_replaced_whole() -> None:
    """The section takes its old one's place, or the end; what stands around it stays."""
    before, after = "# Benchmarks\n\nWords.\n", "## The page\n\nTable.\n"
    new = f"{HEADING}\n\nnew \\1\n"
    assert replaced(before, HEADING, new) == f"{before}\n{new}"
    old = f"{before}\n{HEADING}\n\nold\n\n### Charts\n\nold\n\n{after}"
    assert replaced(old, HEADING, new) == f"{before}\n{new}\n{after}"
    assert replaced(f"{before}\n{HEADING}\n\nold\n", HEADING, new) == f"{before}\n{new}"


def test_both_engines_hold_the_same_history(tmp_path: Path, postgres: Server) -> None:
    """PostgreSQL's copy of the history gives the same charts; each GROUP BY agrees with them."""
    file = tmp_path / "store.db"
    sqlite = prepare(file, clock.now(), timedelta(days=40))
    postgres.execute("CREATE DATABASE decade")
    decade = Decade(file, sqlite, postgres.url("decade"), postgres)
    fill(file, decade.postgres)
    answers = {}
    for engine, database in decade.engines.items():
        store = open_store(database)
        spans = spans_of(store)
        answers[engine] = [body(store, asked) for asked in (spans[DAY], spans[ALL])]
        store.close()
        same(engine, answers[engine][1], rows_of(engine, decade, grouped(spans[ALL], engine)))
    postgres.execute("DROP DATABASE decade")
    assert answers["SQLite"] == answers["PostgreSQL"]
    with closing(sqlite3.connect(file)) as store_file:
        held = "SELECT count(*) FROM snapshots WHERE source = ?"
        assert store_file.execute(held, (DECADE,)).fetchone() == (40 * 24 * 60 + 1,)


def test_known_moves_are_scored() -> None:
    """Large jumps are all found; of a jump that no reading shows nothing is."""
    one = score(KINDS["level"], 15, seeds=[0])
    assert one.jumps == one.found > 10
    assert one.right <= one.listed
    jumps = made(KINDS["sum"], 15, 0)
    assert len(jumps.echoes) >= len(jumps.jumps) > 10
    hidden = score(KINDS["level, noise below the rounding"], 0.01, seeds=[0])
    assert hidden.found == 0
