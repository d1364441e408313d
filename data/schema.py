"""The tables, the same on SQLite and PostgreSQL; ``migrations/`` brings a store to this shape."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from data.model import KEYS, from_ms, to_ms

REVISION: Final = "0002"
"""The newest migration; a test holds it equal to the newest file in ``migrations/versions``."""

FOLDS: Final = ("first", "last", "min", "max", "n")
"""What a rollup keeps of each metric."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: integer milliseconds on SQLite, ``timestamptz`` on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of each engine."""
        kind = DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """An aware datetime to what the engine stores."""
        if value is None or dialect.name == "postgresql":
            return value
        return to_ms(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What the engine stores to an aware datetime."""
        if value is None or isinstance(value, datetime):
            return value
        return from_ms(value)


metadata = MetaData()

sources = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("every_ms", BigInteger, nullable=False),
    Column("first_slot", Instant),
    Column("last_slot", Instant),
    Column("version", BigInteger, nullable=False),
    Column("label", Text),
    Column("metrics", Text),
    Column("credit", Text),
    Column("credit_url", Text),
    comment="one row a source; version grows with every change a reader could see",
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("source", Text, primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    Column("as_of", Instant),
    Column("origin", Text, nullable=False),
    Column("via", Text),
    *(Column(key, Double) for key in KEYS),
    Column("shown", Text),
    Column("problems", Text),
    sqlite_with_rowid=False,
    comment="one look at the header; NULL in a figure: not read",
)

headlines = Table(
    "headlines",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text),
    Column("author", Text),
    Column("published_from", Instant),
    Column("published_to", Instant),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("lead", Boolean, nullable=False),
    Index("headlines_seen", "source", "first_seen_at"),
    Index("headlines_title", "source", "title"),
    comment="one row a story; key: its address, or its title where the page gave no address",
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text),
    Column("error_kind", Text),
    Column("message", Text),
    Column("http_status", Integer),
    Column("bytes", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer),
    UniqueConstraint("source", "started_at", "host", name="runs_once"),
    Index(
        "runs_open",
        "source",
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    ),
    comment="every attempt, whatever became of it; outcome NULL: still running, or killed",
)

pages = Table(
    "pages",
    metadata,
    Column("source", Text, primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    Column("origin", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="pages that were not read fully, gzipped; the newest 200 a source",
)

answers = Table(
    "answers",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("slot", Instant),
    Column("not_before", Instant),
    comment="the validators of the page that slot was read from, and how long a server wants peace",
)

robots = Table(
    "robots",
    metadata,
    Column("site", Text, primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("rules", Text, nullable=False),
    comment="robots.txt of each site asked, as text",
)

captures = Table(
    "captures",
    metadata,
    Column("source", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("digest", Text),
    Column("outcome", Text),
    Column("message", Text),
    Index("captures_slot", "source", "slot"),
    comment="archived pages a backfill knows of; outcome NULL: still to be read",
)

listings = Table(
    "listings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("cursor", Text),
    Column("ended_at", Instant),
    comment="how far an archive's index was listed; ended_at NULL: not to its end",
)


def _rollup(name: str) -> Table:
    folds = (
        Column(f"{key}_{fold}", Integer if fold == "n" else Double, nullable=fold != "n")
        for key in KEYS
        for fold in FOLDS
    )
    return Table(
        name,
        metadata,
        Column("source", Text, primary_key=True),
        Column("start", Instant, primary_key=True),
        *folds,
        sqlite_with_rowid=False,
        comment="first, last, min, max and number of the readings of each metric",
    )


rollups_hour = _rollup("rollups_hour")
rollups_day = _rollup("rollups_day")
