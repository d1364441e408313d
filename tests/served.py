"""The page served in a process of its own; its modules are loaded once for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from socket import socket
from typing import Any

from dashboard.server import listen, run
from data.settings import Settings


@contextmanager
def served(database: str, **given: Any) -> Iterator[str]:
    """The address of the page over ``database``; ends with the process, whose end is checked.

    The socket listens before the process is there to answer. Other settings may be ``given``.
    """
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        process = _context().Process(
            target=_serve, args=(Settings(database=database, **given), listener)
        )
        process.start()
        try:
            yield f"http://{host}:{port}"
        finally:
            process.terminate()
            process.join(20)
    assert process.exitcode == 0


def _serve(settings: Settings, listener: socket) -> None:
    run(settings, listener, workers=1)


@cache
def _context() -> ForkServerContext:
    """A process that has loaded everything and forks one for each server."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["dashboard.app", "dashboard.server", __name__])
    return context
