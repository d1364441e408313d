"""Real receivers of alerts on 127.0.0.1: a mail server, and an HTTP server that takes JSON."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.postgres import free_port
from tests.site import Server


@dataclass
class Hook:
    """An HTTP receiver: what it got, and what it answers."""

    port: int
    got: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    """How often it was asked to take something."""
    status: int = 200
    location: str = ""
    """Where it sends those who ask, with a status that says so."""
    hold: threading.Event | None = None
    """It answers only when this is set."""

    @property
    def address(self) -> str:
        """Its address for Apprise."""
        return f"json://me:s3cret@127.0.0.1:{self.port}/t0ken"

    @property
    def texts(self) -> list[str]:
        """What it was told, oldest first."""
        return [one["message"] for one in self.got]


@contextmanager
def hook() -> Iterator[Hook]:
    """A running HTTP receiver."""

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_POST(self) -> None:
            """Keep what came, answer as told."""
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.asked += 1
            if receiver.hold is not None:
                receiver.hold.wait(60)
            if receiver.status == 200:
                receiver.got.append(body)
            self.send_response(receiver.status)
            self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Stay quiet."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver = Hook(int(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        if receiver.hold is not None:
            receiver.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """A mail server's one mailbox."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)
    full: bool = False
    """It takes no more."""

    @property
    def address(self) -> str:
        """Its address for Apprise."""
        return f"mailto://127.0.0.1:{self.port}?from=masthead@example.org&to=me@example.org"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail."""
        if self.full:
            return "452 The mailbox is full"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.got.append(mail)
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A running mail server."""
    receiver = Mailbox(free_port())
    controller = Controller(receiver, hostname="127.0.0.1", port=receiver.port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
