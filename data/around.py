"""The headlines around some moments: how many there are, and the newest of each."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from data.connection import Connection
from data.model import MILLISECOND, SeenHeadline, from_ms
from data.places import ORDER, SHOWN_AT
from data.rows import seen_of
from data.schema import headlines
from data.sql import as_ms
from data.statements import select
from data.store import Store

REACH: Final = timedelta(hours=24)
MOST: Final = 5
_CHUNK: Final = 500

Around = tuple[Sequence[SeenHeadline], int]
"""The newest headlines around a moment, and how many there are."""


def around(store: Store, source: str, moments: Sequence[int]) -> list[Around]:
    """For each of ``moments`` (ms) the headlines that stand within REACH of it (see SHOWN_AT),
    newest first, at most MOST of them. Raises StoreError.
    """
    if not moments:
        return []
    reach = REACH // MILLISECOND
    low, high = from_ms(min(moments) - reach), from_ms(max(moments) + reach)
    query = select(as_ms(SHOWN_AT), headlines.c.key).where(
        headlines.c.source == source, low <= SHOWN_AT, high >= SHOWN_AT
    )
    with store.reading() as connection:
        standing = connection.execute(query.order_by(*ORDER)).tuples()
        ages = [-at for at, _ in standing]
        spans = [
            (bisect_left(ages, -moment - reach), bisect_right(ages, -moment + reach))
            for moment in moments
        ]
        shown = [
            [key for _, key in standing[first : min(end, first + MOST)]] for first, end in spans
        ]
        seen = _by_key(connection, source, sorted({key for keys in shown for key in keys}))
    counts = (end - first for first, end in spans)
    return [([seen[key] for key in keys], count) for keys, count in zip(shown, counts, strict=True)]


def _by_key(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, SeenHeadline]:
    found: dict[str, SeenHeadline] = {}
    for first in range(0, len(keys), _CHUNK):
        wanted = headlines.c.key.in_(keys[first : first + _CHUNK])
        rows = connection.execute(select(headlines).where(headlines.c.source == source, wanted))
        found |= {row.key: seen_of(row) for row in rows}
    return found
