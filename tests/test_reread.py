"""Kept pages read again: NULLs become values, what was known stays, whole slots let go."""

import gzip
from datetime import timedelta

import pytest

from collectors.dapp_expert import read
from collectors.reread import Reread, reread, rereadable
from data.errors import StoreError
from data.kept import kept_pages
from data.model import Look, Page, Reading, Snapshot
from data.schema import pages
from data.statements import update
from data.store import Store
from tests.conftest import HOUR, T0, snapshot
from tests.pages import page

URL = "https://dapp.expert/"
SOURCE = "dapp_expert"


def kept(body: bytes, hours: int = 0) -> Page:
    """A page as it was answered so many hours after T0."""
    return Page(body, URL, T0 + hours * HOUR + timedelta(seconds=4))


def broken_look(body: bytes, *missing: str) -> Look:
    """What a reader with a fault made of the page: some figures not read."""
    look = read(kept(body))
    unread = {key: Reading(None, None, "count", None, "label missing") for key in missing}
    return Look({**look.readings, **unread}, look.via)


def stored(store: Store, hours: int = 0) -> dict[str, float | None]:
    """The figures of the slot so many hours after T0."""
    found = store.snapshot(SOURCE, T0 + hours * HOUR)
    return {} if found is None else {k: one.value for k, one in found.look.readings.items()}


def test_nulls_are_filled_after_a_fix(store: Store) -> None:
    """A slot gains what today's reader reads; its page is let go when the slot is whole."""
    look = broken_look(page(), "dapps", "volume_30d")
    at = T0 + timedelta(seconds=4)
    store.save(Snapshot(SOURCE, T0, at, "live", look), HOUR, kept(page()))
    assert stored(store)["dapps"] is None
    assert reread(store, SOURCE) == Reread(SOURCE, pages=1, filled=1, left=0)
    assert stored(store) == {
        "dapps": 16230.0,
        "blockchains": 78.0,
        "active_users": 66.47e6,
        "volume_30d": 303.26e9,
        "transactions_30d": 879.24e6,
    }
    assert store.page_count(SOURCE) == 0
    assert reread(store, SOURCE) == Reread(SOURCE)


def test_what_was_known_stays(store: Store) -> None:
    """A figure that was read before is not read again, whatever the page says now."""
    look = broken_look(page(), "dapps")
    other = page(Blockchains="99")
    store.save(Snapshot(SOURCE, T0, T0, "live", look), HOUR, kept(other))
    reread(store, SOURCE)
    assert (stored(store)["blockchains"], stored(store)["dapps"]) == (78.0, 16230.0)


def test_failed_run_becomes_a_snapshot_of_its_own_time(store: Store) -> None:
    """A page from which nothing could be read gives its slot's snapshot, headlines included."""
    nothing = Snapshot(SOURCE, T0, T0, "live", snapshot(via=None).look)
    store.keep_page(nothing, kept(page()))
    assert list(rereadable(store)) == [SOURCE]
    assert reread(store, SOURCE) == Reread(SOURCE, pages=1, filled=1, left=0)
    found = store.snapshot(SOURCE, T0)
    assert found is not None
    assert (found.taken_at, found.origin) == (T0 + timedelta(seconds=4), "live")
    assert len(store.headlines(SOURCE, None, None, 9)) == 2


def test_page_that_still_cannot_be_read_stays(store: Store) -> None:
    """Nothing is thrown away because it was looked at a second time."""
    nothing = Snapshot(SOURCE, T0, T0, "live", snapshot(via=None).look)
    store.keep_page(nothing, kept(b"<html><body>Back soon.</body></html>"))
    part = page(Active_users="")
    look = read(kept(part, 1))
    store.save(Snapshot(SOURCE, T0 + HOUR, T0 + HOUR, "live", look), HOUR, kept(part, 1))
    assert reread(store, SOURCE) == Reread(SOURCE, pages=2, filled=0, left=2)
    assert store.page_count(SOURCE) == 2
    assert "2 pages are still not read fully" in reread(store, SOURCE).sentence


def test_jump_is_believed_once_the_next_reading_confirms_it(store: Store) -> None:
    """A page kept as suspect is read when later readings stand where it stood."""
    store.save(snapshot(T0 - HOUR, dapps=1000.0), HOUR)
    body = page()
    store.save(Snapshot(SOURCE, T0, T0, "live", broken_look(body, "dapps")), HOUR, kept(body))
    assert reread(store, SOURCE).left == 1
    assert stored(store)["dapps"] is None
    store.save(snapshot(T0 + 30 * HOUR, dapps=16_500.0), HOUR)
    assert reread(store, SOURCE).left == 0
    assert stored(store)["dapps"] == 16230.0


def test_pages_come_oldest_first_and_whole(store: Store) -> None:
    """Kept pages are given back as they were, with the slot and origin they belong to."""
    for hours in (2, 0, 1):
        nothing = Snapshot(SOURCE, T0 + hours * HOUR, T0, "file", snapshot(via=None).look)
        store.keep_page(nothing, kept(b"\x00" * hours, hours))
    found = list(kept_pages(store, SOURCE))
    assert [one.slot for one in found] == [T0, T0 + HOUR, T0 + 2 * HOUR]
    assert [(one.page.body, one.origin) for one in found] == [
        (b"\x00" * hours, "file") for hours in range(3)
    ]


@pytest.mark.parametrize("order", [(b"older", b"newer"), (b"newer", b"older")])
def test_newest_page_of_a_slot_is_kept(store: Store, order: tuple[bytes, bytes]) -> None:
    """Whatever comes first, a slot keeps the page that was taken last."""
    nothing = Snapshot(SOURCE, T0, T0, "live", snapshot(via=None).look)
    for body in order:
        store.keep_page(nothing, kept(body, 1 if body == b"newer" else 0))
    [found] = kept_pages(store, SOURCE)
    assert found.page.body == b"newer"


def test_a_damaged_page(store: Store) -> None:
    """What cannot be unpacked is damage, said in a sentence."""
    store.keep_page(snapshot(), kept(page()))
    for body in (b"none", gzip.compress(page())[:99], b"\x1f\x8b\x08" + bytes(99)):
        with store.writing() as connection:
            connection.execute(update(pages).values(body=body))
        with pytest.raises(StoreError, match=r"is damaged, .*: the page of dapp_expert at 2026-"):
            reread(store, SOURCE)
