"""A PostgreSQL connection on which nothing waits for ever, and no half commit passes for one."""

from datetime import timedelta
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

T = TypeVar("T")

TICK_S: Final = 0.1
"""How often a waiting statement hears a signal."""
AT_ONCE: Final = timedelta(seconds=5)
"""How soon a server that can be heard answers to what costs it nothing."""


class Session(psycopg.Connection[Any]):
    """Gives a server up that leaves a statement unanswered for longer than ``silence``.

    The network's own limits see no server that hangs behind a living proxy, and no commit that
    waits for a standby which is away. The session is closed then: nobody may guess its state.
    """

    silence: timedelta | None = None

    def wait(self, gen: PQGen[T], interval: float = TICK_S, timeout: float | None = None) -> T:
        """What the server answers. Raises psycopg's OperationalError when it does not."""
        limit = timeout if self.silence is None else self.silence.total_seconds()
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()
            raise errors.ConnectionTimeout(f"nothing came within {limit:g} s") from None

    def begin(self, sql: str) -> None:
        """Begin something by ``sql``, which the server answers at once or not at all."""
        usual = self.silence
        self.silence = AT_ONCE if usual is None else min(usual, AT_ONCE)
        try:
            self.execute(sql)
        finally:
            self.silence = usual

    def commit_everywhere(self, sql: str) -> None:
        """Commit by ``sql`` on the server and its synchronous standbys; raises OperationalError.

        A wait for a standby that is broken off (by an administrator or a ``statement_timeout``)
        is no error to PostgreSQL: it warns that the other side may not have it, and goes on.
        """
        warned: list[str] = []

        def note(diagnostic: psycopg.errors.Diagnostic) -> None:
            if diagnostic.severity_nonlocalized == "WARNING":
                warned.append(diagnostic.message_primary or "it warned")

        self.add_notice_handler(note)
        try:
            self.execute(sql)
        finally:
            self.remove_notice_handler(note)
        if warned:
            raise psycopg.OperationalError(warned[0])
