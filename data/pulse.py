"""The pulse: a short text that is another one whenever a page of the store could be."""

from hashlib import blake2b
from typing import Final

from data.schema import runs, sources
from data.statements import select
from data.store import Store

RUNS: Final = 64
"""Newest runs that count: an older one has ended long ago."""


def pulse(store: Store) -> str:
    """Changes with every source, its history and what became of its runs. Raises StoreError."""
    newest = select(runs.c.id, runs.c.outcome).order_by(runs.c.id.desc()).limit(RUNS)
    with store.reading() as connection:
        known = connection.execute(select(sources.c.source, sources.c.version)).all()
        tried = connection.execute(newest).all()
    state = repr((sorted(map(tuple, known)), [*map(tuple, tried)]))
    return blake2b(state.encode(), digest_size=8).hexdigest()
