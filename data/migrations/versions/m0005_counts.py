"""What each source says its figures count."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; each source fills it at its next run."""
    op.add_column("sources", sa.Column("counts", sa.Text))
