"""Up to where a move was told."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was told before has none."""
    op.add_column("alerts", sa.Column("level", sa.Double))
