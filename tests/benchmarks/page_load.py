"""The page against the Dash app of the usual tutorials, on the same store, pair by pair.

python -m tests.benchmarks.page_load [--quick] [--pairs N]
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from dashboard.server import THREADS, listen
from data.clock import now
from tests import browser as chromium
from tests.benchmarks.lines import MS, Line, at_most, faster, table, within
from tests.benchmarks.page_store import DECADE, MONTH, YEAR, YEARS, prepare
from tests.benchmarks.page_visit import Net, Visit, draws, visit

BUILD: Final = Path(__file__).parents[2] / "build"
WORKERS: Final = 2
PEER: Final = "tutorial's app"
FREE: Final = Net("unthrottled")
FAST_3G: Final = Net("4× CPU, 1.44 Mbit/s, 562 ms", 1_440, 562, 4)
SLOW_3G: Final = Net("400 kbit/s, 2,000 ms", 400, 2_000)
LONGEST_S: Final = 200.0
DRAWN_S: Final = 60.0
TOUR: Final = ("7d", "90d", "30d")
"""The ranges that are pressed, from 30 days on: fewer points, more, and back."""
OURS: Final = tuple(f'[data-range="{name}"]' for name in TOUR)
PEERS: Final = tuple(f"#range input[value='{name}']" for name in TOUR)


Pairs = Sequence[tuple[Visit, Visit]]
Place = tuple[str, Sequence[str]]
"""An address, and the buttons to press there."""


@contextmanager
def served(command: Sequence[str]) -> Iterator[str]:
    """The address of a server that ``command`` starts; "FD" in it is its socket's number."""
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        number = listener.fileno()
        words = [word.replace("FD", str(number)) for word in command]
        with subprocess.Popen(words, pass_fds=[number]) as process:
            try:
                yield f"http://{host}:{port}/"
            finally:
                process.terminate()


def warm(browser: Browser, place: Place) -> None:
    """Let each process have answered before anything is measured.

    One by one first: a fresh process of the peer answers 500 to those who come together.
    """
    for _ in range(10 * WORKERS):
        with urlopen(place[0]) as answer:
            answer.read()
    for _ in range(WORKERS):
        visit(browser, *place, FREE, LONGEST_S)


def page_command(database: str) -> list[str]:
    """What serves the page as ``masthead dashboard`` does."""
    script = (
        "import socket, sys; from dashboard.server import run; from data.settings import Settings;"
        f"run(Settings(database=sys.argv[1]), socket.socket(fileno=FD), workers={WORKERS})"
    )
    return [sys.executable, "-c", script, database]


def peer_command(database: str) -> list[str]:
    """What serves the peer, by the same server with as many processes and threads."""
    options = f"--workers {WORKERS} --worker-class gthread --threads {THREADS} --bind fd://FD"
    options += " --log-level warning --no-control-socket"
    app = f"tests.benchmarks.tutorial:server({database!r})"
    return [sys.executable, "-m", "gunicorn", *options.split(), app]


def pairs(browser: Browser, net: Net, number: int, first: Place, second: Place) -> Pairs:
    """So many visits to each of two places, turn about which comes first."""
    found = []
    for index in range(number):
        order = (first, second) if index % 2 == 0 else (second, first)
        visits = [visit(browser, *where, net, LONGEST_S) for where in order]
        found.append((visits[index % 2], visits[1 - index % 2]))
        print(f"{net.name}: {index + 1} of {number}", file=sys.stderr)
    return found


def sides(pairs: Pairs, name: str) -> tuple[list[float], list[float]]:
    """One of the things measured, of the first places and of the second."""
    ours, peers = ([getattr(pair[side], name) for pair in pairs] for side in (0, 1))
    return ours, peers


def sooner(what: str, pairs: Pairs, name: str, target: float) -> Line:
    """How many times sooner the page is than the peer."""
    ours, peers = sides(pairs, name)
    return faster(what, ours, PEER, peers, target)


def as_fast(what: str, pairs: Pairs, name: str, target: float) -> Line:
    """How many times longer the ten years take than a month."""
    longs, shorts = sides(pairs, name)
    return within(what, longs, "a month", shorts, target)


def limited(what: str, pairs: Pairs, name: str, target: float, form: str) -> Line:
    """What the page may have at most, whatever the peer has."""
    ours, peers = map(median, sides(pairs, name))
    return at_most(what, ours, target, form, (PEER, form.format(peers)))


def slow(browser: Browser, url: str, peer: str, number: int) -> Line:
    """Whether a chart is drawn at all on a line so slow that the whole plotly.js gives up."""
    ours = [draws(browser, url, SLOW_3G, DRAWN_S) for _ in range(number)]
    there = draws(browser, peer, SLOW_3G, DRAWN_S)
    drawn = [one for one in ours if one is not None]
    shown = MS.format(median(drawn)) if drawn else "not drawn"
    never = f"not in {DRAWN_S:.0f} s" if there is None else MS.format(there)
    target = f"{len(drawn)} of {number} drawn"
    return Line(f"{SLOW_3G.name}: chart", shown, PEER, never, "", target, len(drawn) == number)


def measure(browser: Browser, ours: str, peers: str, number: int) -> list[Line]:
    """All that is promised, measured."""
    page, peer = (f"{ours}?source={YEAR}", OURS), (peers, PEERS)
    whole = [(f"{ours}?source={name}&range=all", OURS[:1]) for name in (DECADE, MONTH)]
    for place in (page, peer, *whole):
        warm(browser, place)
    free = pairs(browser, FREE, number, page, peer)
    throttled = pairs(browser, FAST_3G, number, page, peer)
    long = pairs(browser, FREE, number, *whole)
    return [
        limited("cold load, sent", free, "kilobytes", 700, "{:,.0f} kB"),
        sooner("first chart", free, "chart", 1.8),
        sooner(f"first chart, {FAST_3G.name}", throttled, "chart", 5),
        sooner("another range, mean of three", free, "change", 2),
        sooner(f"another range, mean of three, {FAST_3G.name}", throttled, "change", 4),
        slow(browser, page[0], peers, min(number, 3)),
        limited("layout shift", free, "shift", 0.02, "{:.3f}"),
        limited("longest task after the first chart", free, "longest_task", 200, "{:.0f} ms"),
        as_fast("ten years at one a minute, load", long, "chart", 1.2),
        as_fast("ten years at one a minute, zoom", long, "change", 1.2),
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one visit each, ten days of minutes")
    parser.add_argument("--pairs", type=int, default=7, help="visits to each, 7 unless said")
    given = parser.parse_args(arguments)
    number = 1 if given.quick else given.pairs
    decade = timedelta(days=10) if given.quick else YEARS
    path = BUILD / ("bench-page-quick.db" if given.quick else "bench-page.db")
    database = prepare(path, now(), decade)
    with ExitStack() as stack:
        ours = stack.enter_context(served(page_command(database)))
        peers = stack.enter_context(served(peer_command(database)))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=[*chromium.OPTIONS]
        )
        lines = measure(browser, ours, peers, number)
        browser.close()
    print(table(lines))
    return int(not all(line.met for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
