"""Serve the page in production: gunicorn, a few processes with a few threads each."""

import logging
import os
import socket
from typing import Any, Final

from gunicorn.app.base import BaseApplication

from dashboard import bundle
from dashboard.app import create_app
from data.errors import UsageError
from data.settings import Settings

log: Final = logging.getLogger("masthead")
THREADS: Final = 4


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8050, workers: int = 2) -> None:
    """Serve until told to stop; UsageError when ``host:port`` cannot be listened on."""
    run(settings, listen(host, port), workers)


def run(settings: Settings, listener: socket.socket, workers: int = 2) -> None:
    """Serve on a socket that listens already, which this takes over; ends the process."""
    if lacking := bundle.complaint():
        log.warning(lacking)
    _Server(settings, listener.detach(), workers).run()


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
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in {
            "bind": f"fd://{self._descriptor}",
            "workers": self._workers,
            "threads": THREADS,
            "worker_class": "gthread",
            "loglevel": "warning",
            "graceful_timeout": 10,
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The WSGI application; called in each worker, so that none shares a connection."""
        return create_app(self._settings).server
