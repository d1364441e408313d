"""Several SELECTs asked at once: one round trip however many spans there are to look into."""

from collections.abc import Sequence
from typing import Final

from data.sql import Expression
from data.statements import Select

PART: Final = Expression("part", (), "integer")
"""The number of the SELECT that a row comes from."""


def union(parts: Sequence[Select], *wanted: Expression) -> Select:
    """``wanted`` from the rows of all ``parts``: their columns by name, and PART.

    Each keeps its own order and limit. SQLite takes at most 500 of them.
    """
    rendered = [part.render() for part in parts]
    rows = " UNION ALL ".join(
        f"SELECT {number} AS part, p{number}.* FROM ({sql}) AS p{number}"  # noqa: S608 - no value stands in it
        for number, (sql, _) in enumerate(rendered)
    )
    params = tuple(value for _, values in rendered for value in values)
    return Select(wanted, f"({rows}) AS parts", before=params)
