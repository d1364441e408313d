"""A backfill that is killed at random moments, to be compared with one that is left alone."""

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.backfill import Backfill, archives
from collectors.fetch import new_client
from collectors.meter import Meter, Tally
from collectors.order import order
from collectors.pace import Terms
from data.clock import now
from data.schema import ROLLUPS, captures, headlines, pages, snapshots
from data.settings import ArchiveSettings, Settings
from data.statements import select
from data.store import open_store
from tests.archives import Archived, Archives
from tests.pages import page
from tests.waiting import until

QUICK = Terms(
    timedelta(),
    timedelta(),
    pause=timedelta(milliseconds=1),
    back_off=timedelta(milliseconds=1),
    attempts=2,
    limit=timedelta(seconds=30),
)
"""What the local archives are asked at."""
START = datetime(2023, 1, 1, tzinfo=UTC)
CRAWLS = ("CC-MAIN-2023-50", "CC-MAIN-2024-10", "CC-MAIN-2025-05")
EVERY = "12h"
TABLES = (snapshots, captures, headlines, pages, *ROLLUPS)
"""What must be the same in the end, row by row."""


def fill(held: Archives, count: int, seed: int) -> None:
    """So many captures in both archives, about one in ten of them of no use."""
    chance = random.Random(seed)
    at = START
    for number in range(count):
        at += timedelta(minutes=chance.randint(60, 1300))
        one = _capture(chance, at, number)
        if chance.random() < 0.8:
            held.wayback.append(one)
        else:
            held.crawls.setdefault(CRAWLS[number * len(CRAWLS) // count], []).append(one)


def _capture(chance: random.Random, at: datetime, number: int) -> Archived:
    body = page(
        f"Story {number // 3}",
        Dapps=f"{10 + number / 500:.2f}K",
        Active_users=f"{40 + 9 * chance.random():.2f}M",
        **{"30d_volume": f"${200 + 50 * chance.random():.2f}B"},
    )
    kind = chance.random()
    if kind < 0.03:
        return Archived(at, b"<!doctype html><html><body><h1>An older site</h1></body></html>")
    if kind < 0.05:
        empty = dict.fromkeys(("Dapps", "Blockchains", "Active_users", "30d_volume"), "")
        return Archived(at, page("Nothing there", **empty, **{"30d_transactions": ""}))
    if kind < 0.07:
        return Archived(at, page("Something is missing", Dapps=""))
    if kind < 0.10:
        return Archived(at, body, answer=404 if kind < 0.085 else 503)
    return Archived(at, body, digest=f"D{number}")


def work(database: str, url: str) -> Tally:
    """The backfill, done in this process."""
    bases = {"wayback": url, "commoncrawl_index": url, "commoncrawl_data": url}
    settings = Settings(database=database, archives=ArchiveSettings(**bases))
    wanted = order(settings, "dapp_expert", ["wayback", "commoncrawl"], now(), every=EVERY)
    stop, tally = threading.Event(), Tally()
    terms = {"wayback": QUICK, "commoncrawl": QUICK}
    store = open_store(database)
    try:
        with new_client() as client, Meter(tally, shown=False) as meter:
            found = archives(wanted, settings, now, stop, client, terms)
            Backfill(wanted, store, found, now, stop, tally, meter).run()
    finally:
        store.close()
    return tally


@dataclass
class Disturbed:
    """What the killing showed."""

    kills: int = 0
    under_way: set[str] = field(default_factory=set)
    """The last address asked before each kill: its answer may not have been stored yet."""
    last: str = ""
    """What the last process said."""


def run_killed(database: str, held: Archives, moments: Sequence[int], seed: int) -> Disturbed:
    """Run the backfill, killed soon after so many requests each, until it ends by itself."""
    chance, seen = random.Random(seed), Disturbed()
    command = [sys.executable, "-m", "tests.disturbed", database, held.url]
    for moment in moments:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=_ROOT)
        until(lambda at=moment: len(held.requests) >= at, 120)  # type: ignore[misc]
        threading.Event().wait(chance.uniform(0, 0.05))
        assert child.poll() is None, "it ended before it was killed"
        child.send_signal(signal.SIGKILL)
        child.wait()
        seen.kills += 1
        seen.under_way.add(held.requests[-1])
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=_ROOT)
    seen.last = done.stdout.strip()
    return seen


_ROOT = Path(__file__).parent.parent


def rows(database: str, url: str) -> dict[str, list[Any]]:
    """Every row of the tables that count, sorted; the archives' address made the same for all."""
    store = open_store(database, read_only=True)
    try:
        with store.reading() as connection:
            return {
                table.name: sorted(_row(row, url) for row in connection.execute(select(table)))
                for table in TABLES
            }
    finally:
        store.close()


def _row(row: Sequence[Any], url: str) -> tuple[str, ...]:
    return tuple(str(value).replace(url, "") for value in row)


def outcomes(found: dict[str, list[Any]]) -> Counter[str]:
    """How many captures had which outcome."""
    place = [column.name for column in captures.columns].index("outcome")
    return Counter(str(row[place]) for row in found["captures"])


def asked_twice(held: Archives) -> set[str]:
    """Addresses that were answered more than once, without failures that may pass."""
    return {address for address, count in held.answered.items() if count > 1}


if __name__ == "__main__":
    print(work(*sys.argv[1:]).sentence)
