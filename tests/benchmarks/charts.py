"""The chart query of five figures against GROUP BY, VictoriaMetrics and Datasette.

python -m tests.benchmarks.charts [--quick]
"""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import psycopg

from data.clock import stopwatch
from data.model import EPOCH, KEYS, iso, to_ms
from data.series import resolution, series
from data.store import SourceInfo, Store
from tests.benchmarks import victoria
from tests.benchmarks.decade import Decade, alone, opened
from tests.benchmarks.lines import Line, faster, within
from tests.benchmarks.page_load import page_command, served
from tests.benchmarks.page_store import DECADE
from tests.benchmarks.peers import environment
from tests.postgres import free_port
from tests.waiting import until

DATASETTE: Final = "datasette==0.65.5"
ROUNDS: Final = 31
HTTP_ROUNDS: Final = 15
SLOW_ROUNDS: Final = 5
WARM_UP: Final = 10
PATIENCE_S: Final = 60.0
MS: Final = "{:,.1f} ms"
SPANS: Final[Mapping[str, timedelta | None]] = {
    "24 h": timedelta(hours=24),
    "30 d": timedelta(days=30),
    "1 y": timedelta(days=365),
    "10 y": None,
}
"""None: all of it."""
WORDS: Final = (
    f"five figures as the page asks for them, at most 1,500 points each, in this process "
    f"({ROUNDS} rounds, {SLOW_ROUNDS} beside `GROUP BY`, one more to warm up) and over HTTP from "
    f"two workers ({HTTP_ROUNDS} rounds, {SLOW_ROUNDS} beside Datasette), never the same request "
    "twice, each on a connection of its own. `GROUP BY` gives first, last, min and max of the same "
    "buckets from the snapshots, and the same numbers; so does Datasette. VictoriaMetrics gives "
    "the last values at the same step by one `query_range` with `nocache=1`, its fastest way; "
    "an answer of the page has first, last, min, max, gaps, outages and changes."
)
DAY: Final = "24 h"
ALL: Final = "10 y"
BUCKETS: Final = (
    "WITH bucket AS (SELECT {bucket} AS start, min(slot) AS low, max(slot) AS high, {folds}"
    " FROM snapshots WHERE source = '" + DECADE + "' AND slot <= {end} GROUP BY 1)"
    " SELECT bucket.*, {ends} FROM bucket"
    " JOIN snapshots AS a ON a.source = '" + DECADE + "' AND a.slot = low"
    " JOIN snapshots AS z ON z.source = '" + DECADE + "' AND z.slot = high ORDER BY 1"
)
"""First, last, min and max of each bucket and figure from the snapshots themselves."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a span of the ten years, and how far each asking is moved back."""

    info: SourceInfo
    span: timedelta | None

    def ends(self, moved: int) -> tuple[Any, Any]:
        """Its first and last moment, so many slots earlier than the newest one."""
        assert self.info.first_slot is not None
        assert self.info.last_slot is not None
        end = self.info.last_slot - moved * self.info.every
        return max(self.info.first_slot, end - self.span if self.span else EPOCH), end

    @property
    def step(self) -> timedelta:
        """How long a point is."""
        start, end = self.ends(0)
        return resolution(end - start, self.info.every)


def body(store: Store, asked: Asked) -> bytes:
    """The answer of the page for the span, made in this process."""
    return orjson.dumps(series(store, asked.info, *asked.ends(0)))


def grouped(asked: Asked, engine: str, moved: int = 0) -> str:
    """The same question in plain SQL."""
    folds = ", ".join(f"{fold}({key}) AS {key}_{fold}" for key in KEYS for fold in ("min", "max"))
    ends = ", ".join(f"{row}.{key}" for key in KEYS for row in ("a", "z"))
    end, step_ms = asked.ends(moved)[1], asked.step // timedelta(milliseconds=1)
    bucket, last = f"slot - slot % {step_ms}", str(to_ms(end))
    if engine == "PostgreSQL":
        bucket = f"date_bin('{step_ms} milliseconds', slot, '{iso(EPOCH)}')"
        last = f"timestamptz '{iso(end)}'"
    return BUCKETS.format(bucket=bucket, folds=folds, ends=ends, end=last)


def rows_of(engine: str, decade: Decade, sql: str) -> list[tuple[Any, ...]]:
    """What the engine's own driver gets for a statement."""
    if engine == "PostgreSQL":
        with psycopg.connect(decade.postgres) as server:
            return server.execute(sql).fetchall()
    with closing(sqlite3.connect(decade.file)) as file:
        return file.execute(sql).fetchall()


def in_process(decade: Decade, engine: str, rounds: int) -> list[Line]:
    """Each span beside the 24 hours, and the whole beside GROUP BY."""
    with opened(decade.engines[engine]) as store:
        spans = _asked(store)
        taken = turns({name: partial(body, store, asked) for name, asked in spans.items()}, rounds)
        lines = [
            within(f"chart of {name}, {engine}", taken[name], "its 24 h", taken[DAY], 1.5, MS)
            for name in spans
            if name != DAY
        ]
        whole, sql = spans[ALL], grouped(spans[ALL], engine)
        same(engine, body(store, whole), rows_of(engine, decade, sql))
        ways: dict[str, Callable[[], object]] = {
            "ours": partial(body, store, whole),
            "sql": partial(rows_of, engine, decade, sql),
        }
        slow = turns(ways, min(rounds, SLOW_ROUNDS))
    what = f"chart of 10 y, {engine}"
    return [*lines, faster(what, slow["ours"], "`GROUP BY`", slow["sql"], 300, MS)]


def same(engine: str, ours: bytes, rows: Sequence[Sequence[Any]]) -> None:
    """Leave when the rollups say anything else than the snapshots: nothing would be compared."""
    metrics = orjson.loads(ours)["metrics"]
    for place, key in enumerate(KEYS):
        low, high, last = 3 + 2 * place, 4 + 2 * place, 4 + 2 * (len(KEYS) + place)
        said = {"min": low, "max": high, "last": last}
        for fold, column in said.items():
            if metrics[key][fold] != [row[column] for row in rows]:
                raise SystemExit(f"{engine}: the {fold} of {key} differs from GROUP BY's.")


def turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """How many ms each takes, in turn, each round beginning with another; one round is lost."""
    names, taken = list(ways), {name: list[float]() for name in ways}
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            start = stopwatch()
            ways[name]()
            taken[name].append(1_000 * (stopwatch() - start))
    return {name: times[1:] for name, times in taken.items()}


def get(address: str, path: str) -> bytes:
    """The body at a path, by a connection of its own; leaves unless it is a 200."""
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{address} said {answer.status} to {path[:80]}: {said[:200]!r}")
        return said


@contextmanager
def page(database: str) -> Iterator[str]:
    """The host and port of the page, served by two workers that have all answered before."""
    with served(page_command(database)) as url:
        address = url.removeprefix("http://").rstrip("/")
        for _ in range(WARM_UP):
            get(address, f"/api/v1/series?source={DECADE}&range=24h")
        yield address


@contextmanager
def datasette(decade: Decade) -> Iterator[str]:
    """The host and port of Datasette over the same file."""
    port, program = free_port(), environment(DATASETTE) / "datasette"
    limits = {"sql_time_limit_ms": 120_000, "max_returned_rows": 2_000}
    settings = [word for name, value in limits.items() for word in ("--setting", name, str(value))]
    command = [str(program), "serve", str(decade.file), "--port", str(port), *settings]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _listens(port), PATIENCE_S)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def over_http(decade: Decade, engine: str, there: str, rounds: int) -> list[Line]:
    """Each span beside VictoriaMetrics at ``there``; no two requests are the same."""
    with opened(decade.engines[engine]) as store:
        spans = _asked(store)
    lines = []
    with page(decade.engines[engine]) as here:
        for name, asked in spans.items():
            ways = {"ours": _ours(here, asked), "theirs": _theirs(there, asked)}
            taken = turns(ways, rounds)
            what = f"HTTP: chart of {name}, {engine}"
            lines.append(
                within(what, taken["ours"], "VictoriaMetrics", taken["theirs"], 1, MS, why=WHY)
            )
    return lines


WHY: Final = (
    "an answer of the page is made by Python row by row and holds gaps, outages and changes "
    "beside the values, where a compiled program formats one value a step"
)


def raw_http(decade: Decade, rounds: int) -> list[Line]:
    """The ten years beside Datasette, which answers from the snapshots."""
    with opened(decade.sqlite) as store:
        asked = _asked(store)[ALL]
    moved = count(1)

    def sql(there: str) -> bytes:
        query = {"sql": grouped(asked, "SQLite", next(moved)), "_shape": "arrays"}
        return get(there, f"/{decade.file.stem}.json?{urlencode(query)}")

    with page(decade.sqlite) as here, datasette(decade) as there:
        taken = turns({"ours": _ours(here, asked), "theirs": partial(sql, there)}, rounds)
    what = "HTTP: chart of 10 y, SQLite"
    return [faster(what, taken["ours"], "Datasette", taken["theirs"], 10, MS)]


def _ours(address: str, asked: Asked) -> Callable[[], bytes]:
    moved = count(1)

    def answer() -> bytes:
        start, end = asked.ends(next(moved))
        query = {"source": DECADE, "from": iso(start), "to": iso(end)}
        return get(address, f"/api/v1/series?{urlencode(query)}")

    return answer


def _theirs(address: str, asked: Asked) -> Callable[[], bytes]:
    moved = count(1)

    def answer() -> bytes:
        start, end = (moment.timestamp() for moment in asked.ends(next(moved)))
        return get(address, victoria.chart(start, end, asked.step.total_seconds()))

    return answer


def agree(decade: Decade, there: str) -> None:
    """Leave when VictoriaMetrics does not hold the same last day."""
    with opened(decade.sqlite) as store:
        asked = _asked(store)[DAY]
        ours = orjson.loads(body(store, asked))["metrics"]
    start, end = (moment.timestamp() for moment in asked.ends(0))
    theirs = victoria.lasts(get(there, victoria.chart(start, end, asked.step.total_seconds())))
    if theirs != {key: ours[key]["last"] for key in KEYS}:
        raise SystemExit("VictoriaMetrics holds another last day than the store.")


def _asked(store: Store) -> dict[str, Asked]:
    info = store.source(DECADE)
    assert info is not None
    return {name: Asked(info, span) for name, span in SPANS.items()}


def _listens(port: int) -> bool:
    try:
        return bool(get(f"127.0.0.1:{port}", "/-/versions.json"))
    except ConnectionRefusedError:
        return False


def measure(decade: Decade, quick: bool = False) -> list[Line]:
    """All of it: in this process, then over HTTP."""
    rounds = 3 if quick else ROUNDS
    lines = [line for engine in decade.engines for line in in_process(decade, engine, rounds)]
    with victoria.victoria(decade.file) as there:
        agree(decade, there)
        for engine in decade.engines:
            lines += over_http(decade, engine, there, min(rounds, HTTP_ROUNDS))
    return [*lines, *raw_http(decade, min(rounds, SLOW_ROUNDS))]


if __name__ == "__main__":
    sys.exit(alone(measure))
