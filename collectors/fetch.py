"""The only HTTP: one polite, bounded GET."""

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.metadata import version
from typing import Final
from urllib.parse import quote

from collectors.bounds import Bounds, bounded
from collectors.exchange import Exchange, shown
from collectors.retry import FIRST_REST, Patience
from collectors.terms import Answer, Asked, Validators
from collectors.transport import Client
from collectors.transport import client as new_client
from data.clock import Clock, stopwatch

__all__ = [
    "MAX_BYTES",
    "Answer",
    "Asked",
    "Client",
    "Validators",
    "get",
    "get_part",
    "get_start",
    "new_client",
    "shown",
    "user_agent",
]

MAX_BYTES: Final = 10 * 2**20
"""Of a body, after decompression."""
PLAIN: Final = " !#$%&'()*+,/:;=?@[]"
"""What may stand in a contact as it is, beside letters, digits and ``_.-~``."""


def user_agent(contact: str) -> str:
    """Who asks: the program, its version and whom to write to (setting ``contact``)."""
    name = f"masthead/{version('masthead')}"
    # A header takes ASCII alone, and no line break.
    return f"{name} (+{quote(contact, safe=PLAIN)})" if contact else name


def get(
    asked: Asked,
    clock: Clock,
    stop: threading.Event | None = None,
    client: Client | None = None,
) -> Answer:
    """The page at an address, or that it is not modified; at most MAX_BYTES, without cookies.

    Passing failures (:mod:`collectors.retry`) are tried again within ``asked.limit``; setting
    ``stop`` ends it at once. A ``client`` (see :func:`new_client`) keeps connections between
    calls. Raises SourceError, whose kind is one of: address, content, empty, network, private,
    redirect, size, status, stopped, timeout, wait.
    """
    return _run(asked, clock, stop, client, MAX_BYTES, whole=True)


def get_start(
    asked: Asked,
    clock: Clock,
    most: int,
    stop: threading.Event | None = None,
    client: Client | None = None,
) -> Answer:
    """As :func:`get`, but of any type, maybe empty, and cut after ``most`` bytes."""
    return _run(asked, clock, stop, client, most, whole=False)


def get_part(
    asked: Asked,
    clock: Clock,
    start: int,
    length: int,
    stop: threading.Event | None = None,
    client: Client | None = None,
) -> Answer:
    """The ``length`` bytes from ``start`` on, of any type; fewer where the whole ends earlier.

    A server that answers with the whole instead (200) is refused.
    """
    return _run(asked, clock, stop, client, length, whole=False, part_from=start)


def _run(
    asked: Asked,
    clock: Clock,
    stop: threading.Event | None,
    given: Client | None,
    most: int,
    whole: bool,
    part_from: int | None = None,
) -> Answer:
    seconds = asked.limit.total_seconds()
    bounds = Bounds(shown(asked.url), stopwatch() + seconds, stop)
    # Three attempts must have a chance within any limit.
    patience = Patience(bounds, min(FIRST_REST, seconds / 60), asked.attempts)
    using: AbstractContextManager[Client] = new_client() if given is None else nullcontext(given)
    with bounded(bounds), using as connections:
        call = Exchange(asked, clock, bounds, connections, most, whole, part_from)
        answer = patience.run(call.once)
    return replace(answer, attempts=patience.attempts)
