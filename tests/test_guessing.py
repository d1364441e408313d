"""Guessing at the real server: counted over its workers, also when one of them dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from dashboard.guesses import FIRST
from data.password import hashed
from tests.postgres import free_port
from tests.test_secrets import children_of
from tests.waiting import until


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The address of ``masthead dashboard`` with two workers, and the process they come from."""
    port = free_port()
    (tmp_path / "masthead.toml").write_text(
        f'database = "sqlite:///m.db"\nport = {port}\nworkers = 2\n'
        f'password = "{hashed("correct horse")}"\n',
        encoding="utf-8",
    )
    (tmp_path / "masthead.toml").chmod(0o600)
    command = [sys.executable, "-m", "masthead", "--verbose"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--config", f"{tmp_path}/masthead.toml", "dashboard"],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        until(lambda: _answers(base), 60)
        yield base, process.pid
        process.terminate()
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
    told = (tmp_path / "log").read_text(encoding="utf-8")
    assert "POST /login 401" in told
    assert "wrong" not in told


def _answers(base: str) -> bool:
    try:
        return httpx2.get(f"{base}/login").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


def guessed(base: str, tries: int) -> list[int]:
    """The answers to so many wrong passwords, several at a time, each on its own connection."""

    def one(number: int) -> int:
        answer = httpx2.post(f"{base}/login", data={"password": f"wrong {number}"})
        assert answer.status_code != 429 or int(answer.headers["Retry-After"]) > 0
        return answer.status_code

    with ThreadPoolExecutor(4) as crowd:
        return list(crowd.map(one, range(tries)))


def test_over_workers_and_their_deaths(serving: tuple[str, int]) -> None:
    """A few are compared, however many are sent to whichever worker; a new worker knows it."""
    base, master = serving
    until(lambda: len(children_of(master)) == 2, 30)
    answers = guessed(base, 40)
    assert answers.count(401) <= FIRST
    assert set(answers) == {401, 429}
    workers = children_of(master)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    until(lambda: len(children_of(master)) == 2 and not set(workers) & {*children_of(master)}, 30)
    until(lambda: _answers(base), 30)
    before = answers.count(401)
    assert before + guessed(base, 10).count(401) <= FIRST + 2
