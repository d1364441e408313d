"""kill −9 of a web worker while viewers and an export ask: who asks again is answered, rightly."""

import os
import random
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx2

from data.clock import stopwatch
from data.store import open_store
from tests.benchmarks.year import truth
from tests.conftest import snapshot
from tests.faults import oracle
from tests.faults.oracle import Complaint
from tests.faults.rounds import budget, rounds
from tests.faults.screen import EXPORT, exported
from tests.faults.test_descriptors import free_port
from tests.faults.world import SAME_PAGE, World, children, world
from tests.waiting import until

SPAN: Final = "from=2026-01-01T00:00:00Z&to=2026-05-01T00:00:00Z"
EXPORTS: Final = (EXPORT, "/export/snapshots.jsonl")
READS: Final = (f"/api/v1/series?{SPAN}", f"/api/v1/headlines?{SPAN}", "/api/v1/latest")
PATIENCE_S: Final = 20.0
VIEWERS: Final = (EXPORTS, READS, READS, READS)
"""What each of them asks for."""


def fill(here: World, slots: int) -> None:
    """A history for an export that takes its time."""
    looks = []
    for _ in range(slots):
        here.next_slot()
        looks.append(snapshot(here.slot, figures=truth(here.number // SAME_PAGE)))
        here.known.acknowledge(oracle.ms(here.slot))
    store = open_store(here.database)
    store.add(looks, {"dapp_expert": here.every})
    store.close()


def asked(
    url: str, addresses: Sequence[str], stop: threading.Event, right: dict[str, bytes]
) -> tuple[int, list[Complaint]]:
    """Ask until told to stop, an address again where the connection broke; how often it did."""
    broke = 0
    found: list[Complaint] = []
    with httpx2.Client(base_url=url, timeout=PATIENCE_S) as client:
        while not stop.is_set():
            for address in addresses:
                begun, body = stopwatch(), None
                while body is None and stopwatch() - begun < PATIENCE_S:
                    try:
                        body = client.get(address).content
                    except httpx2.TransportError:
                        broke += 1
                if body != right[address]:
                    found.append(("wrong", f"{address} answered {body[:200] if body else body!r}"))
    return broke, found


def test_worker(tmp_path: Path) -> None:
    """No answer is half under status 200 or another than before; the worker comes back."""
    with world(World, tmp_path / "w") as here:
        fill(here, 100 if budget() < 20 else 3_000)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = here.start("dashboard", "--port", str(port), "--workers", "2")

        def is_up() -> bool:
            with suppress(httpx2.TransportError):
                return httpx2.get(url + "/api/v1/latest").status_code == 200
            return False

        def recover() -> Iterator[Complaint]:
            until(lambda: len(children(command.pid)) == 2, PATIENCE_S)
            until(is_up, PATIENCE_S)
            yield from here.recover()
            yield from exported(httpx2.get(url + EXPORT, timeout=PATIENCE_S).text, here.known)

        until(lambda: len(children(command.pid)) == 2 and is_up(), 60)
        for chance, tally in rounds("web worker", here.known, recover):
            right = {
                one: httpx2.get(url + one, timeout=PATIENCE_S).content for one in (*EXPORTS, *READS)
            }
            stop = threading.Event()
            with ThreadPoolExecutor(len(VIEWERS)) as pool:
                viewers = [pool.submit(asked, url, what, stop, right) for what in VIEWERS]
                kill_one(command.pid, chance)
                stop.set()
            for viewer in viewers:
                broke, found = viewer.result()
                tally.broke |= broke > 0
                tally.found += found
        command.terminate()
        assert command.end() == 0, command.said


def kill_one(parent: int, chance: random.Random) -> None:
    """Kill the worker that most viewers talk to, and let them go on until there is another."""
    threading.Event().wait(chance.uniform(0.1, 0.5))
    before = children(parent)
    os.kill(max(before, key=sockets), signal.SIGKILL)
    until(lambda: len(children(parent) - before) == 1, PATIENCE_S)


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    held = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held += str(link.readlink()).startswith("socket:")
    return held
