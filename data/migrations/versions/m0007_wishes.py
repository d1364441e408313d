"""When a server asked to be left alone."""

import sqlalchemy as sa
from alembic import op

from data.migrations.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was asked before nobody knows when."""
    op.add_column("answers", sa.Column("wished_at", Instant))
