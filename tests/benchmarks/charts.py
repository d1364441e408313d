"""The chart query of five figures against GROUP BY, VictoriaMetrics and Datasette.

python -m tests.benchmarks.charts [--quick]
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Final
from urllib.parse import urlencode

import orjson

from data.clock import stopwatch
from data.model import KEYS, iso
from data.series import series
from data.store import Store
from tests.benchmarks import victoria
from tests.benchmarks.asked import ALL, DAY, Asked, grouped, rows_of, same, spans_of
from tests.benchmarks.datasette import DATASETTE, datasette
from tests.benchmarks.decade import Decade, alone, opened
from tests.benchmarks.lines import Line, faster, in_turn, within
from tests.benchmarks.page_load import page_command, served
from tests.benchmarks.page_store import DECADE
from tests.benchmarks.peers import debian_version, said

ROUNDS: Final = 31
HTTP_ROUNDS: Final = 15
SLOW_ROUNDS: Final = 5
WARM_UP: Final = 10
MS: Final = "{:,.1f} ms"
WORDS: Final = (
    f"five figures as the page asks for them, at most 1,500 points each, in this process "
    f"({ROUNDS} rounds, {SLOW_ROUNDS} beside `GROUP BY`, one more to warm up) and over HTTP from "
    f"two workers ({HTTP_ROUNDS} rounds, {SLOW_ROUNDS} beside Datasette), each request on a "
    "connection of its own: the first time, never the same request twice, and again, when an open "
    "page or a second reader asks for what is kept. `GROUP BY` gives first, last, min and max of "
    "the same buckets from the snapshots, and the same numbers; so does Datasette. VictoriaMetrics "
    "gives the last values at the same step by one `query_range`, its fastest way, the first time "
    "with `nocache=1`; an answer of the page has last, min and max, gaps, outages and changes."
)
WHY: Final = (
    "an answer of the page is made by Python row by row and holds gaps, outages and changes "
    "beside the values, where a compiled program formats one value a step"
)


def body(store: Store, asked: Asked) -> bytes:
    """The answer of the page for the span, made in this process."""
    return orjson.dumps(series(store, asked.info, *asked.ends(0)))


def in_process(decade: Decade, engine: str, rounds: int) -> list[Line]:
    """Each span beside the 24 hours, and the whole beside GROUP BY."""
    with opened(decade.engines[engine]) as store:
        spans = spans_of(store)
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


def turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """How many ms each takes, in turn, each round beginning with another; one round is lost."""
    timed = {name: partial(_milliseconds, way) for name, way in ways.items()}
    return {name: times[1:] for name, times in in_turn(timed, rounds + 1).items()}


def _milliseconds(way: Callable[[], object]) -> float:
    start = stopwatch()
    way()
    return 1_000 * (stopwatch() - start)


@contextmanager
def page(database: str) -> Iterator[str]:
    """The host and port of the page, served by two workers that have all answered before."""
    with served(page_command(database)) as url:
        address = url.removeprefix("http://").rstrip("/")
        for _ in range(WARM_UP):
            said(address, f"/api/v1/series?source={DECADE}&range=24h")
        yield address


def over_http(decade: Decade, engine: str, there: str, rounds: int) -> list[Line]:
    """Each span beside VictoriaMetrics at ``there``: asked for the first time, and again.

    The first time no two requests are the same; again, both may answer what they kept.
    """
    with opened(decade.engines[engine]) as store:
        spans = spans_of(store)
    lines = []
    with page(decade.engines[engine]) as here:
        for name, asked in spans.items():
            for again in (False, True):
                ways = {"ours": _ours(here, asked, again), "theirs": _theirs(there, asked, again)}
                for _ in range(WARM_UP * again):
                    ways["ours"]()
                    ways["theirs"]()
                taken = turns(ways, rounds)
                what = f"HTTP: chart of {name}, {engine}, {'again' if again else 'first time'}"
                lines.append(
                    within(what, taken["ours"], "VictoriaMetrics", taken["theirs"], 1, MS, why=WHY)
                )
    return lines


def raw_http(decade: Decade, rounds: int) -> list[Line]:
    """The ten years beside Datasette, which answers from the snapshots."""
    with opened(decade.sqlite) as store:
        asked = spans_of(store)[ALL]
    moved = count(1)

    def sql(there: str) -> bytes:
        query = {"sql": grouped(asked, "SQLite", next(moved)), "_shape": "arrays"}
        return said(there, f"/{decade.file.stem}.json?{urlencode(query)}")

    with page(decade.sqlite) as here, datasette(decade.file) as there:
        taken = turns({"ours": _ours(here, asked), "theirs": partial(sql, there)}, rounds)
    what = "HTTP: chart of 10 y, SQLite"
    return [faster(what, taken["ours"], "Datasette", taken["theirs"], 10, MS)]


def _ours(address: str, asked: Asked, again: bool = False) -> Callable[[], bytes]:
    moved = count(1, int(not again))

    def answer() -> bytes:
        start, end = asked.ends(next(moved))
        query = {"source": DECADE, "from": iso(start), "to": iso(end)}
        return said(address, f"/api/v1/series?{urlencode(query)}")

    return answer


def _theirs(address: str, asked: Asked, again: bool = False) -> Callable[[], bytes]:
    moved = count(1, int(not again))

    def answer() -> bytes:
        start, end = (moment.timestamp() for moment in asked.ends(next(moved)))
        return said(address, victoria.chart(start, end, asked.step.total_seconds(), again))

    return answer


def agree(decade: Decade, there: str) -> None:
    """Leave when VictoriaMetrics does not hold the same last day."""
    with opened(decade.sqlite) as store:
        asked = spans_of(store)[DAY]
        ours = orjson.loads(body(store, asked))["metrics"]
    start, end = (moment.timestamp() for moment in asked.ends(0))
    theirs = victoria.lasts(said(there, victoria.chart(start, end, asked.step.total_seconds())))
    if theirs != {key: ours[key]["last"] for key in KEYS}:
        raise SystemExit("VictoriaMetrics holds another last day than the store.")


def beside() -> list[str]:
    """Whom it is measured against."""
    victoria_metrics = f"VictoriaMetrics {debian_version('victoria-metrics')} from Debian"
    return [f"{victoria_metrics} (Apache-2.0)", f"{DATASETTE.replace('==', ' ')} (Apache-2.0)"]


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
