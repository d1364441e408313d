"""Sockets that keep a promise: every wait is bounded, ends when told to, and knows its peer."""

import ipaddress
import os
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from errno import EINPROGRESS, EWOULDBLOCK
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

import httpcore2

from data.clock import stopwatch
from data.errors import SourceError

T = TypeVar("T")

SLICE: Final = 0.25
"""Seconds after which a wait looks up, to see whether it should end."""
GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


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


@dataclass(frozen=True, slots=True)
class Place:
    """One address a name stands for, as a socket takes it."""

    family: int
    address: tuple[Any, ...]
    public: bool
    """Whether anybody on the internet could ask it as well."""


Resolve = Callable[[str, int], list[Place]]


def resolve(host: str, port: int) -> list[Place]:
    """The places of a name, as the system orders them. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Place(family, address, is_public(str(address[0]))) for family, *_, address in found]


def is_public(ip: str) -> bool:
    """Whether an address is neither loopback, private, link-local, multicast nor reserved."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            return address in GLOBAL_V6 and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


class Stream(httpcore2.NetworkStream):
    """A connected socket, plain or TLS, held to the bounds of the fetch that uses it."""

    def __init__(self, connected: socket.socket, public: bool) -> None:
        self._socket = connected
        self._public = public

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What came, at most ``max_bytes``; empty at the end."""
        with _as(httpcore2.ReadTimeout, httpcore2.ReadError):
            return self._patiently(partial(self._socket.recv, max_bytes), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``."""
        rest = memoryview(buffer)
        with _as(httpcore2.WriteTimeout, httpcore2.WriteError):
            while rest:
                rest = rest[self._patiently(partial(self._socket.send, rest), timeout) :]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted; closed when the handshake fails."""
        try:
            with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                wrapped = ssl_context.wrap_socket(
                    self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
                )
                self._socket = wrapped
                self._patiently(wrapped.do_handshake, timeout)
        except BaseException:
            self._socket.close()
            raise
        return Stream(wrapped, self._public)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream, and ``public``: whether the peer's address is."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return self._socket.fileno() < 0 or _ready(self._socket, selectors.EVENT_READ, 0)
        return {"public": self._public, "socket": self._socket}.get(info)

    def _patiently(self, act: Callable[[], T], timeout: float | None) -> T:
        for pause in _bounds.get().slices(timeout):
            self._socket.settimeout(pause)
            with suppress(TimeoutError):
                return act()
        raise TimeoutError


class Backend(httpcore2.NetworkBackend):
    """Connects for httpcore; where ``public_only``, to no private address, whatever its name.

    The check is on the very address that is connected to: a name that changes its address
    between two look-ups gains nothing.
    """

    def __init__(self, resolve: Resolve, public_only: bool) -> None:
        self._resolve = resolve
        self._public_only = public_only

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first of the name's places that takes it; TCP_NODELAY is set."""
        end = stopwatch() + (float("inf") if timeout is None else timeout)
        with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            places = self._allowed(host, _places(self._resolve, host, port, timeout))
            for left in range(len(places), 1, -1):
                with suppress(OSError):
                    # A dead place must leave time for the others.
                    return _connect(places[-left], (end - stopwatch()) / left)
            return _connect(places[-1], end - stopwatch())

    def _allowed(self, host: str, places: list[Place]) -> list[Place]:
        if not places:
            raise OSError(f"{host} has no address")
        allowed = [place for place in places if place.public or not self._public_only]
        if not allowed:
            raise SourceError(
                f"{_bounds.get().url} redirects from the internet to {host}, which is the private"
                f" address {places[0].address[0]}: that is not followed.",
                kind="private",
            )
        return allowed


def _places(resolve: Resolve, host: str, port: int, timeout: float | None) -> list[Place]:
    """A look-up cannot be interrupted, so it is made in a thread that may be left behind."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return resolve(host, port)
    answers: SimpleQueue[list[Place] | OSError | UnicodeError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    for pause in _bounds.get().slices(timeout):
        with suppress(Empty):
            answer = answers.get(timeout=pause)
            if isinstance(answer, list):
                return answer
            raise OSError(f"{host} is no known name") from answer
    raise TimeoutError


def _connect(place: Place, timeout: float) -> Stream:
    made = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _succeed(made.connect_ex(place.address), EINPROGRESS, EWOULDBLOCK)
        waits = _bounds.get().slices(timeout)
        if not any(_ready(made, selectors.EVENT_WRITE, pause) for pause in waits):
            raise TimeoutError
        _succeed(made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    except BaseException:
        made.close()
        raise
    return Stream(made, place.public)


def _succeed(code: int, *pending: int) -> None:
    if code and code not in pending:
        raise OSError(code, os.strerror(code))


def _ready(connection: socket.socket, event: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, event)
        return bool(selector.select(seconds))


@contextmanager
def _as(timeout: type[Exception], failure: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise timeout from None
    except OSError as error:
        raise failure(error.strerror or str(error)) from error
