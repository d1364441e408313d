"""Slow clients: nobody waits for them, they cost little, and each is cut off in time."""

import errno
import http.client
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from dashboard import patient, worker
from data.clock import stopwatch
from data.store import open_store
from tests.conftest import HOUR, T0, database, snapshot
from tests.slow import crowd, kinds, unread
from tests.waiting import until

IMPATIENT = """
import sys
from dashboard import worker
from dashboard.server import listen, run
from data.settings import Settings

worker.FIRST_S = worker.IDLE_S = worker.GRACE_S = 4.0
worker.SLOWEST = 1_000_000
worker.MOST = int(sys.argv[2])
listener = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
run(Settings(database=sys.argv[1]), listener, workers=1)
"""
REFUSED = """
import errno
import socket
from pathlib import Path

takes = socket.socket.accept
left = [errno.EPROTO, errno.EPERM, errno.ENETUNREACH, errno.ETIMEDOUT, errno.ENOBUFS]


def accept(listener):
    if not left:
        return takes(listener)
    with Path({told!r}).open("a") as file:
        print(left[0], file=file)
    raise OSError(left.pop(0), "said by the network")


socket.socket.accept = accept
"""
"""Before a worker gets its first client, accept() says what a network may say of one."""
FEW = 20
EACH = 12
"""So many of each kind: more than a hundred, and of each more than there are threads."""
FEW_MORE = 5
"""Connections of earlier questions that may not be closed yet when they are counted."""


@dataclass
class Served:
    """A real server with one worker."""

    port: int
    pid: int

    @property
    def worker(self) -> int:
        """The process that answers."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(found[0])

    @property
    def connections(self) -> int:
        """Sockets that it holds."""
        names = Path(f"/proc/{self.worker}/fd").iterdir()
        return sum("socket:" in _target(name) for name in names)

    @property
    def memory(self) -> int:
        """Bytes that it holds, its share of what is common included."""
        lines = Path(f"/proc/{self.worker}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Pss: +(\d+)", lines, re.MULTILINE)[1])  # type: ignore[index]

    def ask(self, path: str) -> tuple[float, bytes]:
        """The seconds and the body of an answer, on a connection of its own."""
        began = stopwatch()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as opened:
            opened.request("GET", path)
            answer = opened.getresponse()
            body = answer.read()
        assert answer.status == 200
        return stopwatch() - began, body

    def largest(self) -> str:
        """The address of the longest answer that the page asks for."""
        page = self.ask("/")[1].decode()
        names: list[str] = re.findall(r'src="(/static/[^"]+)"', page)
        return max(names, key=lambda name: len(self.ask(name)[1]))


def _target(name: Path) -> str:
    try:
        return str(name.readlink())
    except OSError:
        return ""


@contextmanager
def impatient(folder: Path, most: int, before: str = "") -> Iterator[Served]:
    """One worker, which has little patience, and room for so many connections.

    It runs what comes ``before`` first.
    """
    url = database(folder)
    store = open_store(url)
    store.save(snapshot(T0, dapps=1.0), HOUR)
    store.close()
    command = [sys.executable, "-c", before + IMPATIENT, url, str(most)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            made = Served(int(process.stdout.readline()), process.pid)
            made.ask("/")
            yield made
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One with as much room as there is."""
    with impatient(tmp_path_factory.mktemp("slow"), worker.MOST) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One with room for a few."""
    with impatient(tmp_path_factory.mktemp("small"), FEW) as made:
        yield made


def test_slow_clients_block_nobody(server: Served) -> None:
    """A hundred and twenty of them: a viewer is answered as before, and none of them stays."""
    large = server.largest()
    alone = median(server.ask("/api/v1/series")[0] for _ in range(30))
    before, held = server.memory, server.connections
    with crowd(server.port, large, EACH) as gone:
        # All but those that end: half a request is let go at once, and so is a whole one where
        # the system's buffers take the rest of its answer.
        until(lambda: server.connections - held > EACH * (len(kinds(large)) - 2) - FEW_MORE, 20)
        beside = [server.ask("/api/v1/series")[0] for _ in range(30)]
        assert median(beside) < 20 * alone
        assert max(beside) < 1
        grown = server.memory - before
        assert grown < 20_000_000, f"{grown:,} bytes more"
        until(lambda: server.connections <= held, 20)
        until(lambda: {"drips its head", "drips its body", "keeps its connection"} <= gone(), 20)
    assert server.ask("/api/v1/series")[0] < 1


def test_more_than_there_is_room_for(server: Served) -> None:
    """Beyond the most connections, who has waited longest goes; whoever asks is answered."""
    with crowd(server.port, "/", 40):
        assert server.ask("/api/v1/series")[0] < 5
        assert server.connections < 320


def test_answers_nobody_reads_keep_nobody_out(small: Served) -> None:
    """More of them than there is room for wait to be read: whoever asks is answered."""
    asked = f"GET {small.largest()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with ExitStack() as crowded:
        for _ in range(4 * FEW):
            connection = crowded.enter_context(closing(unread(small.port)))
            # More than the system's own buffers take.
            connection.sendall(12 * asked)
            assert small.ask("/api/v1/series")[0] < 5


def test_who_does_not_read_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long answer that nobody reads ends as one whose client has gone: the log has no traceback
    of either.
    """
    monkeypatch.setattr(patient, "PATIENCE", timedelta(seconds=0.2))
    ours, theirs = socket.socketpair()
    with theirs, closing(patient.Patient(ours)) as slow:
        slow.setblocking(False)
        slow.most = 1_000
        with pytest.raises(BrokenPipeError) as found:
            slow.sendall(bytes(10_000_000))
    assert found.value.errno == errno.EPIPE


def test_closed_and_heard_of_at_once(small: Served) -> None:
    """Who goes to make room just as he says something more is no trouble to the others."""
    before = small.worker
    with ExitStack() as crowded:
        first = [crowded.enter_context(closing(unread(small.port))) for _ in range(FEW)]
        for connection in first:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        until(lambda: small.connections >= FEW, 20)
        os.kill(before, signal.SIGSTOP)
        later = [crowded.enter_context(closing(unread(small.port))) for _ in range(5)]
        for connection in first:
            connection.sendall(b"X: y\r\n")
        os.kill(before, signal.SIGCONT)
        later[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert later[-1].recv(100)
    assert small.worker == before


def test_refused_and_gone(small: Served) -> None:
    """Who breaks the connection before the refusal comes is no trouble to the others."""
    before = small.worker
    os.kill(before, signal.SIGSTOP)
    for _ in range(5):
        with closing(unread(small.port)) as connection:
            connection.sendall(b"GET /" + b"a" * 5_000)
            # Closed with a reset, not with an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.kill(before, signal.SIGCONT)
    small.ask("/api/v1/series")
    small.ask("/api/v1/series")
    assert small.worker == before


def test_what_the_network_says_of_a_client(tmp_path: Path) -> None:
    """An error of the connection that is being taken ends no worker: the next one is answered."""
    told = tmp_path / "told"
    with impatient(tmp_path, FEW, REFUSED.format(told=str(told))) as here:
        assert here.ask("/api/v1/series")[1]
    assert len(told.read_text().split()) == 5


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 5000, 414),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 61 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000, 431),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417),
        (b"GET /%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /?embed=1&\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 200),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (b"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n", 405),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /x\r\n\r\n", 200),
    ],
)
def test_odd_requests(server: Served, said: bytes, status: int) -> None:
    """Whatever is said, the answer is one sentence with every header, at once."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as opened:
        opened.connect()
        opened.sock.sendall(said)
        answer = http.client.HTTPResponse(opened.sock)
        answer.begin()
        body = answer.read()
    assert answer.status == status, body
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"):
        assert answer.headers[name], name
    if status != 200:
        assert re.fullmatch(rb'\{"error":"[^"]+\."\}', body), body
        assert b"secret" not in body
