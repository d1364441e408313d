"""How far a standby that is read lies behind its primary."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from data.statements import text
from data.store import Store

BRIEF: Final = timedelta(minutes=1)
"""A standby that shows everything but the last moments is not worth a word."""
_STATE: Final = text(
    "SELECT streams, CASE WHEN streams AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() "
    "THEN interval '0' ELSE clock_timestamp() - pg_last_xact_replay_timestamp() END AS behind "
    "FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver) AS streams) AS receiver "
    "WHERE pg_is_in_recovery()"
)


@dataclass(frozen=True, slots=True)
class Standby:
    """What a standby knows of itself."""

    streams: bool
    """Whether it hears its primary."""
    behind: timedelta | None
    """How old the newest change is that it shows, 0 when it shows all there is; None: unknown."""

    @property
    def late(self) -> bool:
        """Whether who reads it should know."""
        return not self.streams or self.behind is None or self.behind > BRIEF


def standby(store: Store) -> Standby | None:
    """What the server of ``store`` is, None for one that is no standby. Raises StoreError."""
    with store.reading() as connection:
        if connection.dialect == "sqlite":
            return None
        row = connection.execute(_STATE).first()
    return None if row is None else Standby(row.streams, row.behind)
