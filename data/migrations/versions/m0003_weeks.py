"""Rollups of weeks, for charts of many years; made from those of days."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from data.migrations.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = ("dapps", "blockchains", "active_users", "volume_30d", "transactions_30d")
WEEK_MS = 7 * 24 * 3_600_000
MANY = 500
"""Rows written at once."""


def upgrade() -> None:
    """Create the table and fill it."""
    columns = _columns()
    op.create_table(
        "rollups_week",
        *columns,
        sqlite_with_rowid=False,
        comment="first, last, min, max and number of the readings of each metric",
    )
    days = sa.table("rollups_day", *(sa.column(one.name, one.type) for one in columns))
    weeks = sa.table("rollups_week", *(sa.column(one.name, one.type) for one in columns))
    connection = op.get_bind()
    found = connection.execute(sa.select(days).order_by(days.c.source, days.c.start)).mappings()
    rows = list(_folded(found))
    for at in range(0, len(rows), MANY):
        connection.execute(weeks.insert(), rows[at : at + MANY])


def _columns() -> list[sa.Column[Any]]:
    values = ("first", "last", "min", "max")
    return [
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("start", Instant, primary_key=True),
        *(
            column
            for key in KEYS
            for column in (
                *(sa.Column(f"{key}_{fold}", sa.Double) for fold in values),
                sa.Column(f"{key}_n", sa.Integer, nullable=False),
            )
        ),
    ]


def _folded(days: Any) -> Iterator[dict[str, Any]]:
    """A row for each week that has a day; ``days`` by source, oldest first."""
    for (source, start), group in groupby(days, lambda day: (day["source"], _week(day["start"]))):
        held = list(group)
        row = {"source": source, "start": start}
        for key in KEYS:
            read = [day for day in held if day[f"{key}_n"]]
            row |= {
                f"{key}_first": read[0][f"{key}_first"] if read else None,
                f"{key}_last": read[-1][f"{key}_last"] if read else None,
                f"{key}_min": min((day[f"{key}_min"] for day in read), default=None),
                f"{key}_max": max((day[f"{key}_max"] for day in read), default=None),
                f"{key}_n": sum(day[f"{key}_n"] for day in read),
            }
        yield row


def _week(start: Any) -> Any:
    """When the week of a day began, in the form that the database has times in."""
    if not isinstance(start, datetime):
        return start - start % WEEK_MS
    ms = round(start.timestamp() * 1000)
    return datetime.fromtimestamp((ms - ms % WEEK_MS) / 1000, UTC)
