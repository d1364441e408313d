"""What long work tells of itself: a progress bar on a terminal, and one line at its end."""

from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from data.captures import CaptureOutcome

TOLD: Final[tuple[CaptureOutcome, ...]] = ("read", "partial", "empty", "no header", "failed")
"""Outcomes of captures that were looked at, in the order they are told."""


@dataclass(slots=True)
class Tally:
    """What became of a backfill so far."""

    counts: Counter[CaptureOutcome] = field(default_factory=Counter)
    found: int = 0
    """Captures that were not known before."""
    other_site: int = 0
    given_up: int = 0
    problems: list[str] = field(default_factory=list)
    """What could not be listed or fetched, one sentence each."""
    stopped: int | None = None
    """The signal that ended it early."""

    @property
    def exit_code(self) -> int:
        """0 done · 3 something failed or is suspect · 4 nothing came of it · 128 + the signal."""
        if self.stopped is not None:
            return 128 + self.stopped
        bad = self.problems or self.counts["failed"]
        if bad and not sum(self.counts[one] for one in TOLD if one != "failed"):
            return 4
        return 3 if bad or self.counts["partial"] else 0

    @property
    def sentence(self) -> str:
        """One line for a person."""
        looked = [f"{self.counts[one]} {one}" for one in TOLD if self.counts[one] or one == "read"]
        more = [
            (self.counts["covered"], "covered by snapshots"),
            (self.counts["thinned"], "not needed"),
            (self.other_site, "of other sites"),
            (self.given_up, "given up"),
        ]
        told = [*looked, *(f"{number} {words}" for number, words in more if number)]
        line = f"{self.found} captures new; {', '.join(told)}"
        if self.stopped is not None:
            line += "; stopped, the same command goes on"
        return ". ".join([line, *(one.rstrip(".") for one in self.problems)])


class Bar:
    """A progress bar on stderr, or nothing where nobody would see it."""

    def __init__(self, shown: bool, first: str) -> None:
        self._bar: Any = None
        if shown:
            self._bar = _bar()
            self._task = self._bar.add_task(first, total=None, counts="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, **changes: Any) -> None:
        """Show the changes."""
        if self._bar is not None:
            self._bar.update(self._task, **changes)


class Steps(Bar):
    """What is told of work in steps, each of a known size."""

    def begin(self, what: str, total: int) -> None:
        """A step begins, over so many rows or pages."""
        self.update(description=what, total=total, completed=0)

    def advance(self, more: int) -> None:
        """So many of it more are done."""
        self.update(advance=more)

    def reach(self, done: int, total: int) -> None:
        """So many of it are done, of how many."""
        self.update(completed=done, total=total)


class Meter(Bar):
    """What a backfill tells while it works."""

    def __init__(self, tally: Tally, shown: bool) -> None:
        super().__init__(shown, "listing")
        self.tally = tally

    def listed(self, where: str) -> None:
        """A part of an index was listed."""
        self.update(description=f"listing {where}", counts=f"{self.tally.found} captures new")

    def begin(self, spans: int) -> None:
        """Reading begins; there are so many spans to serve."""
        self.update(description="reading", total=spans, completed=0, counts=self._counts())

    def advance(self, spans: int) -> None:
        """So many spans more are served, or hold nothing."""
        self.update(advance=spans, counts=self._counts())

    def _counts(self) -> str:
        counts = self.tally.counts
        wanted: tuple[CaptureOutcome, ...] = ("read", "empty", "no header", "failed")
        return " · ".join(
            f"{counts[one] + (counts['partial'] if one == 'read' else 0)} {one}" for one in wanted
        )


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    )
