"""The store that the page is measured on: a year and a month hourly, ten years by the minute."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from data.model import KEYS, METRIC, Headline, Look, Reading, SeenHeadline, Snapshot, slot_of, to_ms
from data.rollup import rebuild
from data.store import Store, open_store
from tests.looks import HOUR, SEEN, snapshot

YEAR: Final = "dapp_expert"
MONTH: Final = "one_month"
DECADE: Final = "ten_years"
MINUTE: Final = timedelta(minutes=1)
YEARS: Final = timedelta(days=3_652)
STORIES: Final = 200
INSERT: Final = (
    "INSERT OR IGNORE INTO snapshots"
    f" (source, slot, taken_at, origin, via, {', '.join(KEYS)})"
    f" VALUES (?, ?, ?, 'live', 'payload', {', '.join('?' for _ in KEYS)})"
)


def prepare(path: Path, now: datetime, decade: timedelta = YEARS) -> str:
    """The URL of the store in the file ``path``, filled up to ``now``.

    The ten years are kept between runs, for a day; what is hourly is filled anew.
    """
    database = f"sqlite:///{path}"
    path.parent.mkdir(parents=True, exist_ok=True)
    store = open_store(database)
    known = store.source(DECADE)
    if known is None or known.last_slot is None or now - known.last_slot > timedelta(days=1):
        store.remove(DECADE)
        _fill_decade(store, path, now, decade)
    for source, days in ((YEAR, 365), (MONTH, 30)):
        store.remove(source)
        store.add(_hourly(source, days, now), {source: HOUR})
        store.add_headlines(_stories(source, now), {source: HOUR})
    store.close()
    return database


def _hourly(source: str, days: int, now: datetime) -> Iterator[Snapshot]:
    """Hourly looks at moving figures, rounded as the site rounds them."""
    values = _walk(random.Random(1))
    for ago in range(days * 24, -1, -1):
        yield snapshot(now - ago * HOUR, next(values), source=source)


def _stories(source: str, now: datetime) -> Iterator[SeenHeadline]:
    """The headlines of the last month."""
    for number in range(STORIES):
        at = now - number * timedelta(days=30) / STORIES
        title = f"Story {number} of the month, told in as many words as usual"
        url = f"https://dapp.expert/news/{number}"
        headline = Headline(title, url, None, "Writer", published_from=at, published_to=at)
        yield SeenHeadline(headline, source, at, at)


def _fill_decade(store: Store, path: Path, now: datetime, decade: timedelta) -> None:
    """Both ends by the store's own way, what is between by SQL, the rollups as it makes them."""
    end = slot_of(now, MINUTE)
    start = end - decade
    values = _walk(random.Random(2))
    store.add([_exact(start, next(values)), _exact(end, next(values))], {DECADE: MINUTE})
    first, last, step = to_ms(start), to_ms(end), to_ms(start + MINUTE) - to_ms(start)
    rows = ((DECADE, slot, slot + 4_000, *next(values)) for slot in range(first, last, step))
    with sqlite3.connect(path) as connection:
        connection.executemany(INSERT, rows)
    connection.close()
    hours = (slot_of(start, HOUR) + number * HOUR for number in range(decade // HOUR + 2))
    with store.writing() as writing:
        rebuild(writing, DECADE, hours)


def _exact(slot: datetime, values: tuple[float, ...]) -> Snapshot:
    readings = {
        key: Reading(value, 0.0, METRIC[key].unit) for key, value in zip(KEYS, values, strict=True)
    }
    return Snapshot(DECADE, slot, slot, "live", Look(readings, "payload"))


def _walk(chance: random.Random) -> Iterator[tuple[float, ...]]:
    """Five figures that drift up and down from those of the recorded page."""
    values = list(SEEN)
    while True:
        values = [max(1.0, value * (1 + chance.uniform(-1e-3, 1e-3))) for value in values]
        yield tuple(float(round(value)) for value in values)
