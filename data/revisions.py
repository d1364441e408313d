"""Whose schema a database has: it is this version's, is brought up to it, or is refused."""

from typing import Final

from data.connection import Connection
from data.engine import Engine, named_errors, reading
from data.errors import StoreError
from data.schema import REVISION, TABLES
from data.sqlite import SqliteEngine
from data.statements import text

KNOWN: Final = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT count(*) WHERE to_regclass('alembic_version') IS NOT NULL",
}
"""Whether a database says its schema's revision."""
TABLES_THERE: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE nspname = current_schema()",
}
"""The tables where Masthead would make its own."""
OWN: Final = frozenset(table.name for table in TABLES)
"""Those that must not be there before; a server's database may hold others beside them."""


def revision(engine: Engine) -> str | None:
    """The schema's revision, None for a database that Masthead has not made yet."""
    with reading(engine) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not connection.scalar(text(KNOWN[connection.dialect])):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def check(engine: Engine) -> None:
    """Raise StoreError unless the database has the schema of this version; nothing is written."""
    found = None
    if not isinstance(engine, SqliteEngine):
        found = revision(engine)
    elif engine.is_there():
        engine.refuse_network()
        found = revision(engine)
    if found == REVISION:
        return
    if found is None:
        raise StoreError(
            f"The store {engine.url.shown} has no Masthead schema yet: 'masthead collect' or "
            "'masthead dashboard' makes it."
        )
    _refuse_newer(engine, found)
    raise StoreError(
        f"The store {engine.url.shown} has schema {found}, older than this Masthead's "
        f"({REVISION}): 'masthead collect' or 'masthead dashboard' brings it up."
    )


def migrate(engine: Engine) -> None:
    """Bring the database to the schema of this version; one writer does it, others wait.

    Raises StoreError for a database that a newer Masthead or another program made.
    """
    if isinstance(engine, SqliteEngine):
        if engine.is_there():
            engine.refuse_network()
            _refuse_foreign(engine)
        with named_errors(engine):
            engine.prepare_file()
    found = revision(engine)
    if found == REVISION:
        return
    if found is None:
        _refuse_foreign(engine)
    _refuse_newer(engine, found)
    from data.migrations.run import upgrade

    with named_errors(engine):
        upgrade(engine)


def _refuse_foreign(engine: Engine) -> None:
    """Raise StoreError for a database that another program made."""
    # One transaction sees both: somebody else may be making Masthead's own tables.
    with reading(engine) as connection:
        if _revision(connection) is not None:
            return
        found = set(connection.scalars(text(TABLES_THERE[connection.dialect])))
    foreign = found if isinstance(engine, SqliteEngine) else found & OWN
    if foreign:
        raise StoreError(
            f"The store {engine.url.shown} has a table {min(foreign)!r} of another program: "
            "name a database that is Masthead's alone."
        )


def _refuse_newer(engine: Engine, found: str | None) -> None:
    """Raise StoreError for a revision that this version does not know."""
    from data.migrations.run import known

    if found is not None and found not in known():
        raise StoreError(
            f"The store {engine.url.shown} has schema {found}, made by a newer Masthead than "
            f"this one (schema {REVISION}): install the newer version."
        )
