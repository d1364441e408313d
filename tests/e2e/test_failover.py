"""The primary is killed while collectors run: its standby takes over, and nothing is lost."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dashboard.server import listen
from data import outbox
from data.store import open_store
from data.tables import Query, rows
from tests.pages import page
from tests.postgres import Server, pair
from tests.site import Answer, serving
from tests.waiting import until

CONFIG = """database = "{database}"
{more}
[sources.dapp_expert]
url = "{url}"
every = "1s"
"""
NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@dataclass
class Machine:
    """A machine: its folder is all that it has of its own."""

    folder: Path
    acknowledged: list[str] = field(default_factory=list)
    """The slots of which it was said that they are stored."""
    bridged: list[str] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        """Masthead with this machine's config."""
        return [sys.executable, "-m", "masthead", "--config", f"{self.folder}/m.toml", *arguments]

    @property
    def environ(self) -> dict[str, str]:
        """Its environment: no folder of another machine."""
        return os.environ | {"HOME": str(self.folder)}

    def collect(self) -> int:
        """One run, as from cron; its exit code."""
        done = subprocess.run(
            self.command("collect", "--json"),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 5), done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        (self.bridged if done.returncode else self.acknowledged).append(told["slot"])
        return done.returncode

    @property
    def waiting(self) -> int:
        """How many runs wait in its outbox."""
        return outbox.count(self.folder / "outbox")

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        """A process of it for as long as this lasts."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                self.command(*arguments), env=self.environ, stdout=log, stderr=log
            )
        try:
            yield
            process.terminate()
            assert process.wait(timeout=20) == 0, (self.folder / "log").read_text()
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def both(installed: tuple[Path, Path]) -> Iterator[tuple[Server, Server]]:
    """A primary and its synchronous standby."""
    bin_, folder = installed
    with pair(bin_, folder / "failover") as servers:
        yield servers


def machine(folder: Path, url: str, database: str, more: str = "") -> Machine:
    """A machine that collects from ``url`` into ``database``."""
    folder.mkdir()
    text = CONFIG.format(database=database, url=url, more=more)
    (folder / "m.toml").write_text(text, encoding="utf-8")
    return Machine(folder)


def test_failover(both: tuple[Server, Server], tmp_path: Path) -> None:
    """Killed, promoted, gone on: every acknowledged slot is there once, the page never stopped."""
    primary, standby = both
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    url = f"postgresql://postgres@{hosts}/masthead?connect_timeout=2"
    open_store(url).close()
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    with serving() as site:
        site.answers["/"] = Answer(page())
        cron = machine(tmp_path / "cron", site.url, url)
        daemon = machine(tmp_path / "daemon", site.url, url)
        reads = f'database_read = "{standby.url("masthead")}"'
        screen = machine(tmp_path / "screen", site.url, NOWHERE, reads)
        with ExitStack() as running:
            running.enter_context(daemon.running("schedule"))
            running.enter_context(screen.running("dashboard", "--port", str(port)))
            shown = Page(f"http://127.0.0.1:{port}")
            until(lambda: cron.collect() == 0 and shown.newest() is not None, 60)
            before = shown.newest() or 0
            primary.kill()
            until(lambda: cron.collect() == 5 and daemon.waiting > 0, 60)
            assert cron.waiting
            assert shown.newest() is not None
            standby.promote()
            until(lambda: cron.collect() == 0 and daemon.waiting <= 1, 60)
            until(lambda: (shown.newest() or 0) > before, 60)
        found = slots(standby)
        assert cron.bridged
        assert not cron.waiting
        assert len(set(found)) == len(found)
        assert not {*cron.acknowledged, *cron.bridged} - {*found}
        assert shown.failures == 0
        # Started again by mistake, the old primary lacks its standby, and acknowledges nothing.
        primary.start()
        assert machine(tmp_path / "late", site.url, url).collect() == 5


@dataclass
class Page:
    """What a page shows, as a browser asks for it."""

    url: str
    failures: int = 0
    """Answers that were none, once it had begun to answer."""
    _begun: bool = False

    def newest(self) -> int | None:
        """The newest slot in ms, None before there is one."""
        try:
            answer = httpx2.get(f"{self.url}/api/v1/latest")
        except httpx2.TransportError:
            self.failures += self._begun
            return None
        self._begun = True
        self.failures += answer.status_code != httpx2.codes.OK
        slot: int | None = answer.json()["slot"]
        return slot


def slots(server: Server) -> list[str]:
    """The slots that a server has, as they are told."""
    store = open_store(server.url("masthead"), read_only=True)
    found = [f"{row[0]:%Y-%m-%dT%H:%M:%SZ}" for row in rows(store, Query())]
    store.close()
    return found
