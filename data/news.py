"""News: a number that says, without a query, whether the store may tell something else by now."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from data.clock import stopwatch
from data.errors import StoreError
from data.filenews import FileNews
from data.pulse import pulse
from data.sqlite import SqliteEngine
from data.store import Store

if TYPE_CHECKING:
    from data.listener import Listener

HEARING_S: Final = 2.0
"""How long the server is not asked while it is listened to."""
DEAF_S: Final = 1.0
"""How long it is not asked where it lets nobody listen, and how long it stays away once it is."""
AGAIN_S: Final = 30.0
"""How long nobody tries to listen after it was not possible."""


class News(Protocol):
    """Counts what may have changed in one store, for any thread."""

    def version(self) -> int:
        """Another number whenever the store may tell something else. Raises StoreError."""

    def close(self) -> None:
        """Give the connections back."""


def news(store: Store) -> News:
    """News of ``store``."""
    if isinstance(store.engine, SqliteEngine):
        return FileNews(store)
    from data.listener import Listener
    from data.postgres import PostgresEngine

    assert isinstance(store.engine, PostgresEngine)  # noqa: S101 - there are two kinds of engine
    return ServerNews(store, Listener(store.engine.url))


class ServerNews:
    """News of a PostgreSQL server: it tells of commits; now and then it is asked.

    The asking notices a server that is gone, and news from one that tells nothing: a standby, or
    a pooler in between.
    """

    def __init__(
        self, store: Store, listener: "Listener", time: Callable[[], float] = stopwatch
    ) -> None:
        self._store = store
        self._listener = listener
        self._time = time
        self._lock = Lock()
        self._version = 0
        self._pulse = ""
        self._ask_at = self._listen_at = time()
        self._away: StoreError | None = None

    def version(self) -> int:
        """Another number whenever the store may tell something else. Raises StoreError."""
        with self._lock:
            if self._listener.heard():
                self._version += 1
                if not self._listener.listens:
                    self._ask_at = self._listen_at = self._time()
            if self._time() >= self._ask_at:
                self._ask()
            elif self._away is not None:
                raise StoreError(str(self._away))
            return self._version

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._listener.close()

    def _ask(self) -> None:
        """What is heard from before the asking on, and what is asked, are all that happens."""
        if not self._listener.listens and self._time() >= self._listen_at:
            self._listener.listen()
            self._listen_at = self._time() + AGAIN_S
        try:
            found = pulse(self._store)
        except StoreError as error:
            # Whoever waits for this answer does not have to find out again.
            self._away, self._ask_at = error, self._time() + DEAF_S
            self._version += 1
            raise
        self._away = None
        self._ask_at = self._time() + (HEARING_S if self._listener.listens else DEAF_S)
        if found != self._pulse:
            self._pulse = found
            self._version += 1
