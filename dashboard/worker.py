"""A gunicorn worker whose threads wait for no client: one loop reads requests, sends the rest.

gunicorn's own hands a connection to a thread with its first byte: as many clients that send a
request byte by byte, or do not read their answer, as there are threads, and nobody else is served.
"""

import errno
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from dashboard import heads
from dashboard.guesses import network
from dashboard.patient import Patient
from data.clock import stopwatch

FIRST_S: Final = 10.0
"""How long a client may take for one whole request, from the first moment on."""
IDLE_S: Final = 15.0
"""How long a connection is kept for the next request: longer than the page's pause."""
GRACE_S: Final = 20.0
SLOWEST: Final = 2_000
"""Bytes a second: who takes an answer slower than that, after the grace, is cut off."""
PARTING_S: Final = 2.0
"""How long the last bytes may take to be seen before the connection is closed."""
PART: Final = 16_384
MOST: Final = 300
"""Connections of one process; beyond them, whoever has most of them loses the oldest of his."""
FULL: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
PASSING: Final = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED, errno.EINTR)
BROKEN: Final = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK)
"""The listener is none any more; of all else that accept() says the next client knows nothing."""

React = Callable[["Visit"], None]


@dataclass(eq=False, slots=True)
class Visit:
    """A connection that the loop watches, and until when."""

    conn: TConn
    deadline: float
    react: React
    data: bytearray = field(default_factory=bytearray, repr=False)
    """What has come of a request that is not whole: for no log, it may hold a password."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads only ever get whole requests; what a client does not take yet, the loop sends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._visits: dict[Visit, None] = {}

    def accept(self, listener: Any) -> None:
        """Begin to read what a new client asks."""
        try:
            client, address = listener.accept()
        except OSError as error:
            self._not_accepted(error)
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, Patient(client), address, listener.getsockname())
        self._await(conn, b"", FIRST_S)
        if self.nr_conns > MOST:
            self._make_room()

    def _not_accepted(self, error: OSError) -> None:
        if error.errno in PASSING:
            return
        if error.errno in BROKEN:
            raise error
        if error.errno in FULL:
            self._make_room()
        else:
            self.log.warning("A connection could not be taken: %s", error.strerror)
        # The listener stays readable: without a pause the loop would spin.
        time.sleep(0.05)

    def finish_request(self, conn: TConn, done: "Future[bool]") -> None:
        """A thread has made its answer: send what is left of it, then wait for the next request.

        An answer that failed half-way has been closed already.
        """
        if conn.sock.fileno() < 0:
            self.nr_conns -= 1
            return
        keep = not done.cancelled() and not done.exception() and bool(done.result())
        seconds = GRACE_S + conn.sock.size / SLOWEST
        self._watch(conn, selectors.EVENT_WRITE, partial(self._send, keep), seconds)

    def murder_pending(self) -> None:
        """Close what is beyond its time."""
        now = stopwatch()
        for visit in [visit for visit in self._visits if visit.deadline < now]:
            self._close(visit)

    def _cap_keepalive(self, deadline: float) -> None:
        for visit in self._visits:
            if visit.react == self._read:
                visit.deadline = min(visit.deadline, deadline)

    def handle_error(self, _req: Any, client: Patient, addr: Any, exc: Exception) -> None:
        """Answer in one sentence what gunicorn cannot understand."""
        status = heads.status_of(exc)
        if status == 500:
            self.log.exception("A request could not be answered.")
        else:
            self.log.warning("%s: %s (%d)", addr[0] if addr else "", type(exc).__name__, status)
        client.sendall(heads.refusal(status))

    def _await(self, conn: TConn, begun: bytes, seconds: float) -> None:
        if not self.alive:
            seconds = min(seconds, PARTING_S)
        conn.sock.most = None
        visit = self._watch(conn, selectors.EVENT_READ, self._read, seconds)
        visit.data += begun
        if begun:
            self._judge(visit)

    def _read(self, visit: Visit) -> None:
        if (part := _received(visit)) is not None:
            visit.data += part
            if part:
                self._judge(visit)
            else:
                self._close(visit)

    def _judge(self, visit: Visit) -> None:
        """Give a whole request to a thread; refuse one that is too large before it has come."""
        found = heads.judge(visit.data)
        if found is None:
            return
        conn = visit.conn
        self._leave(visit)
        if found:
            self.log.warning("%s: a request was refused (%d)", conn.client[0], found)
            conn.sock.keep(heads.refusal(found))
            self._watch(conn, selectors.EVENT_WRITE, partial(self._send, False), GRACE_S)
            return
        conn.init()
        conn.parser.unreader.unread(bytes(visit.data))
        conn.data_ready = True
        self.enqueue_req(conn)

    def _send(self, keep: bool, visit: Visit) -> None:
        try:
            whole = visit.conn.sock.push()
        except OSError:
            self._close(visit)
            return
        if whole:
            self._leave(visit)
            if keep:
                self._await(visit.conn, visit.conn.parser.unreader.take_buffered(), IDLE_S)
            else:
                self._part(visit.conn)

    def _part(self, conn: TConn) -> None:
        """Say that nothing follows, and let the client see the end before it is closed."""
        visit = self._watch(conn, selectors.EVENT_READ, self._drain, PARTING_S)
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(visit)

    def _drain(self, visit: Visit) -> None:
        if _received(visit) == b"":
            self._close(visit)

    def _watch(self, conn: TConn, events: int, react: React, seconds: float) -> Visit:
        visit = Visit(conn, stopwatch() + seconds, react)
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, events, lambda _socket: self._happen(visit))
        self._visits[visit] = None
        return visit

    def _happen(self, visit: Visit) -> None:
        # What happened at the same moment, and came first, may have closed it.
        if visit in self._visits:
            visit.react(visit)

    def _leave(self, visit: Visit) -> None:
        del self._visits[visit]
        self.poller.unregister(visit.conn.sock)

    def _close(self, visit: Visit) -> None:
        self._leave(visit)
        self.nr_conns -= 1
        visit.conn.close()

    def _make_room(self) -> None:
        """Close what has waited longest of all that the client has who has most.

        Half a request or an answer that is not read: either takes the place of somebody.
        """
        owners = {visit: network(visit.conn.client[0]) for visit in self._visits}
        if owners:
            [(most, _)] = Counter(owners.values()).most_common(1)
            self._close(next(visit for visit, owner in owners.items() if owner == most))


def _received(visit: Visit) -> bytes | None:
    """What has come, empty at the end; None where there is nothing after all."""
    try:
        found: bytes = visit.conn.sock.recv(PART)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    return found
