"""The outbox: a snapshot outlives a store that is away."""

import gzip
import sqlite3
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from data import engine as engines
from data.errors import StoreError
from data.model import Headline, Page, Snapshot
from data.outbox import flush, put
from data.schema import pages
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot

URL = "https://dapp.expert/"


def later(hours: int, **values: float) -> Snapshot:
    """The snapshot so many hours after T0."""
    return snapshot(T0 + hours * HOUR, figures=values or {"dapps": float(hours)})


def test_round_trip(store: Store, tmp_path: Path) -> None:
    """A snapshot comes out of the outbox as it went in, with headlines, page and interval."""
    box = tmp_path / "new" / "outbox"
    look = snapshot(
        via="page", shown={"dapps": "16.23K"}, headlines=(Headline("A", URL),), dapps=16_230.0
    )
    file = put(box, look, 2 * HOUR, Page(b"\x00\xff<html>", URL, T0, "text/html"))
    assert file.is_file()
    assert flush(box, store) == 1
    assert list(box.iterdir()) == []
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.look.readings == look.look.readings
    assert [one.headline.title for one in store.headlines("dapp_expert", None, None, 9)] == ["A"]
    info = store.source("dapp_expert")
    assert info is not None
    assert info.every == 2 * HOUR
    with store.reading() as connection:
        row = connection.execute(select(pages)).one()
    assert (gzip.decompress(row.body), row.content_type, row.url) == (
        b"\x00\xff<html>",
        "text/html",
        URL,
    )
    assert flush(box, store) == 0


def test_oldest_first_and_once(store: Store, tmp_path: Path) -> None:
    """What waits is stored in the order it was taken; the same slot twice is one snapshot."""
    looks = [later(2), later(0), later(1)]
    for look in looks:
        put(tmp_path / "box", look, HOUR, None)
    second = snapshot(taken_at=T0 + timedelta(minutes=9), dapps=99.0)
    put(tmp_path / "box", second, HOUR, None)
    assert flush(tmp_path / "box", store) == 4
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.look.readings["dapps"].value == 0.0
    assert store.slots("dapp_expert", T0, T0 + 9 * HOUR) == [T0, T0 + HOUR, T0 + 2 * HOUR]


def test_two_sources_at_one_moment(store: Store, tmp_path: Path) -> None:
    """Looks of two sources, or of two slots, taken at one moment do not overwrite each other."""
    for look in (
        snapshot(source="one", taken_at=T0, dapps=1.0),
        snapshot(source="two", taken_at=T0, dapps=1.0),
        snapshot(T0 - HOUR, source="two", taken_at=T0, dapps=1.0),
    ):
        put(tmp_path / "box", look, HOUR, None)
    assert flush(tmp_path / "box", store) == 3
    assert len(store.slots("two", T0 - HOUR, T0 + HOUR)) == 2


def test_store_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is held in the middle leaves what was not stored in the outbox."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    store, box = open_store(database(tmp_path)), tmp_path / "box"
    for hours in range(3):
        put(box, later(hours), HOUR, None)
    other = sqlite3.connect(tmp_path / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        flush(box, store)
    assert len(list(box.glob("*.json"))) == 3
    other.execute("ROLLBACK")
    other.close()
    assert flush(box, store) == 3
    store.close()


GOOD = snapshot(dapps=1.0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"snapshot": null, "every_s": 1, "page": null}',
        b'{"snapshot": {"headlines": [], "readings": []}, "every_s": 1, "page": null}',
        b"naive",
        b"page",
        b"every",
    ],
)
def test_unreadable_file_is_set_aside(store: Store, tmp_path: Path, content: bytes) -> None:
    """A file that is no snapshot is kept under another name and does not hold up the others."""
    box = tmp_path / "box"
    good = put(box, GOOD, HOUR, None)
    form = orjson.loads(good.read_bytes())
    broken = {
        b"naive": {**form, "snapshot": {**form["snapshot"], "slot": "2026-01-31T06:00:00"}},
        b"page": {**form, "page": {"body": "é"}},
        b"every": {**form, "every_s": 1e300},
    }
    content = orjson.dumps(broken[content]) if content in broken else content
    (box / "000-a.json").write_bytes(content)
    flush(box, store)
    assert store.snapshot("dapp_expert", T0) is not None
    assert [path.name for path in box.iterdir()] == ["000-a.unreadable"]
    assert (box / "000-a.unreadable").read_bytes() == content


def test_drafts_are_not_read(store: Store, tmp_path: Path) -> None:
    """What a crash left half written is not taken for a snapshot."""
    (tmp_path / "1.tmp").write_bytes(b'{"snapshot"')
    assert flush(tmp_path, store) == 0
    assert flush(tmp_path / "none", store) == 0


def test_outbox_that_cannot_be_written(tmp_path: Path) -> None:
    """Neither store nor outbox: the loss is said, with the folder."""
    (tmp_path / "box").write_text("a file")
    with pytest.raises(StoreError, match=r"box cannot be written .* snapshot is lost"):
        put(tmp_path / "box", GOOD, HOUR, None)
