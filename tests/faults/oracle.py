"""What a store must hold, worked out without the code under test: SQL and arithmetic of its own."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import dict_row

KEYS: Final = ("dapps", "blockchains", "active_users", "volume_30d", "transactions_30d")
HOUR_MS: Final = 3_600_000
PERIODS: Final = {
    "rollups_hour": HOUR_MS,
    "rollups_day": 24 * HOUR_MS,
    "rollups_week": 7 * 24 * HOUR_MS,
}
TABLES: Final = ("snapshots", "headlines", "runs", "sources", *PERIODS)
SUCCESSES: Final = ("stored", "partial", "unchanged", "duplicate")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Kind = Literal["lost", "twice", "wrong", "damaged", "stuck"]
Complaint = tuple[Kind, str]
Rows = list[dict[str, Any]]
Tables = Mapping[str, Rows]


@dataclass
class Known:
    """What is known of a history from outside: what its pages said, and what was acknowledged."""

    pages: dict[int, Mapping[str, float]] = field(default_factory=dict)
    """The figures of the page of each slot, by the slot in ms."""
    acknowledged: set[int] = field(default_factory=set)
    """Slots of which it was said that they are stored, or wait in the outbox."""
    told: int = 0
    """How many that were, also those forgotten since."""

    def acknowledge(self, slot: int) -> None:
        """Keep that a slot was acknowledged."""
        self.told += slot not in self.acknowledged
        self.acknowledged.add(slot)

    def allows(self, slot: int, figures: Mapping[str, float | None]) -> bool:
        """Whether a slot may have these figures: its page's; where that is not known, a page's."""
        if slot in self.pages:
            return figures == self.pages[slot]
        return figures in self.pages.values()


def ms(at: datetime) -> int:
    """A moment as the tables of SQLite have it."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def of_file(path: Path) -> tuple[Tables, list[Complaint]]:
    """The tables of a SQLite file, and what SQLite itself finds wrong with it."""
    try:
        return _read(path)
    except sqlite3.DatabaseError as error:
        return {name: [] for name in TABLES}, [("damaged", f"{path} cannot be read: {error}")]


def _read(path: Path) -> tuple[Tables, list[Complaint]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as raw:
        raw.row_factory = sqlite3.Row
        found = [row[0] for row in raw.execute("PRAGMA integrity_check")]
        found += [str(tuple(row)) for row in raw.execute("PRAGMA foreign_key_check")]
        tables = {name: [dict(row) for row in raw.execute(_all(name))] for name in TABLES}
    return tables, [("damaged", one) for one in found if one != "ok"]


def of_server(url: str) -> tuple[Tables, list[Complaint]]:
    """The tables of a PostgreSQL database, read whole; their indexes must say the same."""
    with psycopg.connect(url, row_factory=dict_row) as raw:
        tables = {name: [_in_ms(row) for row in raw.execute(_all(name))] for name in TABLES}
        raw.execute("SET enable_seqscan = off")
        by_index = {
            name: raw.execute(f"SELECT count(*) FROM {name} WHERE source > ''").fetchall()
            for name in TABLES
        }
    differ = [name for name in TABLES if by_index[name] != [{"count": len(tables[name])}]]
    return tables, [("damaged", f"an index of {name} differs from the table") for name in differ]


def _all(table: str) -> Any:
    return f"SELECT * FROM {table}"


def _in_ms(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: ms(at) if isinstance(at, datetime) else at for key, at in row.items()}


def complaints(tables: Tables, known: Known) -> Iterator[Complaint]:
    """Everything in the tables that is not as it must be."""
    history = sorted(tables["snapshots"], key=lambda row: row["slot"])
    slots = {row["slot"] for row in history}
    for slot in sorted(known.acknowledged - slots):
        yield "lost", f"the slot {slot} was acknowledged"
    for row in history:
        if not known.allows(row["slot"], {key: row[key] for key in KEYS}):
            yield "wrong", f"the slot {row['slot']} holds other figures than its page"
    yield from _unique(history, ("source", "slot"), "snapshots")
    yield from _unique(tables["headlines"], ("source", "key"), "headlines")
    yield from _unique(tables["headlines"], ("source", "title"), "headlines")
    yield from _unique(tables["runs"], ("source", "started_at", "host"), "runs")
    yield from _runs(tables["runs"], slots)
    for name, size in PERIODS.items():
        yield from _rollups(tables[name], folded(history, size), name)
    for row in tables["sources"]:
        if slots and (row["first_slot"], row["last_slot"]) != (min(slots), max(slots)):
            yield "wrong", f"the span of the source is not that of its snapshots: {row}"


def _unique(rows: Rows, names: Sequence[str], table: str) -> Iterator[Complaint]:
    found = Counter(tuple(row[name] for name in names) for row in rows)
    for one, count in found.items():
        if count > 1:
            yield "twice", f"{table} has {one} {count} times"


def _runs(runs: Rows, slots: Collection[int]) -> Iterator[Complaint]:
    for run in runs:
        if run["outcome"] is None:
            yield "stuck", f"the run {run['id']} was never closed"
        elif run["outcome"] in (*SUCCESSES, "outbox") and run["slot"] not in slots:
            yield "lost", f"the run {run['id']} says {run['outcome']} of the slot {run['slot']}"


def folded(history: Rows, size: int) -> dict[int, dict[str, Any]]:
    """What a rollup must say of a history in order, by the start of each bucket."""
    buckets: dict[int, Rows] = {}
    for row in history:
        buckets.setdefault(row["slot"] // size * size, []).append(row)
    return {start: _folded(rows) for start, rows in buckets.items()}


def _folded(rows: Rows) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in KEYS:
        read = [row[key] for row in rows if row[key] is not None]
        found[f"{key}_first"] = read[0] if read else None
        found[f"{key}_last"] = read[-1] if read else None
        found[f"{key}_min"] = min(read, default=None)
        found[f"{key}_max"] = max(read, default=None)
        found[f"{key}_n"] = len(read)
    return found


def _rollups(rows: Rows, wanted: Mapping[int, dict[str, Any]], table: str) -> Iterator[Complaint]:
    held = {
        row["start"]: {k: v for k, v in row.items() if k not in ("source", "start")} for row in rows
    }
    for start in sorted(
        {start for start in {*held, *wanted} if held.get(start) != wanted.get(start)}
    ):
        yield "wrong", f"{table} does not say of {start} what the snapshots say"
