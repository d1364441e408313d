"""The word to stop: SIGTERM and Ctrl-C set an event, and what is under way comes to its end."""

import signal
import threading
from types import FrameType


def set_by_signals(stop: threading.Event) -> None:
    """Set ``stop`` at SIGTERM or SIGINT; only the main thread may ask for it."""

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
