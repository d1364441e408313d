"""Running the migrations: one process does it, the others wait for its lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.pool import NullPool

from data.engine import SILENCE, Engine
from data.sqlite import SqliteEngine

if TYPE_CHECKING:
    from data.postgres import Server
    from data.session import Session


def known() -> set[str]:
    """The revisions of this version."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision, all or nothing."""
    config = _config()
    with _writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    patience = engine.patience
    if isinstance(engine, SqliteEngine):
        through = create_engine(
            URL.create("sqlite", database=engine.url.database),
            poolclass=NullPool,
            connect_args={"timeout": patience.total_seconds(), "isolation_level": None},
        )
        locks = ["BEGIN IMMEDIATE"]
    else:
        from data.postgres import WRITE_LOCK, PostgresEngine

        assert isinstance(engine, PostgresEngine)  # noqa: S101 - there are two engines
        through = create_engine(
            "postgresql+psycopg://", poolclass=NullPool, creator=partial(_session, engine.url)
        )
        locks = [
            f"SET LOCAL lock_timeout = {patience // timedelta(milliseconds=1)}",
            f"SELECT pg_advisory_xact_lock({WRITE_LOCK})",
        ]
    with through.begin() as connection:
        for lock in locks:
            connection.exec_driver_sql(lock)
        yield connection


def _session(url: "Server") -> "Session":
    """A session whose transactions SQLAlchemy begins; a large store may take its time."""
    from data.postgres import opened

    raw = opened(url, writes=True, silence=SILENCE)
    raw.autocommit = False
    return raw
