"""Few open files: a run that cannot go on says so, a page answers again, nothing is half done."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2

from dashboard.server import listen
from tests.faults.oracle import Complaint
from tests.faults.rounds import rounds
from tests.faults.screen import EXPORT, exported
from tests.faults.test_killed_scheduler import Daily
from tests.faults.world import World, world
from tests.waiting import until

UNEMPTIED = "cannot be emptied"
"""What a run's log says of an outbox that it could not look into."""


def test_runs(tmp_path: Path) -> None:
    """A run ends with 0 and all is there, or with another code and a sentence."""
    with world(World, tmp_path / "w") as here:
        for chance, tally in rounds("descriptors", here.known, here.recover, 0.6):
            for _ in range(chance.randint(1, 3)):
                here.next_slot()
                files = chance.randint(3, 40)
                code, said = here.collect(files=files)
                tally.broke |= code != 0
                # 2: not even the config could be opened.
                # A folder that cannot be listed is told of, and the run goes on.
                said = "\n".join(line for line in said.splitlines() if UNEMPTIED not in line)
                if code not in (0, 2, 4, 5) or bool(said) != (code != 0) or "\n" in said:
                    tally.found.append(("wrong", f"{files} files: a run ended with {code}: {said}"))


def test_scheduler(tmp_path: Path) -> None:
    """A scheduler of few files stops when told, and the next one goes on."""
    with world(Daily, tmp_path / "w") as here:
        for chance, tally in rounds("descriptors", here.known, here.recover, 0.2):
            here.next_slot()
            command = here.start("schedule", files=chance.randint(8, 40))
            with suppress(AssertionError):
                until(lambda command=command: bool(command.said), 3)  # type: ignore[misc]
            command.terminate()
            code = command.end()
            here.heed(command, code)
            tally.broke |= code != 0 or "failed" in command.said


def free_port() -> int:
    """A port that nobody listens on."""
    with listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_page(tmp_path: Path) -> None:
    """A page whose callers hold all its files answers as soon as they let go, and rightly."""
    with world(World, tmp_path / "w") as here:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = here.start("dashboard", "--port", str(port), "--workers", "1", files=48)

        def answers() -> bool:
            with suppress(httpx2.TransportError):
                return httpx2.get(url + EXPORT, timeout=5).status_code == 200
            return False

        def recover() -> Iterator[Complaint]:
            until(answers, 30)
            yield from here.recover()
            yield from exported(httpx2.get(url + EXPORT, timeout=30).text, here.known)

        until(answers, 60)
        for chance, tally in rounds("descriptors", here.known, recover, 0.2):
            with ExitStack() as held:
                for _ in range(chance.randint(20, 120)):
                    one = held.enter_context(socket.create_connection(("127.0.0.1", port)))
                    one.sendall(b"GET /healthz HTTP/1.1\r\n")
                tally.broke |= not answers()
        command.terminate()
        assert command.end() == 0, command.said
