"""Masthead's command line in a process that is there in milliseconds, so that a kill hits work."""

import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import masthead

LOADED = [
    *("masthead", "collectors.runner", "collectors.once", "collectors.schedule"),
    "collectors.tell",
    *("data.postgres", "data.migrations.run", "data.moving", "data.backup", "data.imports"),
    *("data.export", "data.soundness", "typer", "rich.table", "encodings.idna", __name__),
]
"""What there is already: also for who may not read the files of Python itself."""


@dataclass(frozen=True)
class Given:
    """What a process begins with."""

    environ: Mapping[str, str]
    at: datetime | None = None
    """The time at which its clock stands; None: the machine's clock."""
    files: int | None = None
    """How many descriptors it may hold."""
    user: int | None = None
    """Who it is, for what root may do and others may not."""


class Command:
    """A command under way; what it says goes into a file."""

    def __init__(self, arguments: list[str], given: Given, log: Path) -> None:
        self._log = log
        log.write_bytes(b"")
        self._process = _context().Process(target=_main, args=(arguments, given, str(log)))
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def said(self) -> str:
        """What it printed so far, errors included."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ended(self, seconds: float) -> int | None:
        """Its exit code; None when it goes on after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode

    def end(self) -> int:
        """Its exit code; fails when it does not end within a minute."""
        code = self.ended(60)
        if code is None:
            self.kill()
        assert code is not None, f"it does not end: {self.said}"
        return code

    def kill(self) -> None:
        """Kill it where it is."""
        self._process.kill()
        self._process.join()

    def terminate(self) -> None:
        """Tell it to stop."""
        self._process.terminate()


@cache
def _context() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context


def _main(arguments: list[str], given: Given, log: str) -> None:
    with Path(log).open("ab", buffering=0) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    os.environ.update(given.environ)
    if given.at is not None:
        at = given.at
        vars(masthead)["now"] = lambda: at
    if given.user is not None:
        # Another test may have started the server that forks, without these.
        for name in LOADED:
            import_module(name)
        os.setgroups([])
        os.setgid(given.user)
        os.setuid(given.user)
    sys.argv = ["masthead", *arguments]
    if given.files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (given.files, given.files))
    masthead.main()
