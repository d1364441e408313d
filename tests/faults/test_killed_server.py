"""kill −9 of PostgreSQL, or of one of its sessions, while collectors write into it."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.faults.oracle import Complaint
from tests.faults.rounds import rounds
from tests.faults.world import World, world
from tests.hosts import BACKENDS
from tests.postgres import PATIENCE_S, Server, place
from tests.waiting import until


@pytest.fixture(scope="module")
def server(installed: tuple[Path, Path]) -> Iterator[Server]:
    """A server to be killed."""
    bin_, folder = installed
    made = Server(bin_, place(folder / "killed"))
    made.create()
    made.start()
    yield made
    made.stop("immediate")


def kill(server: Server, chance: random.Random) -> None:
    """Kill the server, or the session of a collector where there is one."""
    if chance.random() < 0.5:
        server.kill()
        return
    with suppress(psycopg.OperationalError, ProcessLookupError):
        for [pid] in server.execute(BACKENDS)[:1]:
            os.kill(pid, signal.SIGKILL)


def test_server(server: Server, tmp_path: Path) -> None:
    """What a commit acknowledged is there when the server is; what it did not, waits."""
    server.execute("CREATE DATABASE masthead")
    with world(World, tmp_path / "w", server.url("masthead") + "?connect_timeout=2") as here:

        def recover() -> Iterator[Complaint]:
            if not server.is_started:
                server.start()
            until(server.answers, PATIENCE_S)
            yield from here.recover()

        for chance, tally in rounds("PostgreSQL", here.known, recover):
            here.measure()
            here.next_slot()
            both = [here.start("collect") for _ in range(2)]
            threading.Event().wait(chance.uniform(0, 1.3 * here.seconds))
            kill(server, chance)
            codes = []
            for one in both:
                codes.append(one.end())
                here.heed(one, codes[-1])
            tally.broke |= codes != [0, 0]
            assert set(codes) <= {0, 5}, [one.said for one in both]
