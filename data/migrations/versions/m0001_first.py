"""The first schema."""

import sqlalchemy as sa
from alembic import op

from data.migrations.types import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEYS = ("dapps", "blockchains", "active_users", "volume_30d", "transactions_30d")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "sources",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("every_ms", sa.BigInteger, nullable=False),
        sa.Column("first_slot", Instant),
        sa.Column("last_slot", Instant),
        sa.Column("version", sa.BigInteger, nullable=False),
        comment="one row a source; version grows with every change a reader could see",
    )
    op.create_table(
        "snapshots",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("slot", Instant, primary_key=True),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("as_of", Instant),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("via", sa.Text),
        *(sa.Column(key, sa.Double) for key in KEYS),
        sa.Column("shown", sa.Text),
        sa.Column("problems", sa.Text),
        sqlite_with_rowid=False,
        comment="one look at the header; NULL in a figure: not read",
    )
    op.create_table(
        "headlines",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("url", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("published_from", Instant),
        sa.Column("published_to", Instant),
        sa.Column("first_seen_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("lead", sa.Boolean, nullable=False),
        comment="one row a story; key: its address, or its title where the page gave no address",
    )
    op.create_index("headlines_seen", "headlines", ["source", "first_seen_at"])
    op.create_index("headlines_title", "headlines", ["source", "title"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("slot", Instant, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("outcome", sa.Text),
        sa.Column("error_kind", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("http_status", sa.Integer),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.UniqueConstraint("source", "started_at", "host", name="runs_once"),
        comment="every attempt, whatever became of it; outcome NULL: still running, or killed",
    )
    op.create_table(
        "pages",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("slot", Instant, primary_key=True),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        comment="pages that were not read fully, gzipped; the newest 200 a source",
    )
    for table in ("rollups_hour", "rollups_day"):
        op.create_table(
            table,
            sa.Column("source", sa.Text, primary_key=True),
            sa.Column("start", Instant, primary_key=True),
            *(
                column
                for key in KEYS
                for column in (
                    sa.Column(f"{key}_first", sa.Double),
                    sa.Column(f"{key}_last", sa.Double),
                    sa.Column(f"{key}_min", sa.Double),
                    sa.Column(f"{key}_max", sa.Double),
                    sa.Column(f"{key}_n", sa.Integer, nullable=False),
                )
            ),
            sqlite_with_rowid=False,
            comment="first, last, min, max and number of the readings of each metric",
        )
