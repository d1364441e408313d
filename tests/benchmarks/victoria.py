"""The peer of the charts over HTTP: VictoriaMetrics with the same history, in a folder of its own.

It comes from Debian's package, is filled through /api/v1/import/csv and keeps a hundred years.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from data.model import KEYS
from tests.benchmarks.page_store import DECADE
from tests.benchmarks.peers import debian, running, said
from tests.postgres import free_port

LINES: Final = 200_000
FORMAT: Final = ",".join(
    ["1:time:unix_ms", *(f"{place}:metric:{key}" for place, key in enumerate(KEYS, 2))]
)
ROWS: Final = (
    f"SELECT {' || char(44) || '.join(['slot', *KEYS])} || char(10) FROM snapshots"
    " WHERE source = ? ORDER BY slot"
)


@contextmanager
def victoria(file: Path) -> Iterator[str]:
    """The address of a server that holds the ten years of the store in ``file``."""
    program = debian("victoria-metrics") / "usr" / "bin" / "victoria-metrics"
    with tempfile.TemporaryDirectory(prefix="masthead-vm-") as folder:
        address = f"127.0.0.1:{free_port()}"
        options = {
            "storageDataPath": folder,
            "httpListenAddr": address,
            "retentionPeriod": "100y",
            "search.latencyOffset": "0s",
            "loggerLevel": "ERROR",
        }
        words = [f"-{name}={value}" for name, value in options.items()]
        with running([str(program), *words], address, "/health"):
            _fill(address, file)
            yield address


def chart(start_s: float, end_s: float, step_s: float, kept: bool = False) -> str:
    """What is asked for the five figures over a span: all in one query is its fastest way."""
    asked = {"query": f'{{__name__=~"{"|".join(KEYS)}"}}', "nocache": str(int(not kept))}
    span = {"start": f"{start_s:.0f}", "end": f"{end_s:.0f}", "step": f"{step_s:.0f}s"}
    return f"/api/v1/query_range?{urlencode(asked | span)}"


def lasts(body: bytes) -> dict[str, list[float]]:
    """The values of each figure in an answer."""
    found: list[dict[str, Any]] = orjson.loads(body)["data"]["result"]
    return {
        one["metric"]["__name__"]: [float(value) for _, value in one["values"]] for one in found
    }


def _fill(address: str, file: Path) -> None:
    place = f"/api/v1/import/csv?{urlencode({'format': FORMAT, 'extra_label': f'source={DECADE}'})}"
    with closing(sqlite3.connect(file)) as store:
        rows = store.execute(ROWS, (DECADE,))
        while lines := rows.fetchmany(LINES):
            said(address, place, "".join(line for (line,) in lines).encode())
    said(address, "/internal/force_flush")
    said(address, "/internal/force_merge")
