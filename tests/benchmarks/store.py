"""The store at its size: runs every part of ``make bench``, writes its section of BENCHMARKS.md.

python -m tests.benchmarks.store [--quick]
"""

import argparse
import os
import platform
import re
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.clock import stopwatch
from tests.benchmarks import charts, crowd, exports, hosts, storing, viewers
from tests.benchmarks.decade import Decade, Measure, decade
from tests.benchmarks.lines import Line, table
from tests.benchmarks.peers import ROOT, end_orderly

HEADING: Final = "## The store"
DOCUMENT: Final = ROOT / "BENCHMARKS.md"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how it is run, what it does, in words for who reads its table."""

    title: str
    module: str
    words: str
    measure: Measure
    beside: Callable[[], Sequence[str]] = tuple
    """The other programs that it measured: name, version, licence."""


PARTS: Final = (
    Part("Charts", "charts", charts.WORDS, charts.measure, charts.beside),
    Part("Exports", "exports", exports.WORDS, exports.measure, exports.beside),
    Part("Writing, and room", "storing", storing.WORDS, storing.measure),
    Part("Viewers", "viewers", viewers.WORDS, lambda _, quick: viewers.measure(quick)),
    Part("Many at once", "crowd", crowd.WORDS, lambda _, quick: crowd.measure(quick)),
    Part("Two hosts", "hosts", hosts.WORDS, lambda _, quick: hosts.measure(quick)),
)


def replaced(document: str, heading: str, section: str) -> str:
    """The document with the section under ``heading`` (a line ``## …``) put anew, or at its end."""
    found = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if found.search(document) is None:
        return f"{document.rstrip()}\n\n{section}"
    return found.sub(lambda match: section + "\n" * (match.end() < len(document)), document)


def section(measured: Sequence[tuple[Part, list[Line]]], decade: Decade, seconds: float) -> str:
    """All the tables, what they were measured with, and on what."""
    [(number, days)] = decade.server.execute(
        "SELECT count(*), extract(day FROM max(slot) - min(slot))::int FROM snapshots", "decade"
    )
    lines = [line for _, found in measured for line in found]
    missed = sum(not line.met for line in lines)
    head = (
        f"`make bench` ({seconds / 60:.0f} minutes): {number:,} snapshots, {days:,} days at one a "
        "minute, the same in a SQLite file and on a PostgreSQL server with default durability, "
        "beside other programs on the same data in the same run. Times and rates are medians, a "
        "ratio is the median of the pairs', turn about who comes first. "
        f"Targets: {len(lines) - missed} met or only told, {missed} missed."
    )
    parts = [
        f"### {part.title}\n\n`python -m tests.benchmarks.{part.module}`: {part.words}\n\n"
        f"{table(found)}"
        for part, found in measured
    ]
    return "\n\n".join([HEADING, head, *parts, machine(decade)]) + "\n"


def machine(decade: Decade) -> str:
    """What everything ran on, and whose programs stood beside."""
    [(server,)] = decade.server.execute("SHOW server_version")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    beside = dict.fromkeys(name for part in PARTS for name in part.beside())
    return (
        f"Machine: {os.cpu_count()} cores of {processor()}, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {server}. Beside: {', '.join(beside)}."
    )


def processor() -> str:
    """What the processor calls itself."""
    said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    named = re.search(r"^model name\s*:\s*(.+)$", said, re.MULTILINE)
    return named[1] if named else platform.machine()


def main() -> int:
    """Measure all parts, print and write the section (``--quick``: print); 1 when one missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds on 400 days, only printed")
    quick = parser.parse_args().quick
    end_orderly()
    start, measured = stopwatch(), []
    with decade(quick) as stores:
        for part in PARTS:
            print(f"{part.title} …", file=sys.stderr, flush=True)
            measured.append((part, part.measure(stores, quick)))
        text = section(measured, stores, stopwatch() - start)
    print(text)
    if not quick:
        document = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(replaced(document, HEADING, text), encoding="utf-8")
    return int(not all(line.met for _, lines in measured for line in lines))


if __name__ == "__main__":
    sys.exit(main())
