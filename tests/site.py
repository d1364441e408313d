"""A real HTTP server on 127.0.0.1 that stands in for a source; its moods are in tests/moods.py."""

import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Speak = Callable[[BaseHTTPRequestHandler, threading.Event], None]
"""Takes a connection over, until done or the event (the site closes) is set."""


@dataclass
class Answer:
    """What the server says: after ``hold`` is set, where there is one."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"}
    )
    hold: threading.Event | None = None
    speak: Speak | None = None
    """Says it in its own way; the fields above but ``hold`` are its own matter."""

    def give(self, handler: BaseHTTPRequestHandler, closing: threading.Event) -> None:
        """The answer in its own way, once nothing holds it any more."""
        if self.hold is not None:
            while not self.hold.wait(0.1) and not closing.is_set():
                pass
        if self.speak is not None:
            self.speak(handler, closing)
        else:
            self.send(handler)

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        """The whole answer, as a well-behaved server gives it."""
        handler.send_response(self.status)
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.body)


class Server(ThreadingHTTPServer):
    """Takes a thousand callers at once, and does not mind when one hangs up."""

    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong, unless the client only left."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class Site:
    """Answers by path, and remembers the requests it got."""

    def __init__(self, protocol: str = "HTTP/1.0", tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            protocol_version = protocol

            def do_GET(self) -> None:
                """Answer as told."""
                site.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                answer = site.answers.get(self.path, Answer(b"nothing here", 404))
                answer.give(self, site.closing)

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self._scheme = "https" if tls else "http"
        if tls is not None:
            self.server.socket = tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def url(self) -> str:
        """The address of the root page."""
        return f"{self._scheme}://127.0.0.1:{self.port}/"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server.server_address[1])

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for path, _ in self.requests]


@contextmanager
def serving(protocol: str = "HTTP/1.0", tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A running site; with ``HTTP/1.1`` it keeps connections."""
    site = Site(protocol, tls)
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        site.server.shutdown()
        site.server.server_close()
        thread.join()
