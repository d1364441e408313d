"""The limits of one fetch: how long every wait may last, and when it should end at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from data.clock import stopwatch
from data.errors import SourceError

SLICE: Final = 0.25
"""Seconds after which a wait looks up, to see whether it should end."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one fetch may take; ``url`` (fit to be shown) is named when it is cut short."""

    url: str
    deadline: float
    """A moment of the stopwatch."""
    stop: threading.Event | None = None

    def slices(self, timeout: float | None) -> Iterator[float]:
        """How long to wait next (seconds), again and again until ``timeout`` or the deadline.

        Raises SourceError as soon as the fetch was told to stop.
        """
        end = self.deadline if timeout is None else min(self.deadline, stopwatch() + timeout)
        while (left := end - stopwatch()) > 0:
            self.check()
            yield min(left, SLICE)

    def check(self) -> None:
        """Raises SourceError when the fetch was told to stop."""
        if self.stop is not None and self.stop.is_set():
            raise SourceError(
                f"{self.url} was given up because Masthead was told to stop.", kind="stopped"
            )


_UNBOUNDED: Final = Bounds("", float("inf"))
_bounds: ContextVar[Bounds] = ContextVar("bounds", default=_UNBOUNDED)


@contextmanager
def bounded(bounds: Bounds) -> Iterator[None]:
    """Holds all network waits of this thread to ``bounds``, whatever httpcore asks for.

    Its own limits start again with every byte, so a dripping server would never meet them.
    """
    token = _bounds.set(bounds)
    try:
        yield
    finally:
        _bounds.reset(token)


def bounds() -> Bounds:
    """Those this thread is held to."""
    return _bounds.get()
