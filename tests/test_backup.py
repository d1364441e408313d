"""A backup: of one moment, while others write; whole in its place, or not there at all."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import IO

import pytest

from data.backup import backup
from data.errors import StoreError, UsageError
from data.store import Store, open_store
from tests.conftest import HOUR, T0, database, snapshot
from tests.waiting import until

ROOT = Path(__file__).parent.parent
WRITES = """
import sys
from datetime import timedelta
from data.store import open_store
from tests.conftest import T0, snapshot
every, store, number = timedelta(seconds=1), open_store(sys.argv[1]), 0
while True:
    figures = dict.fromkeys(("dapps", "blockchains"), float(number))
    store.save(snapshot(T0 + number * every, figures=figures), every)
    number += 1
"""
"""A collector that does not rest: each snapshot changes three tables in one transaction."""


@contextmanager
def written(url: str) -> Iterator[None]:
    """A process that writes to the store, all the time."""
    writer = subprocess.Popen([sys.executable, "-c", WRITES, url], cwd=ROOT)
    try:
        with closing(open_store(url)) as store:
            until(lambda: store.latest("dapp_expert") is not None, 30)
            yield
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()


def masthead(*words: str, limit: str = "unlimited") -> subprocess.CompletedProcess[str]:
    """The finished command; files that it writes may have so many blocks."""
    command = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh", sys.executable, "-m", "masthead"]
    return subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def counted(file: Path) -> tuple[int, int, int, float]:
    """Of a copy nobody opened before: snapshots, how many the rollups and the source's row count,
    and the last figure.
    """
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as copy:
        query = (
            "SELECT (SELECT count(*) FROM snapshots), (SELECT sum(dapps_n) FROM rollups_hour), "
            "(SELECT version FROM sources), (SELECT dapps FROM snapshots ORDER BY slot DESC)"
        )
        found: tuple[int, int, int, float] = copy.execute(query).fetchone()
        return found


def test_one_moment_of_a_store_that_is_written_to(tmp_path: Path) -> None:
    """Copies of a store that a process hammers are each of one moment, and the next ones later."""
    seen = []
    with written(database(tmp_path)):
        for number in range(3):
            file = tmp_path / f"{number}.db"
            done = masthead("--database", database(tmp_path), "backup", str(file))
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"{file}: {file.stat().st_size} bytes, checked\n"
            seen.append(counted(file))
    for kept, rolled, version, last in seen:
        assert kept == rolled == version == last + 1
    assert seen[0][0] < seen[1][0] < seen[2][0]
    assert {one.name for one in tmp_path.iterdir()} >= {"0.db", "1.db", "2.db", "masthead.db"}
    assert not list(tmp_path.glob(".*"))


def test_it_is_restored_as_the_readme_says(tmp_path: Path) -> None:
    """Stop, put the file in place of the store and of what SQLite keeps beside it, start."""
    url, file = database(tmp_path), tmp_path / "backup.db"
    with closing(open_store(url)) as store:
        store.save(snapshot(dapps=1.0), HOUR)
        backup(store, file, lambda done, whole: None)
        store.save(snapshot(T0 + HOUR, dapps=2.0), HOUR)
    for name in ("masthead.db", "masthead.db-wal", "masthead.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(file, tmp_path / "masthead.db")
    with closing(open_store(url)) as store:
        assert store.slots("dapp_expert", T0, T0 + 9 * HOUR) == [T0]
        assert store.save(snapshot(T0 + HOUR, dapps=2.0), HOUR) == "stored"


def test_progress_is_told(file_store: Store, tmp_path: Path) -> None:
    """The last thing told is that all pages are copied."""
    told: list[tuple[int, int]] = []
    size = backup(file_store, tmp_path / "copy.db", lambda *pages: told.append(pages))
    done, whole = told[-1]
    assert done == whole == size // 4096


def test_a_file_that_is_there_is_kept(file_store: Store, tmp_path: Path) -> None:
    """Nothing is written over, not even an empty file or a link that leads nowhere."""
    (tmp_path / "taken").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("taken", "link", "masthead.db"):
        with pytest.raises(UsageError, match=f"{name} is there already: a backup takes a new"):
            backup(file_store, tmp_path / name, lambda done, whole: None)
    assert (tmp_path / "taken").read_bytes() == b""


def test_no_room(tmp_path: Path) -> None:
    """A copy that does not fit is an error in one sentence, and leaves no half of itself."""
    url, file = database(tmp_path), tmp_path / "copy.db"
    open_store(url).close()
    done = masthead("--database", url, "backup", str(file), limit="100")
    assert done.returncode == 2
    assert done.stderr.startswith(f"masthead: The file {file} cannot be written: disk I/O error")
    assert sorted(one.name for one in tmp_path.iterdir() if "-" not in one.name) == ["masthead.db"]


def test_no_folder(file_store: Store, tmp_path: Path) -> None:
    """A folder that is not there is named."""
    with pytest.raises(UsageError, match=r"no/copy\.db cannot be written: No such file or direct"):
        backup(file_store, tmp_path / "no" / "copy.db", lambda done, whole: None)


def test_a_damaged_store_is_not_passed_on(tmp_path: Path) -> None:
    """What SQLite finds wrong in the copy is told, and the copy is not kept."""
    file = tmp_path / "masthead.db"
    with closing(open_store(database(tmp_path))) as store:
        for hours in range(300):
            store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
    with closing(sqlite3.connect(file)) as raw:
        [page] = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'snapshots'"
        ).fetchone()
    with file.open("r+b") as damaged:
        damaged.seek((page - 1) * 4096 + 12)
        damaged.write(b"\xff" * 64)
    with closing(open_store(database(tmp_path))) as store, pytest.raises(StoreError, match="damag"):
        backup(store, tmp_path / "copy.db", lambda done, whole: None)
    assert not list(tmp_path.glob("*copy*"))


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    """A backup makes no store, and of none no file."""
    done = masthead("--database", database(tmp_path), "backup", str(tmp_path / "copy.db"))
    assert done.returncode == 5
    assert "masthead.db did not answer: unable to open database file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_has_a_program_of_its_own(tmp_path: Path) -> None:
    """For PostgreSQL the command to use is told, without the password."""
    url = "postgresql://me:s3cret@db/masthead"
    done = masthead("--database", url, "backup", str(tmp_path / "m.dump"))
    assert done.returncode == 2
    assert f"pg_dump --format=custom --file={tmp_path}/m.dump postgresql://me:" in done.stderr
    assert "s3cret" not in done.stderr


def test_two_backups_do_not_share_a_draft(tmp_path: Path) -> None:
    """While another backup fills the draft, a second one is refused and touches nothing of it."""
    place, draft = tmp_path / "copy.db", tmp_path / ".copy.db.part"
    with closing(open_store(database(tmp_path))) as store:
        with draft.open("wb") as other:
            flock(other, LOCK_EX)
            other.write(b"half a copy")
            other.flush()
            with pytest.raises(UsageError, match="Another backup writes"):
                backup(store, place, lambda done, total: None)
        assert draft.read_bytes() == b"half a copy"
        assert backup(store, place, lambda done, total: None) == place.stat().st_size
    assert not draft.exists()


def test_a_backup_that_ended_meanwhile_stays(
    file_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a second one's opening of the draft and its lock the first has put it in place."""
    place = tmp_path / "copy.db"

    def late(file: IO[bytes], how: int) -> None:
        (tmp_path / ".copy.db.part").rename(place)
        place.write_bytes(b"a whole copy")
        flock(file, how)

    monkeypatch.setattr("data.backup.flock", late)
    with pytest.raises(UsageError, match="Another backup writes"):
        backup(file_store, place, lambda done, total: None)
    assert place.read_bytes() == b"a whole copy"
