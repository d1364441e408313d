"""Keeps child processes running: starts them, restarts the dead, stops them together."""

import logging
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.stop import set_by_signals
from data.clock import stopwatch

USAGE: Final = 2
"""A child that ends so will not do better a second time."""
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""A child that lived so long starts over with the first pause."""
STOP_S: Final = 10.0
TICK_S: Final = 0.1

log: Final = logging.getLogger("masthead")


@dataclass(slots=True)
class Child:
    """One process and when it may start again."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S
    due: float = field(default=0.0)

    def tend(self, now: float) -> int | None:
        """Start it when due, note its death; the exit code that ends everything, if it is one."""
        if self.process is None:
            if now >= self.due:
                self._start(now)
            return None
        code = self.process.poll()
        if code is None:
            return None
        if code == USAGE:
            return code
        self.pause = FIRST_PAUSE_S if now - self.started > STEADY_S else self.pause
        self._rest(now, f"ended with {code}")
        return None

    def _start(self, now: float) -> None:
        try:
            self.process, self.started = subprocess.Popen(self.command, env=self.environ), now
        except OSError as error:
            # A machine without memory for a process has some again later.
            self._rest(now, f"cannot be started ({error.strerror})")

    def _rest(self, now: float, why: str) -> None:
        log.warning("the %s %s, it starts again in %g s", self.name, why, self.pause)
        self.process, self.due = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE_S)


def keep_running(
    commands: Mapping[str, Sequence[str]], environ: Mapping[str, str] | None = None
) -> int:
    """Run the commands until SIGINT or SIGTERM (0), or until one cannot be used (its code).

    In ``environ``, or in this process's own environment.
    """
    stop = threading.Event()
    set_by_signals(stop)
    children = [Child(name, command, environ) for name, command in commands.items()]
    try:
        while not stop.wait(TICK_S):
            codes = [child.tend(stopwatch()) for child in children]
            for code in codes:
                if code is not None:
                    return code
        return 0
    finally:
        _stop([child.process for child in children if child.process is not None])


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = stopwatch() + STOP_S
    for process in processes:
        try:
            process.wait(max(0.0, deadline - stopwatch()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
