"""CSV of ten years: beside ``sqlite3 -csv``, ``psql``'s copy and Datasette's stream, turn about.

python -m tests.benchmarks.exports [--quick]
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

from data.clock import stopwatch
from data.model import KEYS, iso, to_ms
from data.schema import snapshots
from data.sql import Instant
from data.tables import Query, columns
from tests.benchmarks.charts import page
from tests.benchmarks.datasette import DATASETTE, LIMITS, datasette
from tests.benchmarks.decade import Decade, alone, opened
from tests.benchmarks.lines import MS, Line, at_most, faster, in_turn, told, within
from tests.benchmarks.page_store import DECADE, MINUTE
from tests.benchmarks.peers import PATIENCE_S, Cost, cost, said
from tests.benchmarks.storing import PROGRAM, scratch
from tests.machine import find
from tests.postgres import programs

ROUNDS: Final = 3
STREAMED: Final = 100_000
"""Lines of either stream; all that there are would take Datasette many minutes."""
SECONDS: Final = "{:,.1f} s"
MEBIBYTES: Final = "{:,.0f} MiB"
MOST_MEBIBYTES: Final = 300
HEAD: Final = tuple(column.name for column in columns(Query()))
TIMES: Final = tuple(name for name in HEAD if snapshots.c[name].kind == Instant)
WORDS: Final = (
    f"`masthead export snapshots` of the ten years into a file, start-up included, {ROUNDS} rounds "
    "beside what `sqlite3` and `psql` write of the same rows and columns in the same order: the "
    "same text (the files are compared, and differ in nothing but the ends of lines), and their "
    "own. All figures are whole ones; cents take longer. `sqlite3` writes ISO times by `strftime`, "
    "and figures as it has them (`12.0`) or, for the same text, `CAST` to integers, which is much "
    "faster there; its own times are integers. "
    "`psql` has the same times by `to_char`; its own are `2026-01-01 00:00:00+00`. Over HTTP the "
    f"oldest {STREAMED:,} lines from two workers, and by Datasette's `_stream=on`, which has "
    f"integers for times and reads {LIMITS['max_returned_rows']:,} rows a page."
)

WHY: Final = (
    "PostgreSQL's library hands over each line by itself, and Python takes longer to receive five "
    "million of them, before anything is done with one, than `psql` for all of it"
)


def selected(times: str, figures: str = "{}") -> str:
    """What selects the lines of the file, its times and figures as these forms have them."""
    forms = dict.fromkeys(TIMES, times) | dict.fromkeys(KEYS, figures)
    cells = ", ".join(f"{forms.get(name, '{}').format(name)} AS {name}" for name in HEAD)
    return f"SELECT {cells} FROM snapshots WHERE source = '{DECADE}' ORDER BY snapshots.slot"


def written(
    ways: Mapping[str, Sequence[str]], folder: Path, rounds: int
) -> tuple[dict[str, list[float]], float]:
    """Seconds that each command takes to write its file, and the most MiB of ``ours``.

    Leaves when ``ours`` and ``same`` wrote another text.
    """
    outs = {name: folder / f"{name}.csv" for name in ways}
    found = in_turn({name: partial(_write, ways[name], outs[name]) for name in ways}, rounds)
    if _digest(outs["ours"]) != _digest(outs["same"]):
        raise SystemExit(f"{ways['same'][0]} wrote another text than the export.")
    seconds = {name: [one.seconds for one in costs] for name, costs in found.items()}
    return seconds, max(one.mebibytes for one in found["ours"])


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
    moment = "strftime('%Y-%m-%dT%H:%M:%SZ', {} / 1000, 'unixepoch')"
    asked = {
        "same": selected(moment, "CAST({} AS INTEGER)"),
        "iso": selected(moment),
        "own": selected("{}"),
    }
    ways = {"ours": _export(decade.sqlite)} | {name: [*peer, one] for name, one in asked.items()}
    found, most = written(ways, folder, rounds)
    ours = found["ours"]
    what = "CSV of 10 y, SQLite"
    return [
        faster(what, ours, "`sqlite3 -csv`, ISO times", found["iso"], 1.2, SECONDS),
        told(what, ours, "`sqlite3 -csv`, the same text", found["same"], SECONDS),
        told(what, ours, "`sqlite3 -csv`, times as integers", found["own"], SECONDS),
        at_most(f"{what}: most memory", most, MOST_MEBIBYTES, MEBIBYTES),
    ]


def postgres(decade: Decade, folder: Path, rounds: int) -> list[Line]:
    """Beside psql on the same server."""
    peer = [str(decade.server.programs / "psql"), decade.postgres, "-X", "-q", "-c"]
    moment = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    same, own = (f"\\copy ({selected(one)}) TO STDOUT CSV HEADER" for one in (moment, "{}"))
    ways = {"ours": _export(decade.postgres), "same": [*peer, same], "own": [*peer, own]}
    found, most = written(ways, folder, rounds)
    ours = found["ours"]
    what = "CSV of 10 y, PostgreSQL"
    return [
        within(what, ours, "`psql`, `\\copy`", found["own"], 1.5, SECONDS, why=WHY),
        told(what, ours, "`psql`, `\\copy`, the same text", found["same"], SECONDS),
        at_most(f"{what}: most memory", most, MOST_MEBIBYTES, MEBIBYTES),
    ]


def first_byte(address: str, path: str) -> float:
    """Seconds until an answer begins; the rest of it is not taken."""
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as connection:
        start = stopwatch()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read(1)
        if answer.status != 200:
            raise SystemExit(f"{address} said {answer.status} to {path[:80]}.")
        return stopwatch() - start


def streamed(address: str, path: str) -> float:
    """Seconds that the lines take; leaves when they are not as many as were asked for."""
    start = stopwatch()
    lines = said(address, path).count(b"\n") - 1
    if lines != STREAMED:
        raise SystemExit(f"{address} gave {lines:,} lines to {path[:80]}.")
    return stopwatch() - start


def streams(decade: Decade, rounds: int) -> list[Line]:
    """Over HTTP: the first byte of everything, and so many lines beside Datasette.

    These are asked for by their span: Datasette goes on with a stream that nobody reads any more.
    """
    with opened(decade.sqlite) as store:
        known = store.source(DECADE)
    assert known is not None
    assert known.first_slot is not None
    end = known.first_slot + STREAMED * MINUTE
    whole = f"/export/snapshots.csv?source={DECADE}"
    asked = {"_stream": "on", "_size": "max", "source": DECADE, "slot__lt": to_ms(end)}
    left = [("_nocol", one.name) for one in snapshots.columns if one.name not in HEAD]
    theirs = f"/{decade.file.stem}/snapshots.csv?{urlencode([*asked.items(), *left])}"
    with page(decade.sqlite) as here, datasette(decade.file) as there:
        ways = {
            "first": partial(first_byte, here, whole),
            "ours": partial(streamed, here, f"{whole}&to={iso(end)}"),
            "theirs": partial(streamed, there, theirs),
        }
        found = in_turn(ways, rounds)
    first, what = 1_000 * median(found["first"]), f"HTTP: {STREAMED:,} lines of CSV, SQLite"
    peer = "Datasette, `_stream=on`"
    return [
        at_most("HTTP: first byte of the CSV of 10 y, SQLite", first, 300, MS),
        faster(what, found["ours"], peer, found["theirs"], 10, "{:,.2f} s"),
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
