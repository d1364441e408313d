"""Sockets that keep a promise: every wait is bounded, ends when told to, and knows its peer."""

import os
import selectors
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EINPROGRESS, EWOULDBLOCK
from functools import partial
from typing import Any, TypeVar

import httpcore2

from collectors.bounds import bounds
from collectors.places import Place, Resolve, places_of
from data.clock import stopwatch
from data.errors import SourceError

T = TypeVar("T")


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
        for pause in bounds().slices(timeout):
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
            places = self._allowed(host, places_of(self._resolve, host, port, timeout))
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
                f"{bounds().url} redirects from the internet to {host}, which is the private"
                f" address {places[0].address[0]}: that is not followed.",
                kind="private",
            )
        return allowed


def _connect(place: Place, timeout: float) -> Stream:
    made = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _succeed(made.connect_ex(place.address), EINPROGRESS, EWOULDBLOCK)
        waits = bounds().slices(timeout)
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
