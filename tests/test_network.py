"""Sockets, names and limits below HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import httpcore2
import pytest

from collectors.bounds import Bounds, bounded
from collectors.network import Backend, Stream
from collectors.places import Place, is_public, places_of, resolve
from data.clock import stopwatch
from data.errors import SourceError


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::6810:84e5", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("fd12:3456::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:192.168.1.1", False),
        ("::7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a01:203", False),
        ("2002:7f00:1::1", False),
        ("2002:c0a8:101::1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)
def test_public_addresses(ip: str, public: bool) -> None:
    """Loopback, private, link-local, unique-local, multicast and reserved are not public,
    also where an IPv4 address is wrapped in an IPv6 one.
    """
    assert is_public(ip) is public


def test_system_knows_its_own_name() -> None:
    """The real look-up gives loopback addresses for localhost, with the port."""
    places = resolve("localhost", 80)
    assert places
    assert all(place.address[1] == 80 and not place.public for place in places)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def place(server: socket.socket, public: bool = False) -> Place:
    """Where ``server`` listens."""
    return Place(socket.AF_INET, server.getsockname(), public)


def within(seconds: float, stop: threading.Event | None = None) -> Bounds:
    """Bounds that end ``seconds`` from now."""
    return Bounds("http://a.test/", stopwatch() + seconds, stop)


def dead_place() -> Place:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return place(server)


@pytest.fixture
def full() -> Iterator[Place]:
    """An address that neither takes a connection nor refuses it: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield place(server)
        for one in waiting:
            one.close()


def test_next_place_is_tried(listening: socket.socket, full: Place) -> None:
    """A name with several addresses is reached through the first that answers."""
    places = [dead_place(), full, place(listening)]
    backend = Backend(lambda host, port: places, public_only=False)
    with closing(backend.connect_tcp("a.test", 80, timeout=3)) as stream:
        assert not stream.get_extra_info("public")
        assert stream.get_extra_info("ssl_object") is None
    with pytest.raises(httpcore2.ConnectError, match="refused"):
        Backend(lambda host, port: [dead_place()] * 2, False).connect_tcp("a.test", 80, 1)


def test_connecting_is_bounded(full: Place) -> None:
    """An address that does not react ends at the asked limit, at the deadline, or when told to."""
    backend = Backend(lambda host, port: [full], public_only=False)
    with pytest.raises(httpcore2.ConnectTimeout):
        backend.connect_tcp("a.test", 80, timeout=0.1)
    with bounded(within(0.1)), pytest.raises(httpcore2.ConnectTimeout):
        backend.connect_tcp("a.test", 80, timeout=600)
    stop = threading.Event()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    with bounded(within(600, stop)), pytest.raises(SourceError, match="told to stop"):
        backend.connect_tcp("a.test", 80, timeout=600)
    timer.join()


def test_public_only_takes_the_public_place(listening: socket.socket) -> None:
    """Of a name's places only public ones are connected to; without any it is refused."""
    private, public = dead_place(), place(listening, public=True)
    backend = Backend(lambda host, port: [private, public], public_only=True)
    with closing(backend.connect_tcp("a.test", 80)) as stream:
        assert stream.get_extra_info("public") is True
    refused = pytest.raises(SourceError, match=r"a\.test/ redirects .* private")
    with bounded(within(5)), refused as caught:
        Backend(lambda host, port: [private], public_only=True).connect_tcp("b.test", 80)
    assert caught.value.kind == "private"


def test_looking_up_an_address_needs_no_thread() -> None:
    """An IP address is taken as it is."""
    threads: list[str] = []

    def noting(host: str, port: int) -> list[Place]:
        threads.append(threading.current_thread().name)
        return []

    for host in ("127.0.0.1", "::1", "a.test"):
        places_of(noting, host, 80, 5)
    assert threads == [threading.current_thread().name] * 2 + ["look up a.test"]


def test_writing_is_bounded(listening: socket.socket) -> None:
    """A peer that never reads ends a long request at its limit."""
    with socket.create_connection(listening.getsockname()) as near:
        stream = Stream(near, public=False)
        with bounded(within(0.3)), pytest.raises(httpcore2.WriteTimeout):
            stream.write(bytes(50 * 2**20), timeout=600)


def test_stream_knows_when_something_came(listening: socket.socket) -> None:
    """``is_readable`` tells httpcore that a kept connection was closed by the server."""
    with socket.create_connection(listening.getsockname()) as near:
        stream, far = Stream(near, public=False), listening.accept()[0]
        assert stream.get_extra_info("is_readable") is False
        far.close()
        assert stream.read(1, timeout=5) == b""
        assert stream.get_extra_info("is_readable") is True
        stream.close()
        assert stream.get_extra_info("is_readable") is True
        with pytest.raises(httpcore2.ReadError):
            stream.read(1, timeout=5)


def test_bounds_belong_to_their_thread(listening: socket.socket) -> None:
    """Two fetches in two threads do not share a deadline."""
    seen: list[bytes] = []

    def other() -> None:
        with socket.create_connection(listening.getsockname()) as near:
            far = listening.accept()[0]
            far.sendall(b"x")
            seen.append(Stream(near, public=False).read(1, timeout=5))
            far.close()

    with bounded(within(-1)):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
    assert seen == [b"x"]
