"""One look at each source, as a command asks for it."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from collectors.jobs import Job, jobs, saved_page
from collectors.result import Result
from collectors.runner import Runner
from collectors.stop import set_by_signals
from data.clock import Clock
from data.errors import UsageError
from data.model import Page
from data.settings import Settings
from data.times import moment


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at, and how."""

    sources: tuple[str, ...] = ()
    """All configured ones, unsaid."""
    refresh: bool = False
    """Though the slot has its snapshot."""
    from_file: Path | None = None
    """A saved page instead of the site; ``-`` is stdin."""
    at: str | None = None
    """When that page was taken."""
    url: str | None = None
    dry_run: bool = False


def once(
    settings: Settings, asked: Asked, clock: Clock, heard: Callable[[Result], None]
) -> tuple[int, list[str]]:
    """Take the snapshots and hand on each result as it comes.

    The worst exit code, and a line for each alert that could not be told. Raises UsageError.
    """
    wanted = jobs(settings, asked.sources, asked.url)
    page = _page(wanted, asked, clock())
    runner = Runner(settings, clock, dry_run=asked.dry_run, refresh=asked.refresh)
    set_by_signals(runner.stop)
    results = []
    for result in runner.run_all(wanted) if len(wanted) > 1 else [runner.run(wanted[0], page)]:
        results.append(result)
        heard(result)
    return max(result.exit_code for result in results), runner.tell(results)


def _page(wanted: list[Job], asked: Asked, now: datetime) -> Page | None:
    if asked.from_file is None:
        if asked.at is not None:
            raise UsageError("--at says when a saved page was taken: it goes with --from-file.")
        return None
    if len(wanted) != 1:
        raise UsageError("--from-file is a page of one source: name the source.")
    taken_at = None if asked.at is None else moment(asked.at, now)
    with _input(asked.from_file) as file:
        return saved_page(wanted[0], file, str(asked.from_file), taken_at, now)


def _input(path: Path) -> AbstractContextManager[BinaryIO]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
