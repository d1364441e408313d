"""A collector's world: a site whose page changes, a store, an outbox, and what it was told."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from data.clock import stopwatch
from data.model import iso
from data.store import open_store
from tests.benchmarks.year import healthy, truth
from tests.faults import oracle
from tests.faults.oracle import Complaint, Known
from tests.faults.process import Command, Given
from tests.site import Site, serving

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
SAME_PAGE: Final = 3
"""Slots for which the page stays the same, so that some visits are answered with 304."""
KEPT: Final = "kept in the outbox"
LOST: Final = "this snapshot is lost"
CONFIG: Final = """database = "{database}"
outbox = "{outbox}"
timeout = "{timeout}"
[sources.dapp_expert]
url = "{url}"
every = "{every}"
"""


class World:
    """One collector of one store; each of its runs is told the time."""

    every = HOUR
    timeout = "30s"

    def __init__(self, folder: Path, site: Site, database: str | None = None) -> None:
        self.folder = folder
        self.site = site
        self.file = folder / "store" / "masthead.db"
        self.database = database or f"sqlite:///{self.file}"
        self.outbox = folder / "outbox"
        self.known = Known()
        self.number = 0
        self._begun = 0
        self._under_way: list[Command] = []
        self.seconds = 0.1
        """How long a run that nothing disturbs takes, the last time one was let be."""
        self.configure(site.url)

    def configure(self, url: str) -> None:
        """Write the config, with the page at ``url``."""
        text = CONFIG.format(
            database=self.database,
            outbox=self.outbox,
            url=url,
            timeout=self.timeout,
            every=f"{self.every.total_seconds():.0f}s",
        )
        (self.folder / "m.toml").write_text(text, encoding="utf-8")

    @property
    def slot(self) -> datetime:
        """The slot of now."""
        return START + self.number * self.every

    def time(self, after: float) -> datetime | None:
        """What its runs are told, so many seconds into the slot; None: the machine's time."""
        return self.slot + min(timedelta(seconds=after), self.every / 2)

    def next_slot(self) -> None:
        """An interval goes by, and the page with it."""
        self.number += 1
        self.show()

    def show(self) -> None:
        """The site shows the page of this slot."""
        day = self.number // SAME_PAGE
        self.site.answers["/"] = healthy(day)
        self.known.pages[oracle.ms(self.slot)] = truth(day)

    def start(self, *arguments: str, after: float = 4, **given: int) -> Command:
        """A command of Masthead's, so many seconds into the slot."""
        at = self.time(after)
        environ = {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        words = ["--config", str(self.folder / "m.toml"), *arguments]
        self._begun += 1
        command = Command(words, Given(environ, at, **given), self.folder / f"log-{self._begun}")
        going_on = [one for one in self._under_way if one.ended(0) is None]
        self._under_way = [*going_on, command]
        return command

    def end(self) -> None:
        """End what still runs, after a test that failed."""
        for command in self._under_way:
            command.terminate()
            if command.ended(20) is None:
                command.kill()

    def heed(self, command: Command, code: int | None) -> None:
        """Keep what a run of this slot acknowledged by its exit code and its words."""
        kept = code == 5 and f"{iso(self.slot)}: {KEPT}" in command.said
        if code in (0, 3) or kept:
            self.known.acknowledge(oracle.ms(self.slot))

    def collect(self, **given: int) -> tuple[int, str]:
        """A run to its end, as from cron: its exit code and what it said."""
        command = self.start("collect", **given)
        code = command.end()
        self.heed(command, code)
        return code, command.said

    def succeed(self) -> None:
        """A run that takes its snapshot, and says nothing."""
        code, said = self.collect()
        assert (code, said) == (0, ""), said

    def recover(self) -> Iterator[Complaint]:
        """The next run, without hands; then everything that is not as it must be."""
        self.next_slot()
        ended = self.collect()
        if ended != (0, ""):
            yield "stuck", f"the next run ended with {ended}"
        if left := self.left():
            yield "stuck", f"the outbox was not emptied: {left}"
        yield from self.look()

    def left(self) -> list[str]:
        """What is in the outbox; not a draft of a killed run, which stays for a day and a bit."""
        names = [one.name for one in self.outbox.iterdir()] if self.outbox.is_dir() else []
        fresh = oracle.ms(self.slot - timedelta(hours=26))
        return [
            name
            for name in sorted(names)
            if not (name.endswith(".tmp") and int(name.partition("-")[0]) >= fresh)
        ]

    def look(self) -> Iterator[Complaint]:
        """What is wrong with the store."""
        if self.database.startswith("sqlite"):
            tables, faults = oracle.of_file(self.file)
        else:
            tables, faults = oracle.of_server(re.sub(r"\?.*", "", self.database))
        yield from faults or oracle.complaints(tables, self.known)

    def measure(self) -> None:
        """See how long the run of the next slot takes, which nothing disturbs."""
        self.next_slot()
        begun = stopwatch()
        self.succeed()
        self.seconds = stopwatch() - begun


W = TypeVar("W", bound=World)


@contextmanager
def world(kind: type[W], folder: Path, database: str | None = None) -> Iterator[W]:
    """A world whose store is made."""
    folder.mkdir(exist_ok=True)
    with serving() as site:
        made = kind(folder, site, database)
        open_store(made.database).close()
        made.show()
        made.succeed()
        try:
            yield made
        finally:
            made.end()


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    return {
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    }


def is_root() -> bool:
    """Whether this may mount, mark and become somebody else."""
    return os.geteuid() == 0
