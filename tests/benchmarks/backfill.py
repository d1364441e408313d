"""A backfill of 2,000 captures killed five times against one left alone, and how fast it reads."""

import random
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

from collectors.backfill import Backfill, archives
from collectors.looks import cores, see_saved
from collectors.markup import keep_freed_memory
from collectors.meter import Meter, Tally
from collectors.order import order
from data.captures import Capture
from data.clock import now, stopwatch
from data.settings import Settings
from data.store import open_store
from tests.archives import serving
from tests.benchmarks.pages import short_paragraphs
from tests.disturbed import START, asked_twice, fill, outcomes, rows, run_killed, work

CAPTURES = 2_000
KILLS = 5
PAGES = 1_400


def killed_five_times(folder: Path, seed: int) -> None:
    """Both backfills, each from archives of its own that hold the same; they must end the same."""
    alone, killed = (f"sqlite:///{folder / name}.db" for name in ("alone", "killed"))
    with serving() as held:
        fill(held, CAPTURES, seed)
        began = stopwatch()
        said = work(alone, held.url).sentence
        seconds = stopwatch() - began
        asked = len(held.requests)
        print(f"left alone: {said}\n  {asked} requests in {seconds:.0f} s")
        assert not asked_twice(held)
        first = rows(alone, held.url)
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(1, asked - 20), KILLS))
    with serving() as held:
        fill(held, CAPTURES, seed)
        seen = run_killed(killed, held, moments, seed)
        twice, most = asked_twice(held), max(held.answered.values())
        print(f"killed after {', '.join(map(str, moments))} requests: {seen.last}")
        second = rows(killed, held.url)
    print(f"\n{'':14}{'left alone':>12}{'killed':>12}")
    for name in first:
        print(f"{name:14}{len(first[name]):>12,}{len(second[name]):>12,}")
    for name, count in sorted(outcomes(first).items()):
        print(f"  {name:12}{count:>12,}{outcomes(second)[name]:>12,}")
    print(
        f"\nanswers per address, at most: {most}; asked twice: {len(twice)}, all of them under way"
    )
    print(f"when one of the {seen.kills} kills came: {twice <= seen.under_way}")
    assert first == second
    assert twice <= seen.under_way
    assert "None" not in outcomes(first)


def saved_pages(place: Path) -> int:
    """Fill the folder with pages of 150 kB, one a day; the size of one."""
    body = short_paragraphs()
    place.mkdir()
    for number in range(PAGES):
        (place / f"{START + number * timedelta(days=1):%Y%m%d%H%M%S}.html").write_bytes(body)
    return len(body)


def reading_speed(folder: Path) -> None:
    """Pages a second: opened and read alone on one core, and the whole way into the store."""
    place = folder / "pages"
    size = saved_pages(place)
    keep_freed_memory()
    spans: list[float] = []
    for _ in range(3):
        began = stopwatch()
        for path in place.iterdir():
            see_saved("dapp_expert", Capture("file", f"{path}#0", START, "https://dapp.expert/"))
        spans.append(stopwatch() - began)
    print(f"\n{PAGES} saved pages of {size // 1000} kB")
    print(f"opened and read, on one core: {PAGES / min(spans):.0f} a second")
    settings = Settings(database=f"sqlite:///{folder / 'pages'}.db")
    wanted = order(settings, "dapp_expert", [str(place)], now())
    stop, tally = threading.Event(), Tally()
    found = archives(wanted, settings, now, stop)
    store = open_store(settings.database)
    began = stopwatch()
    with Meter(tally, shown=False) as meter:
        Backfill(wanted, store, found, now, stop, tally, meter).run()
    seconds = stopwatch() - began
    store.close()
    print(f"listed, read, judged and stored, on {cores()} cores: {PAGES / seconds:.0f} a second")
    assert tally.counts["read"] == PAGES


def main() -> None:
    """Print what was measured; fails where the two histories differ."""
    seed = int(sys.argv[1]) if sys.argv[1:] else 1
    with tempfile.TemporaryDirectory(prefix="masthead-") as folder:
        killed_five_times(Path(folder), seed)
        reading_speed(Path(folder))


if __name__ == "__main__":
    main()
