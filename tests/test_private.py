"""What is made is for its owner alone, whatever the umask; what is there stays as it is."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.passing import LOCK, NAME, Passing, sweep
from data.clock import now
from data.private import make_file, make_folder
from data.store import open_store
from tests.test_cli import TEXT, Masthead


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """Whoever makes files here shares them with everyone, if nothing else is said."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    """The rights of a file, in octal."""
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_a_store_its_copies_and_what_waits(tmp_path: Path) -> None:
    """Database, its log, its folders, a backup, a copy and the outbox, each made by its command."""
    run, folder = Masthead(tmp_path), tmp_path / "a" / "b"
    (tmp_path / "page.txt").write_text(TEXT, encoding="utf-8")
    url = f"sqlite:///{folder}/m.db"
    assert run("--database", url, "sample", "load").returncode == 0
    assert run("--database", url, "backup", str(tmp_path / "copy.db")).returncode == 0
    moved = run("--database", url, "copy", "--to", f"sqlite:///{tmp_path}/c/moved.db")
    assert moved.returncode == 0, moved.stderr
    run.environ["MASTHEAD_OUTBOX"] = str(tmp_path / "out" / "box")
    page = ("collect", "--from-file", "page.txt", "--at", "2026-01-31T06:20:00Z")
    assert run("--database", "postgresql://127.0.0.1:1/m", *page).returncode == 5
    files = [folder / "m.db", tmp_path / "copy.db", tmp_path / "c" / "moved.db"]
    files += list((tmp_path / "out" / "box").iterdir())
    files += list(folder.glob("m.db-*"))
    assert len(files) >= 4
    assert {mode(file) for file in files} == {"0o600"}
    folders = [folder, folder.parent, tmp_path / "c", tmp_path / "out", tmp_path / "out" / "box"]
    assert {mode(made) for made in folders} == {"0o700"}


def test_the_log_beside_an_open_store(tmp_path: Path) -> None:
    """SQLite makes it while somebody writes, with the rights of the file."""
    store = open_store(f"sqlite:///{tmp_path}/m.db")
    found = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert found == dict.fromkeys(("m.db", "m.db-wal", "m.db-shm"), "0o600")
    store.close()


def test_what_is_there_stays(tmp_path: Path) -> None:
    """Who shares a file or a folder on purpose goes on doing so."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o770)
    (folder / "m.db").touch(mode=0o660)
    run = Masthead(tmp_path)
    assert run("--database", f"sqlite:///{folder}/m.db", "sample", "load").returncode == 0
    assert (mode(folder), mode(folder / "m.db")) == ("0o770", "0o660")
    make_folder(folder / "x")
    assert (mode(folder), mode(folder / "x")) == ("0o770", "0o700")
    with pytest.raises(FileExistsError):
        make_file(folder / "m.db")
    with pytest.raises(FileExistsError):
        make_folder(folder / "m.db")


def test_a_passing_sample_that_was_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes when the next one is made; one in use, and what is not ours, stays."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, other = tmp_path / f"{NAME}dead", tmp_path / f"{NAME}link"
    dead.mkdir()
    (dead / LOCK).touch()
    (dead / "sample.db").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / LOCK).touch()
    other.symlink_to(tmp_path / "kept")
    passing = Passing(now())
    [folder] = set(tmp_path.glob(f"{NAME}*")) - {other}
    assert folder != dead
    assert {mode(folder), mode(folder / "sample.db")} == {"0o700", "0o600"}
    sweep()
    assert (folder / "sample.db").exists()
    assert (tmp_path / "kept" / LOCK).exists()
    passing.close()
    assert not folder.exists()
