"""The runs of this process in the journal: written down when they begin and when they end."""

import logging
import os
import socket
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from data import journal, outbox
from data.errors import StoreError
from data.model import Page, Run, Snapshot, iso
from data.store import Store
from data.waiting import Waiting

SHORTEST: Final = timedelta(minutes=1)
"""A run on another host is believed to be under way at least so long."""

log: Final = logging.getLogger("masthead")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run under way: its row's number, None where the store was away."""

    run: Run
    every: timedelta
    number: int | None
    away: StoreError | None = None
    """Why the store did not take its beginning, though it was there to ask."""


class Attempts:
    """What this process has begun and not ended; several threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.outbox = folder
        self._open: dict[tuple[str, datetime], Attempt] = {}
        self._lock = threading.Lock()

    def begin(
        self, store: Store | None, source: str, slot: datetime, at: datetime, every: timedelta
    ) -> Attempt:
        """Write down that a run begins; never raises."""
        run = Run(source, slot, at, host=socket.gethostname(), pid=os.getpid())
        # Known before it is written down: a stop may come while a busy store is waited for.
        waiting, number = self._open_one(Attempt(run, every, None)), None
        away = None
        try:
            if store is not None:
                self._close_killed(store, source, at, every)
                number, run = journal.start(store, run)
        except StoreError as error:
            away = error
        if number is None:
            self._put(run, every)
        self._forget(waiting)
        return self._open_one(Attempt(run, every, number, away))

    def end(self, store: Store | None, attempt: Attempt, run: Run) -> bool:
        """Write down what became of it; whether the store took it; never raises."""
        self._forget(attempt)
        try:
            if store is None or attempt.number is None:
                raise StoreError("The store was away when the run began.")
            journal.finish(store, attempt.number, run)
            return True
        except StoreError:
            self._put(run, attempt.every)
            return False

    def bridge(self, attempt: Attempt, run: Run, snapshot: Snapshot, page: Page | None) -> None:
        """Keep the run and its snapshot for a store that is away. Raises StoreError."""
        outbox.put(self.outbox, Waiting(run, attempt.every, snapshot, page))
        self._forget(attempt)

    def abandon(self, store: Store | None, at: datetime) -> None:
        """Close what is still under way, before the process ends; never raises.

        A store that did not take one is not waited for again.
        """
        with self._lock:
            left = list(self._open.values())
        for attempt in left:
            message = "Masthead was stopped in the middle of the run."
            run = replace(attempt.run, outcome="failed", error_kind="stopped", message=message)
            if not self.end(store, attempt, replace(run, ended_at=at)):
                store = None

    def under_way(self, run: Run, every: timedelta, at: datetime) -> bool:
        """Whether a run without an outcome may still come to its end.

        A run never outlives its interval; on this host its process must be alive as well.
        """
        if at - run.started_at > max(every, SHORTEST):
            return False
        if run.host != socket.gethostname() or run.pid is None:
            return True
        if run.pid == os.getpid():
            return (run.source, run.started_at) in self._open
        return _is_alive(run.pid)

    def _close_killed(self, store: Store, source: str, at: datetime, every: timedelta) -> None:
        for number, run in journal.unfinished(store, source):
            if not self.under_way(run, every, at):
                message = f"The process ended without a word; the run was closed at {iso(at)}."
                run = replace(run, outcome="failed", error_kind=journal.KILLED, message=message)
                journal.finish(store, number, replace(run, ended_at=at))

    def _open_one(self, attempt: Attempt) -> Attempt:
        with self._lock:
            self._open[attempt.run.source, attempt.run.started_at] = attempt
        return attempt

    def _put(self, run: Run, every: timedelta) -> None:
        try:
            outbox.put(self.outbox, Waiting(run, every))
        except StoreError as error:
            log.debug("not journalled: %s", error)

    def _forget(self, attempt: Attempt) -> None:
        with self._lock:
            self._open.pop((attempt.run.source, attempt.run.started_at), None)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
