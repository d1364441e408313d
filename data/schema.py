"""The tables, the same on SQLite and PostgreSQL; ``migrations/`` brings a store to this shape."""

from typing import Final

from data.model import KEYS
from data.sql import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Instant,
    Integer,
    LargeBinary,
    Table,
    Text,
)

REVISION: Final = "0007"
"""The newest migration; a test holds it equal to the newest file in ``migrations/versions``."""

FOLDS: Final = ("first", "last", "min", "max", "n")
"""What a rollup keeps of each metric."""


sources = Table(
    "sources",
    Column("source", Text, primary_key=True),
    Column("every_ms", BigInteger, nullable=False),
    Column("first_slot", Instant),
    Column("last_slot", Instant),
    Column("version", BigInteger, nullable=False),
    Column("label", Text),
    Column("metrics", Text),
    Column("credit", Text),
    Column("credit_url", Text),
    Column("counts", Text),
    comment="one row a source; version grows with every change a reader could see",
)

snapshots = Table(
    "snapshots",
    Column("source", Text, primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    Column("as_of", Instant),
    Column("origin", Text, nullable=False),
    Column("via", Text),
    *(Column(key, Double) for key in KEYS),
    Column("shown", Text),
    Column("problems", Text),
    comment="one look at the header; NULL in a figure: not read",
)

headlines = Table(
    "headlines",
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
    Index("headlines_seen", ("source", "first_seen_at")),
    Index("headlines_title", ("source", "title")),
    comment="one row a story; key: its address, or its title where the page gave no address",
)

runs = Table(
    "runs",
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
    Index("runs_once", ("source", "started_at", "host"), unique=True),
    Index("runs_open", ("source",)),
    Index("runs_failed", ("source", "started_at")),
    comment="every attempt, whatever became of it; outcome NULL: still running, or killed",
)

pages = Table(
    "pages",
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
    Column("source", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("slot", Instant),
    Column("not_before", Instant),
    Column("wished_at", Instant),
    comment="the validators of the page that slot was read from, and how long a server wants peace",
)

robots = Table(
    "robots",
    Column("site", Text, primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("rules", Text, nullable=False),
    comment="robots.txt of each site asked, as text",
)

captures = Table(
    "captures",
    Column("source", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("taken_at", Instant, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("digest", Text),
    Column("outcome", Text),
    Column("message", Text),
    Column("attempts", Integer, nullable=False),
    Index("captures_slot", ("source", "slot")),
    comment="archived pages a backfill knows of; outcome NULL: still to be read",
)

listings = Table(
    "listings",
    Column("source", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("cursor", Text),
    Column("ended_at", Instant),
    comment="how far an archive's index was listed; ended_at NULL: not to its end",
)

alerts = Table(
    "alerts",
    Column("source", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("cleared_at", Instant),
    Column("text", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("told_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("claimed_by", Text),
    Column("claimed_until", Instant),
    Column("level", Double),
    comment="one row a condition that held; told_at NULL: its text is still to be told to some",
)


def _rollup(name: str) -> Table:
    folds = (
        Column(f"{key}_{fold}", Integer if fold == "n" else Double, nullable=fold != "n")
        for key in KEYS
        for fold in FOLDS
    )
    return Table(
        name,
        Column("source", Text, primary_key=True),
        Column("start", Instant, primary_key=True),
        *folds,
        comment="first, last, min, max and number of the readings of each metric",
    )


rollups_hour = _rollup("rollups_hour")
rollups_day = _rollup("rollups_day")
rollups_week = _rollup("rollups_week")
ROLLUPS: Final = (rollups_hour, rollups_day, rollups_week)

TABLES: Final = (
    sources,
    snapshots,
    headlines,
    runs,
    pages,
    answers,
    robots,
    captures,
    listings,
    alerts,
    *ROLLUPS,
)
"""Every table but Alembic's own."""
