"""Waiting for what another thread or process does."""

import threading
from collections.abc import Callable

from data.clock import stopwatch


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until ``holds()``, at most ``seconds``; fails when it never does."""
    deadline, tick = stopwatch() + seconds, threading.Event()
    while not holds():
        assert stopwatch() < deadline, f"it did not happen within {seconds} s"
        tick.wait(0.02)
