"""A connection to PostgreSQL that hears of every commit that another one says is news."""

from typing import Any

import psycopg

from data.postgres import CHANNEL, Server, session


class Listener:
    """Hears without asking; for one thread at a time."""

    def __init__(self, url: Server) -> None:
        self._url = url
        self._raw: psycopg.Connection[Any] | None = None

    def __del__(self) -> None:
        # Whoever forgets a page leaves no connection open.
        self.close()

    @property
    def listens(self) -> bool:
        """Whether it will hear."""
        return self._raw is not None

    def listen(self) -> None:
        """Begin to hear where that is possible: not on a standby, nor while the server is away."""
        self.close()
        try:
            self._raw = raw = session(self._url, writes=False)
            raw.autocommit = True
            raw.begin(f"LISTEN {CHANNEL}")
        except psycopg.Error:
            self.close()

    def heard(self) -> bool:
        """Whether there was news since the last time, or the connection was lost since."""
        if self._raw is None:
            return False
        told = False
        try:
            self._raw.pgconn.consume_input()
            while self._raw.pgconn.notifies() is not None:
                told = True
        except psycopg.Error:
            self.close()
            return True
        return told

    def close(self) -> None:
        """End the connection."""
        if self._raw is not None:
            self._raw.close()
        self._raw = None
