"""A check of the whole store: damage is said in a sentence, and a sound store is called so."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from data.errors import StoreError
from data.soundness import check
from data.statements import text
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot

ROOT = Path(__file__).parent.parent
HOURS = 24 * 9


def fill(store: Store) -> None:
    """Nine days, two sources."""
    for source in ("dapp_expert", "other"):
        looks = [
            snapshot(T0 + number * HOUR, source=source, dapps=float(number))
            for number in range(HOURS)
        ]
        store.add(looks, {source: HOUR})


def test_a_sound_store(store: Store) -> None:
    """On both engines: a whole history is sound, and so is an empty one."""
    assert check(store) == 0
    fill(store)
    assert check(store) == 2 * HOURS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE snapshots SET dapps = 7 WHERE dapps = 100", "rollups_hour and the snapshots of d"),
        ("UPDATE rollups_day SET dapps_max = 7 WHERE dapps_max = 41", "rollups_day and the snaps"),
        ("DELETE FROM rollups_week WHERE source = 'other'", "rollups_week and the snapshots of ot"),
        ("DELETE FROM snapshots WHERE source = 'other'", "rollups_hour has 432 rows, and 216 have"),
    ],
)
def test_tables_that_differ(store: Store, change: str, said: str) -> None:
    """A figure that changed on the disk, or rows that went, are seen: figures are kept twice."""
    fill(store)
    with store.writing() as connection:
        connection.execute(text(change))
    with pytest.raises(StoreError, match=f"is damaged, restore it from a backup .*: {said}"):
        check(store)


def masthead(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The finished command over the store in a folder."""
    command = [sys.executable, "-m", "masthead", "--database", database(folder), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command(tmp_path: Path) -> None:
    """It says how many snapshots are sound; of damage one sentence, and ends with 5."""
    with closing(open_store(database(tmp_path))) as store:
        fill(store)
    done = masthead(tmp_path, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{database(tmp_path)}: {2 * HOURS} snapshots, no fault found\n"
    with closing(sqlite3.connect(tmp_path / "masthead.db")) as raw:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'snapshots'"
        [page] = raw.execute(query).fetchone()
    with (tmp_path / "masthead.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    done = masthead(tmp_path, "check")
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith(f"masthead: The store {database(tmp_path)} is damaged, restore")
    assert done.stderr.count("\n") == 1


def test_no_store(tmp_path: Path) -> None:
    """A store that is not there is not made, and not called sound."""
    done = masthead(tmp_path, "check")
    assert done.returncode == 5
    assert "has no Masthead schema yet" in done.stderr
    assert list(tmp_path.iterdir()) == []
