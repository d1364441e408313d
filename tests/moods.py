"""The site in all its moods: one function a mood, each an Answer for ``Site.answers``."""

import gzip
import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Lock

from tests.pages import page
from tests.site import Answer

FIXTURES = Path(__file__).parent / "fixtures" / "dapp_expert"
HTML = "text/html; charset=utf-8"


def in_turn(*answers: Answer) -> Answer:
    """Each answer once, in order, and the last for ever."""
    lock, left = Lock(), list(answers)

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        with lock:
            answer = left.pop(0) if len(left) > 1 else left[0]
        answer.give(handler, closing)

    return Answer(speak=speak)


def slow() -> Answer:
    """Says nothing until its ``hold`` is set."""
    return Answer(page(), hold=Event())


def _drip(parts: Iterable[bytes], handler: BaseHTTPRequestHandler, closing: Event) -> None:
    for part in parts:
        handler.wfile.write(part)
        if closing.wait(0.02):
            return


def dripping_headers() -> Answer:
    """Sends one header after the other and never comes to the body."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        _drip((b"X-%d: y\r\n" % number for number in range(10**6)), handler, closing)

    return Answer(speak=speak)


def dripping_body() -> Answer:
    """Sends its page one byte at a time."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        body = page() * 1000
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        _drip((bytes([byte]) for byte in body), handler, closing)

    return Answer(speak=speak)


def failing(status: int = 500) -> Answer:
    """Is broken."""
    return Answer(b"<h1>Something went wrong</h1>", status)


def busy(wait: str, status: int = 429) -> Answer:
    """Wants not to be asked for a while: ``wait`` is its Retry-After."""
    return Answer(b"<h1>Not now</h1>", status, {"Content-Type": HTML, "Retry-After": wait})


def _reset(handler: BaseHTTPRequestHandler) -> None:
    # Lingering 0 s means RST instead of FIN; detached, since the server would say FIN first.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def resetting() -> Answer:
    """Resets the connection before it says anything."""
    return Answer(speak=lambda handler, closing: _reset(handler))


def resetting_within() -> Answer:
    """Resets the connection in the middle of the body."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
        _reset(handler)

    return Answer(speak=speak)


def short(length: int = 10**6) -> Answer:
    """Promises more bytes than it sends."""
    return Answer(page(), headers={"Content-Type": HTML, "Content-Length": str(length)})


def cut_gzip() -> Answer:
    """Sends half of a compressed page, and says nothing of the length."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        packed = gzip.compress(page())
        handler.wfile.write(packed[: len(packed) // 2])

    return Answer(speak=speak)


@dataclass(frozen=True)
class Anew:
    """Parts that begin anew for every request."""

    make: Callable[[], Iterator[bytes]]

    def __iter__(self) -> Iterator[bytes]:
        """From the beginning."""
        return self.make()


def zeros(size: int, wbits: int = zlib.MAX_WBITS | 16) -> Anew:
    """``size`` zero bytes compressed, made as they are asked for."""
    return Anew(partial(_zeros, size, wbits))


def _zeros(size: int, wbits: int) -> Iterator[bytes]:
    unit = zlib.compressobj(9, zlib.DEFLATED, wbits)
    for _ in range(size // 2**20):
        yield unit.compress(bytes(2**20))
    yield unit.flush()


def twice(parts: Iterable[bytes]) -> Anew:
    """Compressed once more."""
    return Anew(partial(_twice, parts))


def _twice(parts: Iterable[bytes]) -> Iterator[bytes]:
    unit = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for part in parts:
        yield unit.compress(part)
    yield unit.flush()


def bomb(parts: Iterable[bytes], encoding: str = "gzip") -> Answer:
    """Sends compressed ``parts`` as long as anybody listens."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        header = f"HTTP/1.0 200 OK\r\nContent-Type: {HTML}\r\nContent-Encoding: {encoding}\r\n\r\n"
        handler.wfile.write(header.encode())
        for part in parts:
            handler.wfile.write(part)

    return Answer(speak=speak)


def moved(target: str, status: int = 302) -> Answer:
    """Sends to ``target`` (to itself: for ever)."""
    return Answer(status=status, headers={"Location": target})


def mobile_empty() -> Answer:
    """The page without its figures, as phones get it."""
    return Answer((FIXTURES / "mobile.html").read_bytes())


def redesign() -> Answer:
    """The figures in a description list."""
    return Answer((FIXTURES / "redesign_dl.html").read_bytes())


def outage() -> Answer:
    """Status 200, but no article and no figures."""
    return Answer((FIXTURES / "outage.html").read_bytes())


def remembering(etag: str | None, last_modified: str | None = None) -> Answer:
    """The page with validators, and 304 to whoever brings one of them."""
    known = {"ETag": etag, "Last-Modified": last_modified}
    headers = {name: value for name, value in known.items() if value is not None}

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        brought = {handler.headers["If-None-Match"], handler.headers["If-Modified-Since"]}
        if (brought - {None}) & set(headers.values()):
            handler.send_response(304)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
        else:
            Answer(page(), headers={"Content-Type": HTML, **headers}).send(handler)

    return Answer(speak=speak)


def no_page(kind: str = "image/png", body: bytes = b"\x89PNG\r\n\x1a\n") -> Answer:
    """Status 200, but an image (or another ``kind``)."""
    return Answer(body, headers={"Content-Type": kind})
