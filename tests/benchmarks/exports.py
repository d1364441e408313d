"""CSV of ten years: beside ``sqlite3 -csv``, ``psql``'s copy and Datasette's stream, turn about.

python -m tests.benchmarks.exports [--quick]
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

from data.clock import stopwatch
from data.model import KEYS
from data.schema import snapshots
from data.sql import Instant
from data.tables import Query, columns
from tests.benchmarks.charts import page
from tests.benchmarks.datasette import DATASETTE, LIMITS, datasette
from tests.benchmarks.decade import Decade, alone
from tests.benchmarks.lines import MS, Line, at_most, faster, in_turn, told, within
from tests.benchmarks.page_store import DECADE
from tests.benchmarks.peers import PATIENCE_S, Cost, cost
from tests.benchmarks.storing import PROGRAM, scratch
from tests.machine import find
from tests.postgres import programs

ROUNDS: Final = 3
STREAMED: Final = 50_000
"""Lines that are read of either stream; all of Datasette's would take many minutes."""
SECONDS: Final = "{:,.1f} s"
MEBIBYTES: Final = "{:,.0f} MiB"
MOST_MEBIBYTES: Final = 300
HEAD: Final = tuple(column.name for column in columns(Query()))
TIMES: Final = tuple(name for name in HEAD if snapshots.c[name].kind == Instant)
WORDS: Final = (
    f"`masthead export snapshots` of the ten years into a file, start-up included, {ROUNDS} rounds "
    "beside what `sqlite3` and `psql` write of the same rows and columns in the same order: as the "
    "same text (by `strftime` and `to_char`; the files are compared, and differ in nothing but the "
    "ends of lines), and as their own, whose times are integers from `sqlite3` and like "
    "`2026-01-01 00:00:00+00` from `psql`, where ours are `2026-01-01T00:00:00Z`. Over HTTP the "
    f"first {STREAMED:,} lines of an answer from two workers, and of Datasette's `_stream=on`, "
    f"which has integers for times and reads {LIMITS['max_returned_rows']:,} rows a page."
)


@dataclass(frozen=True, slots=True)
class Written:
    """What files took: seconds of each round, and the most MiB of an export."""

    ours: list[float]
    same: list[float]
    """A peer's, the same text."""
    own: list[float]
    """A peer's, times as it writes them."""
    mebibytes: float


def selected(times: str, figures: str = "{}") -> str:
    """What selects the lines of the file, its times and figures as these forms have them."""
    forms = dict.fromkeys(TIMES, times) | dict.fromkeys(KEYS, figures)
    cells = ", ".join(f"{forms.get(name, '{}').format(name)} AS {name}" for name in HEAD)
    return f"SELECT {cells} FROM snapshots WHERE source = '{DECADE}' ORDER BY snapshots.slot"


def written(ways: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> Written:
    """What each command takes to write its file; leaves when ``ours`` and ``same`` differ."""
    outs = {name: folder / f"{name}.csv" for name in ways}
    found = in_turn({name: partial(_write, ways[name], outs[name]) for name in ways}, rounds)
    if _digest(outs["ours"]) != _digest(outs["same"]):
        raise SystemExit(f"{ways['same'][0]} wrote another text than the export.")
    most = max(one.mebibytes for one in found["ours"])
    seconds = {name: [one.seconds for one in costs] for name, costs in found.items()}
    return Written(**seconds, mebibytes=most)


def _write(command: Sequence[str], out: Path) -> Cost:
    with out.open("wb") as file:
        return cost(command, stdout=file)


def _digest(file: Path) -> bytes:
    """Of the text, whatever its lines end with."""
    found = hashlib.blake2b()
    with file.open("rb") as text:
        while part := text.read(1 << 20):
            found.update(part.replace(b"\r", b""))
    return found.digest()


def _export(database: str) -> list[str]:
    words = ("--quiet", "--database", database, "export", "snapshots", "--source", DECADE)
    return [str(PROGRAM), *words]


def sqlite(decade: Decade, folder: Path, rounds: int) -> list[Line]:
    """Beside sqlite3 on the same file."""
    peer = [find("sqlite3"), "-readonly", "-csv", "-header", str(decade.file)]
    iso = "strftime('%Y-%m-%dT%H:%M:%SZ', {} / 1000, 'unixepoch')"
    same, own = selected(iso, "CAST({} AS INTEGER)"), selected("{}")
    ways = {"ours": _export(decade.sqlite), "same": [*peer, same], "own": [*peer, own]}
    found = written(ways, folder, rounds)
    what = "CSV of 10 y, SQLite"
    return [
        faster(what, found.ours, "`sqlite3`, the same text", found.same, 1.2, SECONDS),
        told(what, found.ours, "`sqlite3`, times as integers", found.own, SECONDS),
        at_most(f"{what}: most memory", found.mebibytes, MOST_MEBIBYTES, MEBIBYTES),
    ]


def postgres(decade: Decade, folder: Path, rounds: int) -> list[Line]:
    """Beside psql on the same server."""
    peer = [str(decade.server.programs / "psql"), decade.postgres, "-X", "-q", "-c"]
    iso = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    same, own = (f"\\copy ({selected(one)}) TO STDOUT CSV HEADER" for one in (iso, "{}"))
    ways = {"ours": _export(decade.postgres), "same": [*peer, same], "own": [*peer, own]}
    found = written(ways, folder, rounds)
    what = "CSV of 10 y, PostgreSQL"
    return [
        within(what, found.ours, "`\\copy`, its own times", found.own, 1.5, SECONDS),
        told(what, found.ours, "`\\copy`, the same text", found.same, SECONDS),
        at_most(f"{what}: most memory", found.mebibytes, MOST_MEBIBYTES, MEBIBYTES),
    ]


def streamed(address: str, path: str) -> tuple[float, float]:
    """Seconds until the first byte of an answer, and until so many lines of it have come."""
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as connection:
        start = stopwatch()
        connection.request("GET", path)
        answer = connection.getresponse()
        lines = answer.read(1).count(b"\n")
        first = stopwatch() - start
        while lines < STREAMED and (part := answer.read1(1 << 16)):
            lines += part.count(b"\n")
        if answer.status != 200 or lines < STREAMED:
            raise SystemExit(f"{address} said {answer.status} and {lines:,} lines to {path[:80]}.")
        return first, stopwatch() - start


def streams(decade: Decade, rounds: int) -> list[Line]:
    """Over HTTP: the first byte, and so many lines beside Datasette."""
    asked = {"_stream": "on", "_size": "max", "source": DECADE}
    left = [("_nocol", one.name) for one in snapshots.columns if one.name not in HEAD]
    path = f"/{decade.file.stem}/snapshots.csv?{urlencode([*asked.items(), *left])}"
    with page(decade.sqlite) as here, datasette(decade.file) as there:
        ways = {
            "ours": partial(streamed, here, f"/export/snapshots.csv?source={DECADE}"),
            "theirs": partial(streamed, there, path),
        }
        found = in_turn(ways, rounds)
    first = 1_000 * median(first for first, _ in found["ours"])
    ours, theirs = ([whole for _, whole in each] for each in found.values())
    what = f"HTTP: {STREAMED:,} lines of CSV, SQLite"
    return [
        at_most("HTTP: first byte of the CSV of 10 y, SQLite", first, 300, MS),
        faster(what, ours, "Datasette, `_stream=on`", theirs, 10, "{:,.2f} s"),
    ]


def beside() -> list[str]:
    """Whom it is measured against."""
    with programs() as (bin_, _):
        psql = _version(bin_ / "psql")
    sqlite3 = _version(find("sqlite3"))
    return [
        f"sqlite3 {sqlite3.split()[0]} (public domain)",
        f"psql {psql.split()[-1]} (PostgreSQL licence)",
        f"{DATASETTE.replace('==', ' ')} (Apache-2.0)",
    ]


def _version(program: str | Path) -> str:
    command = (program, "--version")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def measure(decade: Decade, quick: bool = False) -> list[Line]:
    """All of it: into files, then over HTTP."""
    rounds = 1 if quick else ROUNDS
    with scratch() as folder:
        lines = [*sqlite(decade, folder, rounds), *postgres(decade, folder, rounds)]
    return [*lines, *streams(decade, rounds)]


if __name__ == "__main__":
    sys.exit(alone(measure))
