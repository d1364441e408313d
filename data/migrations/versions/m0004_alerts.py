"""What alerts' rules found, and who was told of it."""

import sqlalchemy as sa
from alembic import op

from data.migrations.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; no row changes."""
    op.create_table(
        "alerts",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("cleared_at", Instant),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("told_at", Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_until", Instant),
        comment="one row a condition that held; told_at NULL: its text is still to be told to some",
    )
