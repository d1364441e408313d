"""What a piece of work costs in a process of its own: seconds of its own work, and memory."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What it took, and what came of it."""

    seconds: float
    mebibytes: float
    """By which the process grew at most."""
    said: str


def cost(work: Callable[[Path], str], folder: Path) -> Cost:
    """What ``work`` costs, a function of a module, with a folder to work in."""
    mine, theirs = _context().Pipe(duplex=False)
    process = _context().Process(target=_measure, args=(work, folder, theirs))
    process.start()
    theirs.close()
    try:
        found: Cost = mine.recv()
        return found
    finally:
        process.join(60)
        mine.close()


def _measure(work: Callable[[Path], str], folder: Path, back: Connection) -> None:
    began, size = time.process_time(), _size()
    said = work(folder)
    back.send(Cost(time.process_time() - began, (_size() - size) / 2**10, said))


def _size() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@cache
def _context() -> ForkServerContext:
    """A process that has loaded everything and forks one for each piece of work."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.hostile.bombs"])
    return context
