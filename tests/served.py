"""The page over a store, served by a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dashboard.server import listen

SERVE: Final = """
import socket, sys
from dashboard.server import run
from data.settings import Settings
run(Settings(database=sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), workers=1)
"""


@contextmanager
def served(database: str, script: str = SERVE) -> Iterator[str]:
    """The page's address; the socket listens before the process is there to answer."""
    with listen("127.0.0.1", 0) as listener:
        host, port = listener.getsockname()
        command = [sys.executable, "-c", script, database, str(listener.fileno())]
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as process:
            yield f"http://{host}:{port}"
            process.terminate()
            assert process.wait(timeout=20) == 0
