"""Which store answers a request: the one that is kept, or a passing one with the sample."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.stores import Stores
from data import sample
from data.errors import StoreError
from data.model import SAMPLE
from data.store import Store
from tests.conftest import HOUR, database, snapshot

NOW = datetime(2026, 1, 31, 6, 30, tzinfo=UTC)


def test_the_sample_passes(store: Store, tmp_path: Path) -> None:
    """Asked for alone and not kept, it is there, ends with this hour, and is kept nowhere."""
    stores = Stores(database(tmp_path), lambda: NOW)
    passing = stores.asked([SAMPLE])
    latest = passing.latest(SAMPLE)
    assert latest is not None
    assert latest.slot == NOW.replace(minute=0)
    assert stores.asked([SAMPLE]) is passing
    assert stores.asked([]) is stores.asked(["dapp_expert", SAMPLE]) is stores.kept()
    assert store.sources() == []


def test_a_kept_sample_is_the_sample(store: Store, tmp_path: Path) -> None:
    """Once loaded into the store, it is read from there."""
    store.save(snapshot(NOW, source=SAMPLE), sample.EVERY)
    stores = Stores(database(tmp_path), lambda: NOW)
    assert stores.asked([SAMPLE]) is stores.kept()


def test_the_sample_moves_with_the_hours(store: Store, tmp_path: Path) -> None:
    """An hour later it is made anew."""
    times = [NOW]
    stores = Stores(database(tmp_path), lambda: times[-1])
    before = stores.asked([SAMPLE])
    times.append(NOW + HOUR)
    assert stores.asked([SAMPLE]) is not before


def test_without_a_store_there_is_no_sample(tmp_path: Path) -> None:
    """A store that is away is said to be, whatever is asked."""
    stores = Stores(database(tmp_path / "nowhere"), lambda: NOW)
    with pytest.raises(StoreError):
        stores.asked([SAMPLE])
