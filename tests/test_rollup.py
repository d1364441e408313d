"""Rollups: whatever comes in whatever order, they are the fold of the snapshots."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.model import KEYS, slot_of
from data.rollup import DAY, HOUR, WEEK, merge
from data.schema import FOLDS, TABLES, rollups_day, rollups_hour, rollups_week, snapshots
from data.statements import delete, select
from data.store import Store
from tests.conftest import T0, snapshot

MINUTE = timedelta(minutes=1)
figures = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 9).map(float), max_size=5)
looks = st.tuples(st.integers(0, 60 * 24 * 3).map(lambda at: at // 7 * 7), figures)
batches = st.lists(st.lists(looks, min_size=1, max_size=8), min_size=1, max_size=5)


def brute(rows: list[Any], period: timedelta) -> list[dict[str, Any]]:
    """Each bucket of ``period`` folded from the raw rows by hand."""
    folded = []
    for start, group in groupby(rows, lambda row: slot_of(row.slot, period)):
        looks, row = list(group), {"source": "dapp_expert", "start": start}
        for key in KEYS:
            read = [getattr(look, key) for look in looks if getattr(look, key) is not None]
            ends = (read[0], read[-1], min(read), max(read)) if read else (None,) * 4
            row |= dict(zip((f"{key}_{fold}" for fold in FOLDS), (*ends, len(read)), strict=True))
        folded.append(row)
    return folded


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches, st.booleans())
def test_rollups_are_the_fold_of_the_snapshots(
    shared_store: Store, batches: list[list[tuple[int, dict[str, float]]]], one_by_one: bool
) -> None:
    """After any adds and saves, hours and days equal a brute-force fold of the raw rows."""
    with shared_store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    for batch in batches:
        history = [snapshot(T0 + at * MINUTE, figures=values) for at, values in batch]
        if one_by_one:
            for look in history:
                shared_store.save(look, MINUTE)
        else:
            shared_store.add(history, {"dapp_expert": MINUTE})
    with shared_store.reading() as connection:
        raw = list(connection.execute(select(snapshots).order_by(snapshots.c.slot)))
        for table, period in ((rollups_hour, HOUR), (rollups_day, DAY), (rollups_week, WEEK)):
            kept = connection.execute(select(table).order_by(table.c.start))
            assert [dict(row._mapping) for row in kept] == brute(raw, period)
    info = shared_store.source("dapp_expert")
    assert info is not None
    assert (info.first_slot, info.last_slot) == (raw[0].slot, raw[-1].slot)


def test_sources_do_not_mix(store: Store) -> None:
    """Two sources with the same slots have rollups of their own."""
    for source, value in (("one", 1.0), ("two", 2.0)):
        store.save(snapshot(source=source, dapps=value), HOUR)
    with store.reading() as connection:
        found = connection.execute(select(rollups_hour.c.source, rollups_hour.c.dapps_last))
        assert sorted(map(tuple, found)) == [("one", 1.0), ("two", 2.0)]


def test_buckets_begin_on_the_hour_the_day_and_the_thursday(store: Store) -> None:
    """A reading in the last minute counts for its own hour, its own UTC day and its week."""
    late = datetime(2026, 1, 31, 23, 59, tzinfo=T0.tzinfo)
    store.save(snapshot(late, dapps=1.0), MINUTE)
    store.save(snapshot(late + MINUTE, dapps=2.0), MINUTE)
    wanted: Mapping[Any, list[datetime]] = {
        rollups_hour: [late.replace(minute=0), late + MINUTE],
        rollups_day: [late.replace(hour=0, minute=0), late + MINUTE],
        rollups_week: [late.replace(day=29, hour=0, minute=0)],
    }
    with store.reading() as connection:
        for table, starts in wanted.items():
            found = list(connection.scalars(select(table.c.start).order_by(table.c.start)))
            assert list(found) == starts


def test_merge_of_nothing() -> None:
    """Parts without readings give no figure and a count of nothing, not zeros."""
    assert merge([]) == merge([(None, None, None, None, 0)]) == (None, None, None, None, 0)
