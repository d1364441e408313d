"""Running the migrations: one process does it, the others wait for its lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool


def known() -> set[str]:
    """The revisions of this version."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(url: Any, patience: timedelta) -> None:
    """Bring the database at ``url`` to the newest revision, all or nothing."""
    config = _config()
    with _writing(url, patience) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


@contextmanager
def _writing(url: Any, patience: timedelta) -> Iterator[Connection]:
    if url.drivername == "sqlite":
        engine = create_engine(
            f"sqlite:///{url.database}",
            poolclass=NullPool,
            connect_args={"timeout": patience.total_seconds(), "isolation_level": None},
        )
        lock = "BEGIN IMMEDIATE"
    else:
        from data.postgres import WRITE_LOCK

        engine = create_engine(url, poolclass=NullPool)
        lock = f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
    with engine.begin() as connection:
        connection.exec_driver_sql(lock)
        yield connection
