"""A source that gives fewer than five figures: what the store, files and charts make of it."""

from datetime import datetime
from pathlib import Path

import pytest

from data.export import stream
from data.imports import load
from data.model import KEYS, About, Look, Snapshot
from data.series import series
from data.store import Store, open_store
from data.tables import Query
from tests.conftest import HOUR, T0, reading, snapshot
from tests.test_outbox import empty, wait

TWO = About("other", "Other", ("dapps", "volume_30d"), "Data: Other", "https://other.test/")


def two(slot: datetime = T0, **values: float | None) -> Snapshot:
    """A look of a source that gives two metrics."""
    readings = {key: reading(key, values.get(key), "api") for key in TWO.metrics}
    return Snapshot("other", slot, slot, "live", Look(readings, "api"))


def text(store: Store, query: Query) -> list[str]:
    """The lines of a CSV export."""
    return b"".join(stream(store, query, "csv")).decode().splitlines()


def test_readings_are_of_what_the_source_gives(store: Store) -> None:
    """Once described, a source has readings of its metrics alone; what it gave before stays."""
    store.save(two(dapps=5.0, volume_30d=7.5), HOUR)
    before = store.snapshot("other", T0)
    assert before is not None
    assert tuple(before.look.readings) == KEYS
    store.describe(TWO, HOUR)
    store.save(snapshot(T0 + HOUR, source="other", via="api", dapps=6.0, active_users=3.0), HOUR)
    for found in (
        store.snapshot("other", T0),
        store.latest("other"),
        store.latest_read("other", T0),
    ):
        assert found is not None
        assert found.look.readings["dapps"].half_width == 0.0
    first, newest = store.snapshot("other", T0), store.latest("other")
    assert first is not None
    assert newest is not None
    assert tuple(first.look.readings) == TWO.metrics
    assert first.look.complete
    assert tuple(newest.look.readings) == ("dapps", "active_users", "volume_30d")
    info = store.source("other")
    assert info is not None
    assert info.about == TWO


def test_tidy_rows_are_of_what_the_source_gives(store: Store) -> None:
    """Tidy: no line for what it never gives; wide: an empty cell; other sources as ever."""
    store.save(two(dapps=5.0), HOUR)
    store.describe(TWO, HOUR)
    tidy = text(store, Query(shape="tidy"))[1:]
    assert [line.split(",")[3:5] for line in tidy] == [["dapps", "5"], ["volume_30d", ""]]
    assert text(store, Query(shape="tidy", keys=("active_users",)))[1:] == []
    assert text(store, Query())[1].endswith(",api,5,,,,")
    store.save(snapshot(dapps=1.0), HOUR)
    assert len(text(store, Query(shape="tidy"))[1:]) == 2 + len(KEYS)


@pytest.mark.parametrize("shape", ["tidy", "wide"])
def test_export_reads_back(store: Store, tmp_path: Path, shape: str) -> None:
    """What was exported of such a source comes back into an empty store as it was."""
    store.save(two(dapps=5.0, volume_30d=7.5), HOUR)
    store.save(two(T0 + HOUR, dapps=6.0), HOUR)
    store.describe(TWO, HOUR)
    query = Query(shape="tidy" if shape == "tidy" else "wide")
    path = tmp_path / "export.csv"
    path.write_bytes(b"".join(stream(store, query, "csv")))
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    assert load(other, path).new == 2
    other.describe(TWO, HOUR)
    assert text(other, query) == text(store, query)
    assert load(store, path).new == 0
    other.close()


def test_outbox_keeps_fewer_figures(store: Store, tmp_path: Path) -> None:
    """Such a look comes out of the outbox as it went in."""
    look = two(dapps=5.0, volume_30d=7.5)
    wait(tmp_path / "outbox", look)
    assert empty(tmp_path / "outbox", store) == 1
    store.describe(TWO, HOUR)
    kept = store.snapshot("other", T0)
    assert kept is not None
    assert kept.look.readings == look.look.readings


def test_series_of_fewer_figures(store: Store) -> None:
    """A chart of what it gives; of what it never gives nothing but gaps, if one insists."""
    store.save(two(dapps=5.0, volume_30d=7.5), HOUR)
    store.describe(TWO, HOUR)
    info = store.source("other")
    assert info is not None
    found = series(store, info, T0 - HOUR, T0, info.about.metrics)
    assert found["metrics"]["volume_30d"]["last"][-1] == 7.5
    insisted = series(store, info, T0 - HOUR, T0, ("active_users",))
    assert set(insisted["metrics"]["active_users"]["last"]) == {None}
