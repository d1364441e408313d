"""The peer that answers from the snapshots themselves: Datasette over the same file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks.peers import environment, running
from tests.postgres import free_port

DATASETTE: Final = "datasette==0.65.5"
LIMITS: Final = {"sql_time_limit_ms": 120_000, "max_returned_rows": 2_000}


@contextmanager
def datasette(file: Path) -> Iterator[str]:
    """The host and port of a server over ``file`` that lets queries take two minutes."""
    port = free_port()
    settings = [word for name, value in LIMITS.items() for word in ("--setting", name, str(value))]
    program = environment(DATASETTE) / "datasette"
    command = [str(program), "serve", str(file), "--port", str(port), *settings]
    with running(command, f"127.0.0.1:{port}", "/-/versions.json") as address:
        yield address
