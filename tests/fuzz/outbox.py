"""The outbox and the second copies: what lies there is stored or left, and is in nobody's way."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from collectors import suspect
from data import outbox
from data.model import Headline, Page, Run, Snapshot
from data.outbox import flush, put
from data.restore import load
from data.store import Store, open_store
from data.tables import Query
from data.waiting import Waiting
from tests.conftest import HOUR, T0, snapshot
from tests.fuzz.target import Target
from tests.looks import any_json
from tests.test_imports import empty, whole

ODD: Final[tuple[object, ...]] = (
    *(None, True, -1, 2**63, 1e308, "", "x", [], {}, "2026-01-31", "0001-01-01T00:00:00+14:00"),
    *(
        "9999-12-31T23:59:59-14:00",
        "2026-01-31T06:00:00Z",
        "\0",
        "\ud800".encode("utf-8", "replace").decode(),
    ),
)
values = st.sampled_from(ODD) | any_json("value", "title", "source")


@cache
def _good() -> bytes:
    look = snapshot(
        via="page", shown={"dapps": "16.23K"}, headlines=(Headline("A"),), dapps=16_230.0
    )
    run = Run("dapp_expert", T0, T0, T0, "outbox", "store", host="a")
    with tempfile.TemporaryDirectory() as folder:
        page = Page(b"<html>", "https://dapp.expert/", T0)
        return put(Path(folder), Waiting(run, HOUR, look, page)).read_bytes()


@st.composite
def files(draw: Any) -> bytes:
    """A file as the outbox writes it, a few of its values exchanged or gone."""
    form = orjson.loads(_good())
    for _ in range(draw(st.integers(0, 3))):
        place, key = form, draw(st.sampled_from([*form]))
        while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 4)):
            place = place[key]
            keys = [*place] if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from(keys))
        if isinstance(place, dict) and draw(st.integers(0, 5)) == 0:
            del place[key]
        else:
            place[key] = draw(values)
        if not form:
            break
    return orjson.dumps(form)


@cache
def _store() -> Store:
    folder = tempfile.mkdtemp(prefix="masthead-fuzz-")
    return open_store(f"sqlite:///{folder}/m.db")


def check(data: bytes) -> None:
    """The file is gone or set aside, one after it is stored, and the store can be read.

    So is a store that such a line of second copies is brought into.
    """
    store, box = _store(), Path(tempfile.mkdtemp(prefix="masthead-fuzz-"))
    later = snapshot(T0 + HOUR, dapps=16_231.0)
    run = Run("dapp_expert", later.slot, later.taken_at, later.taken_at, "outbox", host="a")
    waiting = Waiting(run, HOUR, later)
    try:
        empty(store)
        (box / "000000000000000-a-0.json").write_bytes(data)
        put(box, waiting)
        assert flush(box, store, lambda _run, _every: False, suspect.judged) == 2
        assert outbox.count(box) == 0
        assert {path.suffix for path in box.iterdir()} <= {".unreadable"}
        # A figure of the right form and beyond belief denies its neighbours, as the rule says.
        _readable(store, later if not suspect.judged(store, later).look.empty else None)
        empty(store)
        (box / "day.jsonl").write_bytes(data + b"\n" + orjson.dumps(waiting.form()))
        assert load(store, box).new >= 1
        _readable(store, later)
    finally:
        shutil.rmtree(box)


def _readable(store: Store, later: Snapshot | None) -> None:
    assert later is None or store.snapshot(later.source, later.slot) is not None
    for query in (Query(), Query(shape="tidy"), Query("headlines"), Query("runs")):
        assert whole(store, query)
    store.sources()
    store.latest("dapp_expert")


TARGET: Final = Target(check, files(), lambda data: data, lambda: [_good()])
