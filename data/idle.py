"""Connections that are used again: each for one transaction at a time, then it waits for more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar


class Closable(Protocol):
    """A driver's connection."""

    def close(self) -> None:
        """End it."""


Raw = TypeVar("Raw", bound=Closable)
KEPT: Final = 8
"""Connections kept for the next transaction."""


class Idle(Generic[Raw]):
    """Opens a connection where none waits; safe to use from several threads."""

    def __init__(self, opened: Callable[[], Raw]) -> None:
        self._opened = opened
        self._lock = Lock()
        self._busy = 0
        self._closings = 0
        self._waiting: list[Raw] = []

    def __del__(self) -> None:
        # Whoever forgets a store leaves no connection open.
        self.close()

    @property
    def busy(self) -> int:
        """How many connections are in use."""
        return self._busy

    @contextmanager
    def use(
        self,
        begin: Callable[[Raw], object],
        usable: Callable[[Raw], bool] = lambda _: True,
        gone: tuple[type[Exception], ...] = (),
    ) -> Iterator[Raw]:
        """A connection on which ``begin`` went well; it waits again afterwards if ``usable``.

        Where a connection that waited raises one of ``gone``, its server went away since: those
        that waited with it are closed, and a new one begins.
        """
        with self._lock:
            raw = self._waiting.pop() if self._waiting else None
            self._busy += 1
            closings = self._closings
        try:
            if raw is not None:
                try:
                    begin(raw)
                except gone:
                    raw.close()
                    self.close()
                    closings, raw = self._closings, None
            if raw is None:
                raw = self._opened()
                begin(raw)
            yield raw
        finally:
            with self._lock:
                self._busy -= 1
                wanted = closings == self._closings and len(self._waiting) < KEPT
                kept = raw is not None and wanted and usable(raw)
                if kept and raw is not None:
                    self._waiting.append(raw)
            if raw is not None and not kept:
                raw.close()

    def close(self) -> None:
        """Close the connections that wait, and each one in use when its transaction has ended."""
        with self._lock:
            self._closings += 1
            waiting, self._waiting = self._waiting, []
        for raw in waiting:
            raw.close()
