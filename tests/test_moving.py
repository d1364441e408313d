"""Moving a history: every row, in any direction, however often it is killed; nothing else's."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data import journal, moving
from data.errors import StoreError, UsageError
from data.fingerprint import checksum
from data.model import Answered, Headline, Page, Run, SeenHeadline
from data.moving import Moved, move
from data.rows import snapshot_row
from data.schema import TABLES, snapshots
from data.sql import Column, Table, count
from data.statements import insert, select, text, update
from data.store import Store, open_store
from tests.conftest import HOUR, T0, snapshot
from tests.waiting import until

ROOT = Path(__file__).parent.parent
DIRECTIONS = [
    ("sqlite", "postgresql"),
    ("postgresql", "sqlite"),
    ("sqlite", "sqlite"),
    ("postgresql", "postgresql"),
]
KEYS = ("Zebra", "apple", "Äpfel", "a-b", "ab", "a b", "😀", "\uffee", "'%?", "it's\\N\t\r\n")
"""Texts whose order depends on whom one asks."""
FLOATS = (0.1, 303_111_444_465.0, 5e-324, 1.7976931348623157e308, -2.5, float("inf"), 1.0, 1 / 3)
EVERY = timedelta(seconds=1)


class Untold:
    """Hears how a copy goes on, and has nothing to say."""

    def begin(self, what: str, total: int) -> None:
        """A step begins."""

    def advance(self, more: int) -> None:
        """Some of it is done."""


class Meddling(Untold):
    """Does something once, between two batches of a copy."""

    def __init__(self, doing: Callable[[], object]) -> None:
        self.doing: Callable[[], object] | None = doing

    def advance(self, more: int) -> None:
        """Do it now."""
        doing, self.doing = self.doing, None
        if doing is not None:
            doing()


@pytest.fixture(params=DIRECTIONS[:2], ids="-".join)
def pair(
    request: pytest.FixtureRequest, empty: Callable[[str], str]
) -> Iterator[tuple[Store, Store]]:
    """Two empty stores, on one engine and on the other, both ways round."""
    source, target = map(empty, request.param)
    with closing(open_store(source)) as ours, closing(open_store(target)) as theirs:
        yield ours, theirs


@pytest.fixture
def files(empty: Callable[[str], str]) -> Iterator[tuple[Store, Store]]:
    """Two empty stores in files."""
    source, target = empty("sqlite"), empty("sqlite")
    with closing(open_store(source)) as ours, closing(open_store(target)) as theirs:
        yield ours, theirs


def some(column: Column, number: int) -> Any:
    """A value for a column of the row of that number; every third is missing where it may be."""
    if column.nullable and number % 3 == 2:
        return None
    kinds: dict[str | None, Any] = {
        "text": KEYS[number % len(KEYS)] + str(number // len(KEYS) or ""),
        "instant": T0 + number * timedelta(milliseconds=86_399_999),
        "double": FLOATS[number % len(FLOATS)],
        "boolean": number % 2 == 0,
        "blob": bytes(range(256)) + bytes([number % 256]),
    }
    return kinds.get(column.kind, number + 1)


def fill(store: Store, rows: int = 40) -> None:
    """Rows in every table, of three sources each, with whatever a column can hold."""
    with store.writing() as connection:
        for table in TABLES:
            some_rows = [
                {column.name: some(column, number) for column in table.columns}
                for number in range(rows)
            ]
            for number, row in enumerate(some_rows):
                if len(table.key) > 1:
                    row["source"] = KEYS[number % 3]
            connection.execute(insert(table), some_rows)


def rows(store: Store, table: Table) -> list[tuple[Any, ...]]:
    """All rows of a table, in an order of their own."""
    with store.reading() as connection:
        return sorted(map(tuple, connection.execute(select(table))), key=repr)


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {table.name: rows(store, table) for table in TABLES}


def brought(moved: list[Moved]) -> dict[str, int]:
    """How many rows of each table, those of none left out."""
    assert all(one.is_same for one in moved)
    return {one.table: one.brought for one in moved if one.brought}


@pytest.mark.parametrize("pair", DIRECTIONS, ids="-".join, indirect=True)
def test_every_row_in_every_direction(pair: tuple[Store, Store]) -> None:
    """All tables are the same afterwards, value by value; copied again, nothing is brought."""
    source, target = pair
    fill(source)
    before = everything(source)
    assert brought(move(source, target, Untold())) == {table.name: 40 for table in TABLES}
    assert everything(target) == before == everything(source)
    assert brought(move(source, target, Untold())) == {}


def test_the_next_run_has_the_next_number(pair: tuple[Store, Store]) -> None:
    """A run begun in the new store meets none of those brought."""
    source, target = pair
    for hours in range(3):
        journal.start(source, Run("dapp_expert", T0, T0 + hours * HOUR, host="a"))
    move(source, target, Untold())
    number, _ = journal.start(target, Run("dapp_expert", T0, T0 + 3 * HOUR, host="a"))
    assert number == 4


def live(store: Store) -> None:
    """A day of collecting, with a page that was not read fully and a run under way."""
    story = Headline("A story", "https://dapp.expert/news/one")
    for hours in range(24):
        look = snapshot(T0 + hours * HOUR, dapps=float(hours), headlines=(story,))
        store.save(look, HOUR, Page(b"page", "https://dapp.expert/", look.taken_at))
    store.save(snapshot(T0, source="b"), HOUR)
    store.keep_answer("dapp_expert", Answered("https://dapp.expert/", "one"))
    journal.start(store, Run("dapp_expert", T0, T0, host="a"))


def test_what_came_later_is_brought(pair: tuple[Store, Store]) -> None:
    """Snapshots of later and of earlier times, figures filled in, pages given up, a run that ended,
    stories seen again: a second copy brings just that.
    """
    source, target = pair
    live(source)
    move(source, target, Untold())
    figures = dict.fromkeys(("blockchains", "active_users", "volume_30d"), 1.0)
    source.save(snapshot(T0, dapps=0.0, transactions_30d=2.0, figures=figures), HOUR)
    source.save(snapshot(T0 - 9 * HOUR, dapps=5.0), HOUR)
    source.save(snapshot(T0 + 24 * HOUR, dapps=5.0), HOUR)
    source.save(snapshot(T0 + HOUR, source="b", dapps=5.0), HOUR)
    older = SeenHeadline(Headline("Another"), "dapp_expert", T0, T0)
    source.add_headlines([older], {"dapp_expert": None})
    source.keep_answer("dapp_expert", Answered("https://dapp.expert/", "two"))
    journal.finish(source, 1, Run("dapp_expert", T0, T0, T0 + HOUR, "stored", host="a"))
    assert brought(move(source, target, Untold())) == {
        "snapshots": 4,
        "headlines": 1,
        "runs": 1,
        "pages": 1,
        "answers": 1,
        "rollups_hour": 4,
        "rollups_day": 4,
        "rollups_week": 2,
        "sources": 2,
    }
    assert everything(target) == everything(source)


def test_a_source_that_grows_meanwhile(pair: tuple[Store, Store]) -> None:
    """What is written while a copy goes on is not in it, nor half of it; the next one brings it."""
    source, target = pair
    live(source)
    before = everything(source)
    grow = Meddling(lambda: source.save(snapshot(T0 + 30 * HOUR, dapps=9.0), HOUR))
    move(source, target, grow)
    assert grow.doing is None
    assert everything(target) == before
    move(source, target, Untold())
    assert everything(target) == everything(source)


def other_snapshot(store: Store) -> None:
    """A snapshot of another moment in the same slot."""
    store.save(snapshot(taken_at=T0 + timedelta(seconds=9), dapps=1.0), HOUR)


def more_snapshots(store: Store) -> None:
    """A snapshot that only the new store has."""
    store.save(snapshot(T0 + 99 * HOUR, dapps=1.0), HOUR)


def other_run(store: Store) -> None:
    """A run on another host."""
    journal.start(store, Run("dapp_expert", T0, T0, host="elsewhere"))


def other_source(store: Store) -> None:
    """A source that the old store never had."""
    store.save(snapshot(source="elsewhere"), HOUR)


@pytest.mark.parametrize("doing", [other_snapshot, more_snapshots, other_run, other_source])
def test_another_history_is_refused(
    pair: tuple[Store, Store], doing: Callable[[Store], None]
) -> None:
    """A store that holds anything of its own is named, and left as it is."""
    source, target = pair
    live(source)
    doing(target)
    before = everything(target)
    with pytest.raises(UsageError, match=r"(empty_1|empty_1\.db) holds another history: its "):
        move(source, target, Untold())
    assert everything(target) == before


def test_a_copy_that_went_on_is_refused(pair: tuple[Store, Store]) -> None:
    """Once collectors write to the new store, the old one brings nothing over it any more."""
    source, target = pair
    live(source)
    move(source, target, Untold())
    target.save(snapshot(T0 + 24 * HOUR, dapps=5.0), HOUR)
    source.save(snapshot(T0 + 25 * HOUR, dapps=6.0), HOUR)
    before = everything(target)
    with pytest.raises(UsageError, match="holds another history"):
        move(source, target, Untold())
    assert everything(target) == before


def test_a_snapshot_changed_in_the_middle_is_refused(files: tuple[Store, Store]) -> None:
    """A value that the new store has, and the old one has not, is never lost."""
    source, target = files
    live(source)
    move(source, target, Untold())
    place = (snapshots.c.source == "dapp_expert", snapshots.c.slot == T0 + 5 * HOUR)
    with target.writing() as connection:
        connection.execute(update(snapshots).where(*place).values(blockchains=7.0))
    with pytest.raises(UsageError, match=r"its dapp_expert 2026-01-31 11:00:00\+00:00 of snapshot"):
        move(source, target, Untold())


def test_two_copies_at_once(files: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that finds another one's rows behind its own ends in an error, and breaks nothing."""
    monkeypatch.setattr(moving, "BATCH", 5)
    source, target = files
    fill(source)
    with pytest.raises(StoreError, match=r"is being written to by somebody else \(table snapsh"):
        move(source, target, Meddling(lambda: move(source, target, Untold())))
    assert everything(target) == everything(source)


def test_onto_itself(empty: Callable[[str], str], tmp_path: Path) -> None:
    """One database is refused as its own copy, by whatever address."""
    file = empty("sqlite")
    (tmp_path / "link.db").symlink_to(tmp_path / "empty_0.db")
    server = empty("postgresql")
    for one, other in (
        (file, f"sqlite:///{tmp_path}/link.db"),
        (server, server.replace("127.0.0.1", "localhost")),
    ):
        with (
            closing(open_store(one)) as source,
            closing(open_store(other)) as target,
            pytest.raises(UsageError, match="not copied onto itself"),
        ):
            move(source, target, Untold())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_any_change_changes_the_checksum(file_store: Store, table: Table) -> None:
    """A checksum tells every column, a value from none, and a float from its neighbour."""
    fill(file_store, 1)
    seen = set()
    for column in table.columns:
        if column.primary_key:
            continue
        for value in _others(column):
            with file_store.writing() as connection:
                connection.execute(update(table).values(**{column.name: value}))
                seen.add(checksum(connection, table, lambda _: None).digest)
                connection.execute(update(table).values(**{column.name: some(column, 0)}))
    assert len(seen) == sum(
        len(_others(column)) for column in table.columns if not column.primary_key
    )


def _others(column: Column) -> list[Any]:
    kinds: dict[str | None, list[Any]] = {
        "text": ["x", "y"],
        "instant": [T0 + EVERY, T0 + EVERY + timedelta(milliseconds=1)],
        "double": [0.2, 0.2 + 2**-55],
        "boolean": [False],
        "blob": [b"x", b"y"],
    }
    return kinds.get(column.kind, [98, 99])


def masthead(database: str, to: str, *options: str) -> list[str]:
    """The command that copies."""
    return [sys.executable, "-m", "masthead", "--database", database, *options, "copy", "--to", to]


def size(store: Store) -> int:
    """How many snapshots there are."""
    with store.reading() as connection:
        return int(connection.scalar(select(count()).select_from(snapshots)))


def kill_while_copying(urls: list[str], target: Store, enough: int) -> int:
    """Begin to copy, and kill it when there are more than ``enough``; how many there are then."""
    copying = subprocess.Popen(masthead(*urls), cwd=ROOT)
    until(lambda: size(target) > enough, 60)
    copying.kill()
    copying.wait()
    return size(target)


@pytest.mark.parametrize(("first", "second"), DIRECTIONS[:2], ids=["to-server", "from-server"])
def test_killed_at_any_moment(empty: Callable[[str], str], first: str, second: str) -> None:
    """A copy that is killed three times ends as one that was not, and brings no row twice."""
    urls = [empty(first), empty(second)]
    with closing(open_store(urls[0])) as source, closing(open_store(urls[1])) as target:
        fill(source)
        many = [snapshot(T0 + at * EVERY, dapps=float(at)) for at in range(24_000)]
        with source.writing() as connection:
            rows = [snapshot_row(one) for one in many]
            connection.execute(insert(snapshots), rows)
        held = 0
        for _ in range(3):
            held = kill_while_copying(urls, target, held + random.randrange(1, 6_000))
        done = subprocess.run(masthead(*urls), cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        told = dict(line.split()[0:3:2] for line in done.stdout.splitlines()[1:])
        assert int(told["snapshots"]) == size(source) - held
        assert everything(target) == everything(source)


def test_a_store_that_keeps_other_values(files: tuple[Store, Store]) -> None:
    """What the new store does not keep as it was given is told by exit code 3; nothing is lost."""
    source, target = files
    live(source)
    for doing in ("INSERT", "UPDATE"):
        with target.writing() as connection:
            connection.execute(
                text(
                    f"CREATE TRIGGER {doing}s AFTER {doing} ON snapshots WHEN new.problems IS NULL "
                    "BEGIN UPDATE snapshots SET problems = '{}' WHERE slot = new.slot; END"
                )
            )
    before = everything(source)
    urls = [store.engine.url.shown for store in files]
    done = subprocess.run(masthead(*urls), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("masthead: The stores are not the same in snapshots: ")
    assert size(target) == size(source) == 25
    assert target.sources() == []
    assert everything(source) == before


@pytest.mark.parametrize(
    ("options", "to", "code", "said"),
    [
        ([], "sqlite:///new.db", 5, "has no Masthead schema yet"),
        (["filled"], "postgresql://127.0.0.1:1/m?connect_timeout=1", 5, "did not answer"),
        (["filled"], "mysql://db/m", 2, "The setting '--to' asks for mysql"),
    ],
)
def test_exit_codes(
    empty: Callable[[str], str], tmp_path: Path, options: list[str], to: str, code: int, said: str
) -> None:
    """2 for an address that is none, 5 for a store that is away or not there; in one sentence."""
    url = empty("sqlite")
    if options:
        open_store(url).close()
    copying = masthead(url, to)
    done = subprocess.run(copying, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new.db").exists()
