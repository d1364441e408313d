"""What collectors need to be left alone: validators, robots.txt, captures, and whose run it was."""

import sqlalchemy as sa
from alembic import op

from data.migrations.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns; no row changes."""
    for column in ("label", "metrics", "credit", "credit_url"):
        op.add_column("sources", sa.Column(column, sa.Text))
    op.add_column("runs", sa.Column("pid", sa.Integer))
    op.create_index(
        "runs_open",
        "runs",
        ["source"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "runs_failed",
        "runs",
        ["source", "started_at"],
        sqlite_where=sa.text("outcome IN ('failed', 'outbox', 'partial')"),
        postgresql_where=sa.text("outcome IN ('failed', 'outbox', 'partial')"),
    )
    op.create_table(
        "answers",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("slot", Instant),
        sa.Column("not_before", Instant),
        comment="the validators of the page that slot was read from, and how long a server wants "
        "peace",
    )
    op.create_table(
        "robots",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        comment="robots.txt of each site asked, as text",
    )
    op.create_table(
        "captures",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("slot", Instant, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("digest", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        comment="archived pages a backfill knows of; outcome NULL: still to be read",
    )
    op.create_index("captures_slot", "captures", ["source", "slot"])
    op.create_table(
        "listings",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text),
        sa.Column("ended_at", Instant),
        comment="how far an archive's index was listed; ended_at NULL: not to its end",
    )
