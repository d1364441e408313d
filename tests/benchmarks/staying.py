"""Fifty viewers stay for ten minutes while a snapshot is written every second: memory, errors.

python -m tests.benchmarks.staying [--minutes 10] [--viewers 50]

Real processes: ``masthead dashboard`` with two workers, a writer, and viewers that do what the page
does, ten times as often: each on a connection of its own that is kept, loading the page once,
asking the pulse, fetching anew what it shows when there is news, changing source and range, paging
through headlines, opening /health, taking a file now and then.
"""

import argparse
import http.client
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final
from urllib.parse import urlencode

from dashboard.query import SPANS
from data.clock import now, stopwatch
from tests.benchmarks.lines import Line, at_most, table, unheld
from tests.benchmarks.page_store import DECADE, YEAR, prepare
from tests.benchmarks.viewers import WORKERS, serving, writing

MINUTES: Final = 10.0
VIEWERS: Final = 50
HISTORY: Final = timedelta(days=365)
STEP_S: Final = 1.0
"""From one look of a viewer to the next; the page takes ten."""
SAMPLE_S: Final = 2.0
LEVEL_S: Final = 60.0
"""When memory is as high as it may be but for the tolerance."""
TOLERANCE: Final = 5.0
NAMED: Final = re.compile(r'(?:src|href)="([^"]+)"')
MEGABYTE: Final = 1_000_000
OTHERS: Final = (
    (0.05, "health?lang=en"),
    (0.05, f"api/v1/moves?source={YEAR}&range=1y"),
    (0.05, f"api/v1/daily?source={YEAR}&range=1y&metric=volume_30d"),
    (0.05, f"api/v1/headlines?source={YEAR}&range=30d&limit=50"),
    (0.004, f"export/snapshots.csv?source={DECADE}&from=30d"),
    (0.002, f"export/snapshots.xlsx?source={YEAR}&from=90d"),
)
"""How often, as a share of its looks, a viewer asks for something else."""


@dataclass(slots=True)
class Told:
    """What one viewer saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    """Seconds of each request, files apart."""


class Viewer:
    """One browser with the page open."""

    def __init__(self, address: str, number: int) -> None:
        self.told = Told()
        self._connection = http.client.HTTPConnection(address, timeout=60)
        self._chance = random.Random(number)
        self._tags: dict[str, str] = {}
        self._version = ""
        self._asked = (DECADE, "30d")

    def stay(self, end: Event) -> None:
        """Load the page, then look again and again until the end."""
        with closing(self._connection):
            for address in [*NAMED.findall(self._ask("").decode()), "api/v1/sources"]:
                self._ask(address.removeprefix("/"))
            while not end.wait(STEP_S * self._chance.uniform(0.5, 1.5)):
                self._look()

    def _look(self) -> None:
        if self._chance.random() < 0.2:
            self._asked = self._chance.choice((DECADE, YEAR)), self._chance.choice(list(SPANS))
            self._version = ""
        version = json.loads(self._ask("api/v1/pulse") or b'{"version": ""}')["version"]
        if version != self._version:
            self._version = version
            source, span = self._asked
            asked = urlencode({"source": source, "range": span})
            self._ask(f"api/v1/latest?source={source}")
            self._ask(f"api/v1/series?{asked}")
            self._ask(f"api/v1/headlines?{asked}&limit=200")
        for share, address in OTHERS:
            if self._chance.random() < share:
                self._ask(address)

    def _ask(self, address: str) -> bytes:
        """The answer's body, empty where it is here already or there was none."""
        headers = {"Accept-Encoding": "br"}
        if address in self._tags:
            headers["If-None-Match"] = self._tags[address]
        began = stopwatch()
        try:
            self._connection.request("GET", f"/{address}", headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self.told.errors[f"{type(error).__name__} at {address}"] += 1
            return b""
        if not address.startswith("export/"):
            self.told.took.append(stopwatch() - began)
        self.told.statuses[answer.status] += 1
        # All exports that there may be at a time are taken: the page says so, nobody's error.
        busy = answer.status == 503 and address.startswith("export/")
        if answer.status not in (200, 304) and not busy:
            self.told.errors[f"{answer.status} at {address}"] += 1
        if tag := answer.headers["ETag"]:
            self._tags[address] = tag
        plain = answer.headers["Content-Encoding"] is None
        return body if plain else b""


def memory(pid: int) -> int:
    """Bytes of the process ``pid`` and its children, what they share counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_share(one) for one in (str(pid), *children))


def _share(pid: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss: +(\d+)", lines, re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


def watch(pid: int, seconds: float) -> list[tuple[float, int]]:
    """The memory of the server, every few seconds, as (seconds since the beginning, bytes)."""
    began, tick, found = stopwatch(), Event(), list[tuple[float, int]]()
    while (passed := stopwatch() - began) < seconds:
        found.append((passed, memory(pid)))
        if len(found) % 15 == 1:
            print(f"{passed:5.0f} s {found[-1][1] / MEGABYTE:7.1f} MB", file=sys.stderr, flush=True)
        tick.wait(SAMPLE_S)
    return found


def measure(minutes: float, viewers: int, history: timedelta = HISTORY) -> list[Line]:
    """Let them stay, and tell of memory, errors and times."""
    with TemporaryDirectory() as folder:
        database = prepare(Path(folder) / "staying.db", now() - timedelta(hours=1), history)
        with serving(database) as (url, pid), writing(database):
            address = url.removeprefix("http://").rstrip("/")
            end = Event()
            crowd = [Viewer(address, number) for number in range(viewers)]
            threads = [Thread(target=one.stay, args=(end,)) for one in crowd]
            for thread in threads:
                thread.start()
            try:
                samples = watch(pid, minutes * 60)
            finally:
                end.set()
                for thread in threads:
                    thread.join()
    return told([one.told for one in crowd], samples)


def told(viewers: Sequence[Told], samples: Sequence[tuple[float, int]]) -> list[Line]:
    """The lines of what was measured."""
    statuses, errors = Counter[int](), Counter[str]()
    for one in viewers:
        statuses.update(one.statuses)
        errors.update(one.errors)
    print(f"{statuses} {errors}", file=sys.stderr)
    took = sorted(second for one in viewers for second in one.took)
    level_at = min(LEVEL_S, samples[-1][0] / 2)
    level = median(size for passed, size in samples if level_at <= passed <= level_at + 20)
    after = [size for passed, size in samples if passed >= level_at]
    farthest = max(abs(size - level) for size in after) / level * 100
    shown = f"from {min(after) / MEGABYTE:.1f} to {max(after) / MEGABYTE:.1f} MB"
    return [
        unheld("requests", sum(statuses.values()), "{:,.0f}"),
        unheld("of them 304", statuses[304] / sum(statuses.values()) * 100, "{:.0f} %"),
        at_most("errors", sum(errors.values()), 0, "{:,.0f}"),
        unheld("median", median(took) * 1000, "{:,.0f} ms"),
        unheld("p99", took[len(took) * 99 // 100] * 1000, "{:,.0f} ms"),
        unheld("slowest", took[-1] * 1000, "{:,.0f} ms"),
        unheld("memory after the first minute", level / MEGABYTE, "{:.1f} MB"),
        unheld("memory at the end", samples[-1][1] / MEGABYTE, "{:.1f} MB"),
        at_most(f"farthest from it ({shown})", farthest, TOLERANCE, "{:.1f} %"),
    ]


def words(minutes: float, viewers: int) -> str:
    """How it was measured, in a sentence."""
    return (
        f"{viewers} viewers for {minutes:g} minutes, each on a kept connection doing what the page "
        f"does ten times as often, with files now and then; {WORKERS} workers over a year by the "
        "minute, to which a snapshot is added every second. Memory is that of all processes of "
        "the server, what they share counted once, every two seconds."
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    given = parser.parse_args(arguments)
    lines = measure(given.minutes, given.viewers)
    print(table(lines))
    print(words(given.minutes, given.viewers))
    return int(not all(line.met for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
