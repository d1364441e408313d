"""Clients that take their time: they say little, slowly or nothing, and read as slowly."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

TICK_S: Final = 0.05
SMALL: Final = 2_048
"""Bytes of a receive buffer in which next to nothing waits."""

Client = tuple[bytes, bytes, int, bool]
"""What it sends at once, then at each tick; how many bytes it reads at each; whether it has
said all that it will."""


def kinds(large: str) -> dict[str, Client]:
    """Every kind by its name; ``large`` is the address of an answer that fills all buffers."""
    begin, whole = b"GET / HTTP/1.1\r\nHost: localhost\r\n", f"GET {large} HTTP/1.1\r\n".encode()
    whole += b"Host: localhost\r\n\r\n"
    health = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return {
        "says nothing": (b"", b"", 0, False),
        "drips its head": (begin + b"X: ", b"a", 0, False),
        "drips its body": (b"POST" + begin[3:] + b"Content-Length: 5000\r\n\r\n", b"a", 0, False),
        "hides its length": (
            b"POST" + begin[3:] + b"Content-Length: " + b"0" * 18 + b"5000\r\n\r\n",
            b"a",
            0,
            False,
        ),
        "drips a chunk": (begin + b"Content-Length: 5000\r\n\r\n5", b"", 0, False),
        "reads slowly": (whole, b"", 1, False),
        "never reads": (whole, b"", 0, False),
        "ends half-way": (begin, b"", 0, True),
        "ends after asking": (whole, b"", 0, True),
        "keeps its connection": (health, b"", 1 << 20, False),
        "asks one and a half": (health + begin, b"", 1 << 20, False),
    }


@contextmanager
def crowd(port: int, large: str, each: int) -> Iterator[Callable[[], set[str]]]:
    """``each`` of every kind at once, until the end; gives who has noticed that it was cut off."""
    clients = [
        (name, client, _connected(port, client))
        for name, client in kinds(large).items()
        for _ in range(each)
    ]
    gone: dict[socket.socket, str] = {}
    stop = Event()

    def live() -> None:
        while not stop.wait(TICK_S):
            for name, client, connection in clients:
                if connection not in gone and not _goes_on(connection, client):
                    gone[connection] = name

    thread = Thread(target=live)
    thread.start()
    try:
        yield lambda: set(gone.values())
    finally:
        stop.set()
        thread.join()
        for _, _, connection in clients:
            connection.close()


def unread(port: int) -> socket.socket:
    """A connection that takes next to nothing before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    connection.connect(("127.0.0.1", port))
    return connection


def _connected(port: int, client: Client) -> socket.socket:
    connection = unread(port)
    connection.sendall(client[0])
    if client[3]:
        connection.shutdown(socket.SHUT_WR)
    connection.setblocking(False)
    return connection


def _goes_on(connection: socket.socket, client: Client) -> bool:
    _, drop, size, _ = client
    try:
        if drop:
            connection.send(drop)
        if size:
            return connection.recv(size) != b""
        return not drop or connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
