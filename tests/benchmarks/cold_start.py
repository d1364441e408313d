"""``masthead collect`` as cron runs it against ``urlwatch`` on the same page, pair by pair."""

import argparse
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from data.clock import now
from data.model import EPOCH
from data.times import UNITS
from tests.benchmarks.pages import padded
from tests.benchmarks.peers import UV, Cost, cost, environment
from tests.pages import page
from tests.site import Answer, Site, serving

URLWATCH: Final = "urlwatch==2.29"
SLOT: Final = 2 * UNITS["s"]
"""Each run gets a slot of its own, so that each one fetches and stores."""
WARM_UP: Final = 2

URLS: Final = """name: header
url: {url}
filter:
  - css: header ul
"""
CONFIG: Final = """database = "sqlite:///{folder}/masthead.db"
outbox = "{folder}/outbox"
[sources.dapp_expert]
url = "{url}"
every = "2s"
"""


def run(command: Sequence[str], home: Path) -> Cost:
    """Run a command in cron's environment and folder; raises when it fails or complains."""
    environ = {"HOME": str(home), "LOGNAME": "cron", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    with (home / "errors").open("w+b") as errors:
        try:
            return cost(command, cwd=home, env=environ, stdout=subprocess.DEVNULL, stderr=errors)
        finally:
            errors.seek(0)
            if said := errors.read():
                raise SystemExit(f"{command[0]} said: {said.decode()}")


class Watched:
    """The page on a local server, and the two commands that watch it, each in its own home."""

    def __init__(self, site: Site, folder: Path, urlwatch: Path) -> None:
        self.site = site
        self.dapps = 0
        self.change()
        self.home = {name: folder / name for name in ("masthead", "urlwatch")}
        for home in self.home.values():
            home.mkdir()
        here, there = self.home.values()
        config = CONFIG.format(folder=here, url=site.url)
        (here / "masthead.toml").write_text(config, encoding="utf-8")
        (there / "urls.yaml").write_text(URLS.format(url=site.url), encoding="utf-8")
        files = ("urls", "urls.yaml"), ("config", "c.yaml"), ("cache", "c.db"), ("hooks", "h.py")
        options = [part for name, file in files for part in (f"--{name}", str(there / file))]
        masthead = Path(sys.executable).with_name("masthead")
        self.command = {
            "masthead": [str(masthead), "--config", str(here / "masthead.toml"), "collect"],
            "urlwatch": [str(urlwatch), *options],
        }

    def change(self) -> None:
        """Let the site show another figure."""
        self.dapps += 1
        body = padded(page(Dapps=f"{16 + self.dapps / 100:.2f}K"))
        self.site.answers["/"] = Answer(body)

    def look(self, name: str) -> Cost:
        """One run of one of the two, which must have asked the site once."""
        if name == "masthead":
            wait_for_slot()
        before = self.asked()
        cost = run(self.command[name], self.home[name])
        if self.asked() != before + 1:
            raise SystemExit(f"{name} asked {self.asked() - before} times for the page: not once.")
        return cost

    def asked(self) -> int:
        """How often the page was asked for; robots.txt, once a day, is another one."""
        return sum(path == "/" for path, _ in list(self.site.requests))

    def stored(self) -> int:
        """How many complete snapshots Masthead kept."""
        with sqlite3.connect(self.home["masthead"] / "masthead.db") as store:
            complete = "SELECT count(*) FROM snapshots WHERE transactions_30d IS NOT NULL"
            return int(store.execute(complete).fetchone()[0])


def wait_for_slot() -> None:
    """Wait until the next slot begins, as cron does."""
    threading.Event().wait((SLOT - (now() - EPOCH) % SLOT).total_seconds() + 0.01)


def pairs(watched: Watched, number: int, *, changing: bool) -> list[dict[str, Cost]]:
    """One run of each, turn about who comes first, on a page that changes or stays."""
    found = []
    for turn in range(number):
        if changing:
            watched.change()
        names = sorted(watched.command, reverse=bool(turn % 2))
        found.append({name: watched.look(name) for name in names})
    return found


def report(title: str, measured: Sequence[dict[str, Cost]]) -> bool:
    """Print medians and the median ratio of the pairs; whether both ratios are at most 1."""
    print(f"{title}: {len(measured)} pairs, medians", flush=True)
    good = True
    for what, unit, scale in (("seconds", "ms", 1000), ("mebibytes", "MiB", 1)):
        ours, theirs = (
            [getattr(pair[name], what) * scale for pair in measured]
            for name in ("masthead", "urlwatch")
        )
        ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
        ratio = median(ratios)
        good = good and ratio <= 1
        print(
            f"  masthead {median(ours):7.1f} {unit:3}   urlwatch {median(theirs):7.1f} {unit:3}"
            f"   ratio {ratio:.2f} (of single pairs {ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    return good


def main() -> None:
    """Measure, print, and exit 1 when Masthead costs more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--uv", type=Path, default=UV)
    given = parser.parse_args()
    urlwatch = environment(URLWATCH, given.uv) / "urlwatch"
    with serving() as site, tempfile.TemporaryDirectory() as folder:
        watched = Watched(site, Path(folder), urlwatch)
        pairs(watched, WARM_UP, changing=True)
        changing = pairs(watched, given.pairs, changing=True)
        steady = pairs(watched, given.pairs, changing=False)
        expected = WARM_UP + 2 * given.pairs
        if watched.stored() != expected:
            raise SystemExit(f"{watched.stored()} snapshots are stored, not {expected}.")
    good = [report("page changes", changing), report("page stays", steady)]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    least = min(cost.mebibytes for pair in [*changing, *steady] for cost in pair.values())
    if own >= least:
        # A child counts the memory of the process it was started from until it becomes its own.
        raise SystemExit(f"This script itself grew to {own:.0f} MiB: the memory is not measured.")
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
