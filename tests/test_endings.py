"""How runs end when their process is told to stop, killed, or not alone: real processes."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from dashboard.server import listen
from data.clock import stopwatch
from data.outbox import count
from data.store import Store, open_store
from data.tables import Query, rows
from tests.pages import page
from tests.site import Answer, Site, serving
from tests.waiting import until

SOON_S = 5.0


class Place:
    """A store, an outbox and a site of one test, and the command with them."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.site = site
        self.database = f"sqlite:///{folder}/masthead.db"
        self.environ = os.environ | {
            "MASTHEAD_SOURCES__DAPP_EXPERT__URL": site.url,
            "MASTHEAD_OUTBOX": str(folder / "outbox"),
        }
        self.store = open_store(self.database)
        self.processes: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self.store.close()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The command in a process of its own."""
        command = [sys.executable, "-m", "masthead", "--database", self.database, *arguments]
        process = subprocess.Popen(command, env=self.environ, stderr=subprocess.PIPE)
        self.processes.append(process)
        return process

    def asked(self) -> int:
        """How often the page was asked for."""
        return sum(path == "/" for path, _ in self.site.requests)


def runs(store: Store) -> list[tuple[Any, ...]]:
    """Every run as (outcome, kind), oldest first."""
    return [(row[4], row[5]) for row in rows(store, Query("runs"))]


def snapshots(store: Store) -> int:
    """How many snapshots there are."""
    return len(list(rows(store, Query())))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A site that holds its answer until the test lets go."""
    with serving() as site:
        site.answers["/"] = Answer(page(), hold=threading.Event())
        made = Place(tmp_path, site)
        yield made
        made.close()


def test_killed_run_is_closed_by_the_next(place: Place) -> None:
    """A run that was killed leaves its row open; the next run says what it was and goes on."""
    killed = place.start("collect")
    until(lambda: place.asked() == 1, 20)
    killed.kill()
    killed.communicate()
    assert runs(place.store) == [(None, None)]
    place.site.answers["/"] = Answer(page())
    done = place.start("collect")
    _, errors = done.communicate(timeout=30)
    assert (done.returncode, errors) == (0, b"")
    assert runs(place.store) == [("failed", "killed"), ("stored", None)]
    assert snapshots(place.store) == 1


@pytest.mark.parametrize(("command", "code"), [("collect", 4), ("schedule", 0)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_in_mid_run_ends_it_within_five_seconds(
    place: Place, command: str, code: int, number: signal.Signals
) -> None:
    """Told to stop while the site keeps it waiting, a run is closed as stopped, at once."""
    process = place.start(command)
    until(lambda: place.asked() == 1, 20)
    begun = stopwatch()
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert stopwatch() - begun < SOON_S
    assert process.returncode == code, errors
    assert runs(place.store) == [("failed", "stopped")]
    assert snapshots(place.store) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_the_store_is_held_by_another(
    place: Place, tmp_path: Path, number: signal.Signals
) -> None:
    """Told to stop while it waits for its turn to write, a run ends soon and leaves its word."""
    other = sqlite3.connect(tmp_path / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process = place.start("--verbose", "collect")
    until(lambda: _sleeps_in(process.pid, "masthead.db-shm"), 20)
    begun = stopwatch()
    process.send_signal(number)
    process.communicate(timeout=20)
    assert stopwatch() - begun < SOON_S
    assert process.returncode in (4, 5)
    other.execute("ROLLBACK")
    other.close()
    assert count(tmp_path / "outbox") == 1


def test_two_at_once_make_one_snapshot(place: Place) -> None:
    """Cron beside the scheduler, or two machines: two runs of one slot, one snapshot, no error."""
    both = [place.start("collect"), place.start("collect")]
    until(lambda: place.asked() == 2, 20)
    hold = place.site.answers["/"].hold
    assert hold is not None
    hold.set()
    for process in both:
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, b"")
    assert sorted(runs(place.store)) == [("duplicate", None), ("stored", None)]
    assert snapshots(place.store) == 1


def test_up_starts_a_dead_child_again(place: Place) -> None:
    """Whichever of its children is killed, ``up`` starts it again, and Ctrl-C ends all."""
    place.site.answers["/"] = Answer(page())
    parent = place.start("up", "--port", str(_free_port()))
    for _ in range(2):
        _kill_a_child(parent.pid)
    last = _children(parent.pid)
    parent.send_signal(signal.SIGINT)
    _, errors = parent.communicate(timeout=20)
    assert parent.returncode == 0, errors
    assert len(re.findall(rb"the \w+ ended with -9, it starts again in", errors)) == 2
    assert not any(Path(f"/proc/{child}").exists() for child in last)


def test_up_goes_on_without_its_store(place: Place, tmp_path: Path) -> None:
    """A store that is away when ``up`` starts is said; snapshots wait until it is there."""
    place.site.answers["/"] = Answer(page())
    wall = tmp_path / "wall"
    wall.write_text("a file where the folder should be")
    place.database = f"sqlite:///{wall}/masthead.db"
    parent = place.start("up", "--port", str(_free_port()))
    until(lambda: count(tmp_path / "outbox") == 1, 30)
    until(lambda: b'"outbox"' in next((tmp_path / "outbox").glob("*.json")).read_bytes(), 30)
    wall.unlink()
    collect = place.start("collect")
    collect.communicate(timeout=30)
    assert collect.returncode == 0
    parent.send_signal(signal.SIGINT)
    _, errors = parent.communicate(timeout=20)
    assert parent.returncode == 0
    assert b"Snapshots wait in the outbox" in errors
    store = open_store(place.database)
    assert snapshots(store) == 1
    assert runs(store) == [("outbox", "store"), ("duplicate", None)]
    store.close()


def test_a_page_waits_for_its_store(place: Place, tmp_path: Path) -> None:
    """Started while the store is away, the page says so, and has it as soon as it is there."""
    place.site.answers["/"] = Answer(page())
    wall = tmp_path / "wall"
    wall.write_text("a file where the folder should be")
    place.database = f"sqlite:///{wall}/masthead.db"
    port = _free_port()
    server = place.start("dashboard", "--port", str(port), "--workers", "1")
    until(lambda: _answered(port) == 503, 60)
    wall.unlink()
    collect = place.start("collect")
    collect.communicate(timeout=60)
    assert collect.returncode == 0
    until(lambda: _answered(port) == 200, 60)
    server.send_signal(signal.SIGINT)
    _, errors = server.communicate(timeout=30)
    assert (server.returncode, errors.count(b"The page waits for the store.")) == (0, 1)


def _answered(port: int) -> int | None:
    """The status that the page's figures are answered with; None while nobody listens."""
    asked = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asked.request("GET", "/api/v1/latest")
        return asked.getresponse().status
    except OSError:
        return None
    finally:
        asked.close()


def _kill_a_child(parent: int) -> None:
    until(lambda: len(_children(parent)) == 2, 30)
    before = _children(parent)
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(_children(parent) - before) == 1, 30)


def _sleeps_in(pid: int, name: str) -> bool:
    """Whether the process has a file of that name open: it has begun to talk to the store."""
    try:
        return any(name in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _children(parent: int) -> set[int]:
    return {
        int(child)
        for thread in Path(f"/proc/{parent}/task").iterdir()
        for child in (thread / "children").read_text().split()
    }


def _free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
    return port
