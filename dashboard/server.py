"""Serve the page in production: gunicorn, a few processes with a few threads each."""

import ctypes
import logging
import os
import socket
from typing import Any, Final

from gunicorn.app.base import BaseApplication

from dashboard import bundle
from dashboard.app import create_app
from dashboard.guesses import Guesses
from dashboard.heads import LONGEST_FIELD, LONGEST_LINE, MOST_FIELDS
from dashboard.requestlog import RequestLog
from dashboard.worker import MOST, Worker
from data.errors import UsageError
from data.settings import Settings

log: Final = logging.getLogger("masthead")
THREADS: Final = 6
MALLOC: Final = {-8: 2, -3: 256 * 1024, -1: 1024 * 1024}
"""glibc's M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD (malloc.h)."""


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8050, workers: int = 2) -> None:
    """Serve until told to stop; UsageError when ``host:port`` cannot be listened on."""
    run(settings, listen(host, port), workers)


def run(settings: Settings, listener: socket.socket, workers: int = 2) -> None:
    """Serve on a socket that listens already, which this takes over; ends the process."""
    if lacking := bundle.complaint():
        log.warning(lacking)
    _save_memory()
    _Server(settings, listener.detach(), workers).run()


def _save_memory() -> None:
    """Let what answers were made of go back to the system: glibc keeps it, for each thread anew.

    Before any thread is started. Other C libraries do not know of it, and have no such habit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in MALLOC.items():
            mallopt(option, value)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before any process is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"cannot listen on {host} port {port}: {_reason(error).lower()}; name another with "
            "--host or --port"
        ) from error


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError) or error.errno is None:
        return str(error)
    # A name that cannot be looked up has a number that is none of the system's.
    known = error.errno > 0
    return os.strerror(error.errno) if known else str(error.strerror).partition(" (while")[0]


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn without its command line and configuration files."""

    def __init__(self, settings: Settings, descriptor: int, workers: int) -> None:
        self._settings = settings
        self._descriptor = descriptor
        self._workers = workers
        # Shared by the workers, which are forked from here.
        self._guesses = Guesses()
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in {
            "bind": f"fd://{self._descriptor}",
            "workers": self._workers,
            "threads": THREADS,
            "worker_class": Worker,
            "worker_connections": 2 * MOST,
            "limit_request_line": LONGEST_LINE,
            "limit_request_fields": MOST_FIELDS,
            "limit_request_field_size": LONGEST_FIELD,
            # What a proxy says is believed in one place, dashboard.mount.
            "forwarded_allow_ips": "",
            "sendfile": False,
            "loglevel": "warning",
            "graceful_timeout": 10,
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application; called in each worker, so that none shares a connection."""
        server = create_app(self._settings, guesses=self._guesses).server
        return RequestLog(server) if log.isEnabledFor(logging.DEBUG) else server
