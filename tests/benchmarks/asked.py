"""The question of the charts: five figures over a span, and the same in plain SQL."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import psycopg

from data.model import EPOCH, KEYS, iso, to_ms
from data.series import resolution
from data.sources import SourceInfo
from data.store import Store
from tests.benchmarks.decade import Decade
from tests.benchmarks.page_store import DECADE

SPANS: Final[Mapping[str, timedelta | None]] = {
    "24 h": timedelta(hours=24),
    "30 d": timedelta(days=30),
    "1 y": timedelta(days=365),
    "10 y": None,
}
"""None: all of it."""
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

    def ends(self, moved: int) -> tuple[datetime, datetime]:
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


def spans_of(store: Store) -> dict[str, Asked]:
    """Each span of the ten years, by its name."""
    info = store.source(DECADE)
    assert info is not None
    return {name: Asked(info, span) for name, span in SPANS.items()}


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


def same(engine: str, ours: bytes, rows: Sequence[Sequence[Any]]) -> None:
    """Leave when the rollups say anything else than the snapshots: nothing would be compared."""
    metrics = orjson.loads(ours)["metrics"]
    for place, key in enumerate(KEYS):
        low, high, last = 3 + 2 * place, 4 + 2 * place, 4 + 2 * (len(KEYS) + place)
        said = {"min": low, "max": high, "last": last}
        for fold, column in said.items():
            if metrics[key][fold] != [row[column] for row in rows]:
                raise SystemExit(f"{engine}: the {fold} of {key} differs from GROUP BY's.")
