"""The outbox: a snapshot outlives a store that is away."""

import gzip
import sqlite3
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from collectors.attempts import Attempts
from data import journal
from data.errors import StoreError
from data.model import KEYS, Headline, Page, Run, Snapshot, to_ms
from data.outbox import flush, put
from data.schema import pages
from data.statements import select
from data.store import Store, open_store
from data.tables import Query, rows
from data.waiting import MOST_BYTES, Waiting
from tests.conftest import HOUR, T0, database, snapshot

URL = "https://dapp.expert/"
PAGE = {"url": URL, "taken_at": "2026-01-31T06:00:00Z", "content_type": "text/html"}
BOMB = b64encode(zlib.compress(bytes(MOST_BYTES + 1), 1)).decode()


def wait(
    folder: Path, look: Snapshot, every: timedelta = HOUR, page: Page | None = None, **run: Any
) -> Path:
    """Put a look and its run into the outbox; the file."""
    ended = Run(look.source, look.slot, look.taken_at, look.taken_at, "outbox", "store", host="a")
    return put(folder, Waiting(replace(ended, **run), every, look, page))


def empty(folder: Path, store: Store, *, under_way: bool = False) -> int:
    """Store what waits, without a doubt."""
    return flush(folder, store, lambda _run, _every: under_way, lambda _store, look: look)


def outcomes(store: Store) -> list[tuple[str | None, str | None]]:
    """The outcome and kind of every run, oldest first."""
    return [(row[4], row[5]) for row in rows(store, Query("runs"))]


def later(hours: int, **values: float) -> Snapshot:
    """The snapshot so many hours after T0."""
    return snapshot(T0 + hours * HOUR, figures=values or {"dapps": float(hours)})


def test_round_trip(store: Store, tmp_path: Path) -> None:
    """A snapshot comes out of the outbox as it went in, with headlines, page and interval."""
    box = tmp_path / "new" / "outbox"
    look = snapshot(
        via="page", shown={"dapps": "16.23K"}, headlines=(Headline("A", URL),), dapps=16_230.0
    )
    file = wait(box, look, 2 * HOUR, Page(b"\x00\xff<html>", URL, T0, "text/html"))
    assert file.is_file()
    assert empty(box, store) == 1
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
    assert empty(box, store) == 0


def test_oldest_first_and_once(store: Store, tmp_path: Path) -> None:
    """What waits is stored in the order it was taken; the same slot twice is one snapshot."""
    looks = [later(2), later(0), later(1)]
    for look in looks:
        wait(tmp_path / "box", look)
    second = snapshot(taken_at=T0 + timedelta(minutes=9), dapps=99.0)
    wait(tmp_path / "box", second)
    assert empty(tmp_path / "box", store) == 4
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.look.readings["dapps"].value == 0.0
    assert store.slots("dapp_expert", T0, T0 + 9 * HOUR) == [T0, T0 + HOUR, T0 + 2 * HOUR]


def test_two_sources_at_one_moment(store: Store, tmp_path: Path) -> None:
    """Looks of two sources taken at one moment do not overwrite each other."""
    for look in (
        snapshot(source="one", taken_at=T0, dapps=1.0),
        snapshot(source="two", taken_at=T0, dapps=1.0),
    ):
        wait(tmp_path / "box", look)
    assert empty(tmp_path / "box", store) == 2
    assert [info.source for info in store.sources()] == ["one", "two"]


def test_store_that_goes_away(tmp_path: Path) -> None:
    """A store that is held in the middle leaves what was not stored in the outbox."""
    patience = timedelta(milliseconds=20)
    store, box = open_store(database(tmp_path), patience=patience), tmp_path / "box"
    for hours in range(3):
        wait(box, later(hours))
    other = sqlite3.connect(tmp_path / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        empty(box, store)
    assert len(list(box.glob("*.json"))) == 3
    other.execute("ROLLBACK")
    other.close()
    assert empty(box, store) == 3
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
        b'{"run": null, "snapshot": null, "every_s": 1, "page": null}',
        b'{"snapshot": {"headlines": [], "readings": []}, "every_s": 1, "page": null}',
        b"naive",
        b"page",
        b"gzip",
        b"run",
        b"every",
        b"no interval",
        b"no page",
        b"odd number",
        b"bomb",
    ],
)
def test_unreadable_file_is_set_aside(store: Store, tmp_path: Path, content: bytes) -> None:
    """A file that is no snapshot is kept under another name and does not hold up the others."""
    box = tmp_path / "box"
    good = wait(box, GOOD)
    form = orjson.loads(good.read_bytes())
    broken = {
        b"naive": {**form, "snapshot": {**form["snapshot"], "slot": "2026-01-31T06:00:00"}},
        b"page": {**form, "page": {"body": "é"}},
        b"gzip": {**form, "page": {"body": "AAAA"}},
        b"run": {**form, "run": {**form["run"], "started_at": "yesterday"}},
        b"every": {**form, "every_s": 1e300},
        b"no interval": {**form, "every_s": 0},
        b"no page": {**form, "page": {}},
        b"odd number": {**form, "run": {**form["run"], "bytes": 2**63}},
        b"bomb": {**form, "page": {**PAGE, "body": BOMB}},
    }
    content = orjson.dumps(broken[content]) if content in broken else content
    (box / "000-a.json").write_bytes(content)
    empty(box, store)
    assert store.snapshot("dapp_expert", T0) is not None
    assert [path.name for path in box.iterdir()] == ["000-a.unreadable"]
    assert (box / "000-a.unreadable").read_bytes() == content


def test_drafts_are_not_read(store: Store, tmp_path: Path) -> None:
    """What a crash left half written is not taken for a snapshot."""
    (tmp_path / "1.tmp").write_bytes(b'{"snapshot"')
    assert empty(tmp_path, store) == 0
    assert empty(tmp_path / "none", store) == 0


def test_draft_of_a_killed_process_goes_after_a_day(store: Store, tmp_path: Path) -> None:
    """What a process was killed at is cleared away once nobody alive can be writing it."""
    draft, strange = (tmp_path / f"{name}.tmp" for name in (f"{to_ms(T0):015d}-a-1", "9" * 30))
    draft.write_bytes(b"{")
    strange.touch()
    attempts = Attempts(tmp_path)
    for days, left in ((0.9, {draft, strange}), (1.1, {strange})):
        at = T0 + timedelta(days=days)
        flush(
            tmp_path,
            store,
            lambda run, every, at=at: attempts.under_way(run, every, at),  # type: ignore[misc]
            lambda _store, look: look,
        )
        assert set(tmp_path.glob("*.tmp")) == left


def test_text_that_no_index_holds(store: Store, tmp_path: Path) -> None:
    """It is set aside where the store cannot take it, and stops nothing that comes after."""
    chance = Random(1)
    long = "".join(chance.choices([chr(one) for one in range(0x4E00, 0x9000)], k=1_900))
    wait(tmp_path, snapshot(headlines=(Headline("A", URL + long),), dapps=1.0))
    wait(tmp_path, later(1))
    assert empty(tmp_path, store) == 2
    assert store.snapshot("dapp_expert", T0 + HOUR) is not None
    aside = [".unreadable"] if store.engine.url.drivername != "sqlite" else []
    assert [path.suffix for path in tmp_path.glob("0*")] == aside


def test_outbox_that_cannot_be_written(tmp_path: Path) -> None:
    """Neither store nor outbox: the loss is said, with the folder."""
    (tmp_path / "box").write_text("a file")
    with pytest.raises(StoreError, match=r"box cannot be written .* snapshot is lost"):
        wait(tmp_path / "box", GOOD)


def test_what_cannot_be_written_leaves_no_draft(tmp_path: Path) -> None:
    """A full disk is tried again at every slot: its failures must not fill the folder."""
    wait(tmp_path, GOOD)
    [file] = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match="snapshot is lost"):
        wait(tmp_path, GOOD)
    assert list(tmp_path.iterdir()) == [file]


def test_page_of_a_full_look_is_not_kept(store: Store, tmp_path: Path) -> None:
    """The page goes into the store only where the look is not full."""
    full = snapshot(figures=dict.fromkeys(KEYS, 1.0))
    wait(tmp_path, full, page=Page(b"whole", URL, T0))
    wait(tmp_path, later(1), page=Page(b"partial", URL, T0))
    empty(tmp_path, store)
    assert store.page_count("dapp_expert") == 1


def test_page_without_a_figure_is_kept(store: Store, tmp_path: Path) -> None:
    """A failed look leaves no snapshot, but its page to be read again."""
    wait(tmp_path, snapshot(problems={"dapps": "gone"}), page=Page(b"odd", URL, T0))
    empty(tmp_path, store)
    assert store.snapshot("dapp_expert", T0) is None
    assert store.page_count("dapp_expert") == 1


def test_what_waited_is_judged(store: Store, tmp_path: Path) -> None:
    """A figure that the history denies is taken away before the look is stored, the page kept."""
    wait(tmp_path, snapshot(figures=dict.fromkeys(KEYS, 1.0)), page=Page(b"page", URL, T0))

    def deny(_store: Store, look: Snapshot) -> Snapshot:
        doubted = replace(look.look.readings["dapps"], value=None, problem="suspect")
        return replace(
            look, look=replace(look.look, readings={**look.look.readings, "dapps": doubted})
        )

    flush(tmp_path, store, lambda _run, _every: False, deny)
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert (kept.look.readings["dapps"].value, kept.look.readings["dapps"].problem) == (
        None,
        "suspect",
    )
    assert store.page_count("dapp_expert") == 1


@pytest.mark.parametrize(
    "damage", [{"source": None}, {"source": ["a"]}, {"message": {"no": "text"}}]
)
def test_file_that_the_store_refuses_is_set_aside(
    store: Store, tmp_path: Path, damage: dict[str, Any]
) -> None:
    """A damaged file of the right form holds nothing up; the others are stored, it is kept."""
    box = tmp_path / "box"
    bad = wait(box, later(0))
    wait(box, later(1))
    form = orjson.loads(bad.read_bytes())
    bad.write_bytes(orjson.dumps({**form, "run": {**form["run"], **damage}}))
    empty(box, store)
    assert [path.name for path in box.iterdir()] == [bad.with_suffix(".unreadable").name]
    assert store.snapshot("dapp_expert", T0 + HOUR) is not None


def test_runs_come_with_what_waited(store: Store, tmp_path: Path) -> None:
    """The run is journalled once, over the row that it began while the store was there."""
    begun = Run("dapp_expert", T0, T0, host="a", pid=7)
    journal.start(store, begun)
    wait(tmp_path, snapshot(taken_at=T0, dapps=1.0), pid=7)
    assert outcomes(store) == [(None, None)]
    empty(tmp_path, store)
    assert outcomes(store) == [("outbox", "store")]


def test_run_under_way_is_left(store: Store, tmp_path: Path) -> None:
    """A run that may still end keeps its file; a dead one is journalled as killed."""
    begun = Run("dapp_expert", T0, T0, host="a", pid=7)
    put(tmp_path, Waiting(begun, HOUR))
    empty(tmp_path, store, under_way=True)
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert outcomes(store) == []
    empty(tmp_path, store)
    assert not list(tmp_path.glob("*.json"))
    assert outcomes(store) == [("failed", "killed")]


def test_end_of_a_run_replaces_its_beginning(store: Store, tmp_path: Path) -> None:
    """One run is one file, whatever became of it."""
    begun = Run("dapp_expert", T0, T0, host="a", pid=7)
    put(tmp_path, Waiting(begun, HOUR))
    put(tmp_path, Waiting(replace(begun, outcome="failed", error_kind="status"), HOUR))
    assert len(list(tmp_path.glob("*.json"))) == 1
    empty(tmp_path, store)
    assert outcomes(store) == [("failed", "status")]


def test_number_that_no_column_holds(store: Store, tmp_path: Path) -> None:
    """Digits without an end are one of the numbers that the store keeps, and hold nothing up."""
    file = wait(tmp_path, snapshot(dapps=1.0))
    form = orjson.loads(file.read_bytes())
    form["snapshot"]["readings"]["dapps"]["value"] = 2**63
    file.write_bytes(orjson.dumps(form))
    assert empty(tmp_path, store) == 1
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert kept.look.readings["dapps"].value == 2.0**63
    assert list(tmp_path.glob("0*")) == []
