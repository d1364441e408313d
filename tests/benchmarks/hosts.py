"""A day of two hosts with one PostgreSQL server: one is cut off from it, the other is switched off.

    python -m tests.benchmarks.hosts [--quick]

Each host is a process with a host name, a home and an outbox of its own; the server, its network
and the site are real, the clock is driven fast. Host ``b`` cannot reach the server for a quarter of
the day; for a third of that time host ``a`` is off, so that only ``b``'s outbox has those slots.
"""

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from collectors.jobs import jobs
from collectors.runner import Runner
from data import outbox
from data.model import KEYS
from data.settings import Settings, SourceSettings
from data.store import open_store
from data.tables import Query, rows
from tests import machine
from tests.benchmarks.lines import Line, at_most, table, unheld
from tests.benchmarks.year import SOURCE, START, Simulated, healthy, truth
from tests.postgres import Server, place, programs
from tests.proxy import Proxy, proxied
from tests.site import serving

WORDS: Final = (
    "1,440 slots of a minute and one more; two hosts (processes with a host name, a home and an "
    "outbox of their own) that both look in every slot, one PostgreSQL server. Host b is cut off "
    "from it for six hours; in the middle of these host a is off for two, so that nobody but b's "
    "outbox has those slots. The clock is driven fast; server, network and processes are real."
)
DAY: Final = 1_440
HOURLY: Final = 60
EVERY: Final = timedelta(minutes=1)
NAMED: Final = 'hostname "$0" && exec "$@"'
NAMES: Final = ("a", "b")


@dataclass(slots=True)
class Host:
    """A machine that collects when it is told what time it is."""

    name: str
    folder: Path
    database: str
    url: str
    outcomes: Counter[str] = field(default_factory=Counter)
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        alone = [machine.find("unshare"), "--uts", "sh", "-c", NAMED, self.name]
        itself = [sys.executable, "-m", "tests.benchmarks.hosts"]
        self.process = subprocess.Popen(
            [*alone, *itself, self.database, str(self.outbox), self.url],
            env=os.environ | {"HOME": str(self.folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def outbox(self) -> Path:
        """Where its snapshots wait."""
        return self.folder / "outbox"

    def begin(self, at: datetime) -> None:
        """Let it run at a time."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{at.isoformat()}\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Wait for the end of that run, and count what became of it."""
        assert self.process.stdout is not None
        self.outcomes[self.process.stdout.readline().strip()] += 1

    def stop(self) -> None:
        """Let the process end."""
        self.process.communicate()


def collect(database: str, folder: Path, url: str) -> None:
    """What a host does: a run for each time that it reads, whose outcome it writes."""
    clock = Simulated()
    source = SourceSettings(url=url, every=EVERY)
    settings = Settings(database=database, outbox=folder, sources={SOURCE: source})
    [job] = jobs(settings)
    for line in sys.stdin:
        clock.time = datetime.fromisoformat(line.strip())
        print(Runner(settings, clock).run(job).outcome, flush=True)


@dataclass(slots=True)
class Day:
    """What happened, and what the store says of it."""

    slots: int
    outcomes: dict[str, Counter[str]]
    missing: int
    wrong: int
    twice: int
    runs: Counter[str]
    """Runs in the journal by host."""
    open_runs: int
    waiting: int
    """Runs that are still in an outbox."""
    only_outbox: int
    """Slots that nobody but the host that was cut off has seen."""

    @property
    def sound(self) -> bool:
        """Whether each slot is there once and right, and each run of both hosts is told."""
        told = {name: found.total() for name, found in self.outcomes.items()}
        bad = self.missing or self.wrong or self.twice or self.open_runs or self.waiting
        return not bad and told == dict(self.runs)


def simulate(slots: int, server: Server, folder: Path) -> Day:
    """A day of ``slots`` slots on an empty server."""
    server.execute("CREATE DATABASE hosts")
    cut = range(3 * slots // 8, 5 * slots // 8)
    third = len(cut) // 3
    off = range(cut.start + third, cut.start + 2 * third)
    database = server.url("hosts")
    open_store(database).close()
    with serving() as site, proxied(server.port) as proxy:
        through = database.replace(str(server.port), str(proxy.port))
        with hosts(folder, (database, through), site.url) as both:
            for number in range(slots + 1):
                site.answers["/"] = healthy(number)
                _cut(proxy, number in cut)
                awake = both[1:] if number in off else both
                for host in awake:
                    host.begin(START + number * EVERY + timedelta(seconds=4))
                for host in awake:
                    host.end()
            return _check(slots + 1, server, both, len(off))


@contextmanager
def hosts(folder: Path, databases: tuple[str, str], url: str) -> Iterator[list[Host]]:
    """Two hosts, each with its way to the store."""
    pairs = zip(NAMES, databases, strict=True)
    both = [Host(name, folder / name, database, url) for name, database in pairs]
    try:
        yield both
    finally:
        for host in both:
            host.stop()


def _cut(proxy: Proxy, cut: bool) -> None:
    if cut:
        proxy.cut()
    else:
        proxy.mend()


def _check(slots: int, server: Server, both: list[Host], only_outbox: int) -> Day:
    store = open_store(server.url("hosts"), read_only=True)
    history = list(rows(store, Query()))
    store.close()
    found = Counter(row[0] for row in history)
    wanted = {START + number * EVERY: truth(number) for number in range(slots)}
    wrong = [row for row in history if dict(zip(KEYS, row[6:], strict=True)) != wanted[row[0]]]
    journal = server.execute("SELECT host, outcome FROM runs", "hosts")
    return Day(
        slots,
        {host.name: host.outcomes for host in both},
        missing=len(wanted.keys() - found.keys()),
        wrong=len(wrong),
        twice=len(history) - len(found),
        runs=Counter(host for host, _ in journal),
        open_runs=sum(outcome is None for _, outcome in journal),
        waiting=sum(outbox.count(host.outbox) for host in both),
        only_outbox=only_outbox,
    )


def lines(day: Day) -> list[Line]:
    """What became of the day, as lines of the table."""
    print(day, file=sys.stderr)
    waited = sum(outcomes["outbox"] for outcomes in day.outcomes.values())
    runs = sum(outcomes.total() for outcomes in day.outcomes.values())
    wrong = {
        "slots missing": day.missing,
        "slots twice": day.twice,
        "slots with other values": day.wrong,
        "runs missing in the journal": runs - day.runs.total(),
        "runs left open": day.open_runs,
        "still in an outbox": day.waiting,
    }
    return [
        unheld("slots", day.slots, "{:,.0f}"),
        unheld("runs kept in the outbox of the host that was cut off", waited, "{:,.0f}"),
        unheld("of these, slots that no other host looked at", day.only_outbox, "{:,.0f}"),
        *(at_most(what, number, 0, "{:,.0f}") for what, number in wrong.items()),
    ]


def measure(quick: bool) -> list[Line]:
    """A day, or an hour of it."""
    with programs() as (bin_, folder), TemporaryDirectory() as name:
        server = Server(bin_, place(folder / "hosts"))
        server.create()
        server.start()
        try:
            return lines(simulate(HOURLY if quick else DAY, server, Path(name)))
        finally:
            server.stop("immediate")


def main() -> int:
    """Measure, print the table; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an hour of it")
    found = measure(parser.parse_args().quick)
    print(table(found))
    return int(not all(line.met for line in found))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        collect(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main())
