"""Which store answers a request: the one that is kept, or a passing one with the sample."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.stores import Stores
from data import sample
from data.errors import StoreError
from data.model import SAMPLE
from data.store import Store
from tests.conftest import HOUR, database, snapshot
from tests.waiting import until

NOW = datetime(2026, 1, 31, 6, 30, tzinfo=UTC)


@pytest.fixture
def times() -> list[datetime]:
    """The clock: its last item is now."""
    return [NOW]


@pytest.fixture
def stores(url: str, times: list[datetime]) -> Iterator[Stores]:
    """The stores of a page over what ``store`` writes."""
    opened = Stores(url, lambda: times[-1])
    yield opened
    opened.close()


def test_the_sample_passes(store: Store, stores: Stores) -> None:
    """Asked for alone and not kept, it is there, ends with this hour, and is kept nowhere."""
    passing = stores.asked([SAMPLE])
    latest = passing.latest(SAMPLE)
    assert latest is not None
    assert latest.slot == NOW.replace(minute=0)
    assert stores.asked([SAMPLE]) is passing
    assert stores.asked([]) is stores.asked(["dapp_expert", SAMPLE]) is stores.kept()
    assert store.sources() == []


def test_a_kept_sample_is_the_sample(store: Store, stores: Stores) -> None:
    """Once loaded into the store, it is read from there."""
    store.save(snapshot(NOW, source=SAMPLE), sample.EVERY)
    assert stores.asked([SAMPLE]) is stores.kept()


def test_a_sample_that_comes_and_goes(store: Store, stores: Stores) -> None:
    """Loaded or removed while the page is served, it is told as soon as the news is there."""
    assert stores.asked([SAMPLE]) is not stores.kept()
    store.save(snapshot(NOW, source=SAMPLE), sample.EVERY)
    until(lambda: stores.asked([SAMPLE]) is stores.kept(), 10)
    store.remove(SAMPLE)
    until(lambda: stores.asked([SAMPLE]) is not stores.kept(), 10)


def test_the_sample_moves_with_the_hours(
    store: Store, stores: Stores, times: list[datetime]
) -> None:
    """An hour later it is made anew; the last one can still be read, the one before is gone."""
    first = stores.asked([SAMPLE])
    times.append(NOW + HOUR)
    second = stores.asked([SAMPLE])
    assert second is not first
    assert first.source(SAMPLE) is not None
    times.append(NOW + 2 * HOUR)
    assert stores.asked([SAMPLE]) is not second
    with pytest.raises(StoreError):
        first.source(SAMPLE)


def test_without_a_store_there_is_no_sample(tmp_path: Path) -> None:
    """A store that is away is said to be, whatever is asked."""
    stores = Stores(database(tmp_path / "nowhere"), lambda: NOW)
    with pytest.raises(StoreError):
        stores.asked([SAMPLE])


def test_a_server_that_never_answers() -> None:
    """Those who ask while it is tried wait once together, not one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as deaf, ThreadPoolExecutor(4) as threads:
        port = deaf.getsockname()[1]
        stores = Stores(f"postgresql://127.0.0.1:{port}/x?connect_timeout=2", lambda: NOW)
        for told in [threads.submit(stores.kept) for _ in range(4)]:
            with pytest.raises(StoreError, match="timeout"):
                told.result()
        deaf.settimeout(0)
        deaf.accept()[0].close()
        with pytest.raises(BlockingIOError):
            deaf.accept()
