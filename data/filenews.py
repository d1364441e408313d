"""News of a SQLite file, by the counter that SQLite keeps of other connections' commits."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from data.errors import StoreError
from data.sqlite import File, opened
from data.store import Store

WAIT: Final = timedelta(seconds=1)


class FileNews:
    """Counts what may have changed; a few microseconds a time, from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._path = Path(str(store.engine.url.database))
        self._lock = Lock()
        self._raw: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._counter = 0
        self._version = 0

    def version(self) -> int:
        """Another number whenever the file may tell something else. Raises StoreError."""
        with self._lock:
            try:
                counter = self._same_file().execute("PRAGMA data_version").fetchone()[0]
            except (OSError, sqlite3.Error) as error:
                self._forget()
                reason = error.strerror if isinstance(error, OSError) else error
                shown = self._store.engine.url.shown
                raise StoreError(f"The store {shown} did not answer: {reason}.") from error
            if counter != self._counter:
                self._counter = counter
                self._version += 1
            return self._version

    def close(self) -> None:
        """Close the connection that is held."""
        with self._lock:
            self._forget()

    def _same_file(self) -> sqlite3.Connection:
        """The connection on the file that has the name now.

        While one is held no other file can get the number of its file.
        """
        found = self._path.stat()
        if self._raw is None or self._file != (found.st_dev, found.st_ino):
            self._forget()
            # Whatever reads by another connection shall not go on with a file that is gone.
            self._store.close()
            self._file = found.st_dev, found.st_ino
            self._raw = opened(File(str(self._path)), WAIT, makes=False)
            self._version += 1
        return self._raw

    def _forget(self) -> None:
        if self._raw is not None:
            self._raw.close()
        self._raw = None
