"""200 viewers at once while a snapshot is written every second, beside an uncached Dash callback.

python -m tests.benchmarks.viewers [--quick]

Real processes: ``masthead dashboard`` with two workers, a writer, and wrk, which keeps as many
connections open as there are viewers and asks on each as soon as it was answered.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from dashboard.server import THREADS
from data.clock import now, stopwatch
from data.model import KEYS
from data.store import open_store
from tests.benchmarks.lines import Line, at_most, more, table
from tests.benchmarks.page_load import served
from tests.benchmarks.page_store import DECADE, MINUTE, YEAR, prepare
from tests.benchmarks.uncached import ASKED
from tests.conftest import snapshot
from tests.looks import SEEN
from tests.machine import find
from tests.postgres import free_port
from tests.waiting import until

VIEWERS: Final = 200
WORKERS: Final = 2
HISTORY: Final = timedelta(days=40)
P99_MS: Final = 250.0
TIMES: Final = 5.0
SECONDS: Final = 15
ROUNDS: Final = 3
WORDS: Final = (
    f"{VIEWERS} connections of wrk, each asking again as soon as it was answered, on the same "
    f"cores as the {WORKERS} workers and a collector that writes every second; {ROUNDS} rounds of "
    f"{SECONDS} s, turn about with the same charts as a Dash callback that keeps nothing."
)
LUA: Final = Path(__file__).with_name("load.lua")
SOURCES: Final[Mapping[str, str]] = {
    DECADE: "30 days of a source by the minute, which is written to",
    YEAR: "30 days of an hourly source",
}


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the viewers' requests to one server."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def load(url: str, seconds: int, body: str | None = None) -> Load:
    """All viewers ask at ``url``, by POST where there is a ``body``."""
    options = ("-t", "1", "-c", str(VIEWERS), "-d", f"{seconds}s", "--timeout", "30s", "-s", LUA)
    environ = {**os.environ, **({} if body is None else {"BODY": body})}
    done = subprocess.run(
        [find("wrk"), *options, url], env=environ, capture_output=True, text=True, check=True
    )
    return Load(**json.loads(done.stdout.splitlines()[-1]))


def write(database: str, stop: Event) -> None:
    """A snapshot every second, of the slots that follow."""
    store = open_store(database)
    known = store.source(DECADE)
    assert known is not None
    assert known.last_slot is not None
    slot, due = known.last_slot, stopwatch()
    while not stop.wait(max(0.0, due - stopwatch())):
        slot, due = slot + MINUTE, due + 1
        look = snapshot(slot, source=DECADE, figures=dict(zip(KEYS, SEEN, strict=True)))
        store.save(look, MINUTE)
    store.close()


@contextmanager
def writing(database: str) -> Iterator[None]:
    """A process that writes meanwhile."""
    context = get_context("spawn")
    stop = context.Event()
    process = context.Process(target=write, args=(database, stop))
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join()
    assert process.exitcode == 0


@contextmanager
def serving(database: str) -> Iterator[tuple[str, int]]:
    """The address of ``masthead dashboard``, and its process."""
    port = free_port()
    options = ["--database", database, "dashboard", "--port", str(port), "--workers", str(WORKERS)]
    with subprocess.Popen([sys.executable, "-m", "masthead", *options]) as process:
        try:
            url = f"http://127.0.0.1:{port}/"
            until(lambda: _answers(url), 60)
            yield url, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urlopen(url) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def uncached(database: str) -> list[str]:
    """What serves the peer, by the same server with as many processes and threads."""
    options = f"--workers {WORKERS} --worker-class gthread --threads {THREADS} --bind fd://FD"
    options += " --log-level warning --no-control-socket"
    app = f"tests.benchmarks.uncached:server({database!r})"
    return [sys.executable, "-m", "gunicorn", *options.split(), app]


def measure(quick: bool = False) -> list[Line]:
    """Both servers over a store of their own, turn about, while it is written."""
    seconds, rounds = (5, 1) if quick else (SECONDS, ROUNDS)
    with TemporaryDirectory() as folder:
        database = prepare(Path(folder) / "viewers.db", now() - timedelta(hours=1), HISTORY)
        return _beside(database, seconds, rounds)


def _beside(database: str, seconds: int, rounds: int) -> list[Line]:
    with ExitStack() as stack:
        ours, _ = stack.enter_context(serving(database))
        page = stack.enter_context(served(uncached(database)))
        # A fresh process of Dash answers 500 to those who come together: one by one first.
        assert all(_answers(page) for _ in range(10 * WORKERS))
        peer = f"{page}_dash-update-component"
        before = _version(database)
        stack.enter_context(writing(database))
        lines: list[Line] = []
        until(lambda: _version(database) > before, 60)
        before, begun = _version(database), stopwatch()
        for source, what in SOURCES.items():
            url = f"{ours}api/v1/series?source={source}&range=30d"
            body = json.dumps(ASKED).replace("{source}", source)
            load(url, 3)
            load(peer, 3, body)
            pairs = [(load(url, seconds), load(peer, seconds, body)) for _ in range(rounds)]
            lines += _lines(what, pairs)
        written, passed = _version(database) - before, stopwatch() - begun
    print(f"{written} snapshots were written in {passed:.0f} s.", file=sys.stderr)
    return lines


def _version(database: str) -> int:
    store = open_store(database, read_only=True)
    known = store.source(DECADE)
    store.close()
    return known.version if known else 0


def _lines(what: str, pairs: Sequence[tuple[Load, Load]]) -> list[Line]:
    ours, peers = zip(*pairs, strict=True)
    for one in (*ours, *peers):
        print(what, one, file=sys.stderr)
    rates = [[one.rate for one in side] for side in (ours, peers)]
    peer = "Dash callback, uncached"
    return [
        more(f"{what}: requests", rates[0], peer, rates[1], TIMES, "{:,.0f}/s"),
        at_most(f"{what}: median", median(one.p50_ms for one in ours), P99_MS, "{:,.0f} ms"),
        at_most(f"{what}: p99", median(one.p99_ms for one in ours), P99_MS, "{:,.0f} ms"),
        at_most(f"{what}: errors", sum(one.errors for one in ours), 0, "{:,.0f}"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of five seconds each")
    given = parser.parse_args(arguments)
    lines = measure(given.quick)
    print(table(lines))
    print(WORDS)
    return int(not all(line.met for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
