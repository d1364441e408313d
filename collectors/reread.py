"""Kept pages read again, after the reader or the rules were mended: NULLs become values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from collectors import COLLECTORS, suspect
from data.errors import SourceError
from data.kept import KeptPage, kept_pages
from data.model import Look, Snapshot
from data.store import Store


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading the kept pages of a source again brought."""

    source: str
    pages: int = 0
    filled: int = 0
    """Slots that gained figures."""
    left: int = 0
    """Pages that are still not read fully; they stay."""

    @property
    def sentence(self) -> str:
        """One line for a person."""
        if not self.pages:
            return f"{self.source}: no page is kept"
        return (
            f"{self.source}: {self.pages} kept pages read again, "
            f"{self.filled} slots gained figures, {self.left} pages are still not read fully"
        )


def reread(store: Store, source: str) -> Reread:
    """Read every kept page of the source with today's reader and store what it gives.

    What was known stays as it is; a page whose slot is whole by now is let go. Raises StoreError.
    """
    every = _interval(store, source)
    pages = filled = left = 0
    for kept in kept_pages(store, source):
        gained, whole = _again(store, kept, every)
        pages, filled, left = pages + 1, filled + gained, left + (not whole)
    return Reread(source, pages, filled, left)


def rereadable(store: Store) -> Iterator[str]:
    """The sources with kept pages that there is a reader for."""
    yield from (name for name in COLLECTORS if store.page_count(name))


def _interval(store: Store, source: str) -> timedelta:
    info = store.source(source)
    return COLLECTORS[source].every if info is None else info.every


def _again(store: Store, kept: KeptPage, every: timedelta) -> tuple[bool, bool]:
    """Whether the slot gained figures, and whether it is whole now."""
    look = _look(kept)
    if look is None or look.empty:
        return False, False
    snapshot = Snapshot(kept.source, kept.slot, kept.page.taken_at, kept.origin, look)
    snapshot = suspect.judged(store, snapshot)
    if snapshot.look.empty:
        return False, False
    saved = store.save(snapshot, every, None if snapshot.look.complete else kept.page)
    known = store.snapshot(kept.source, kept.slot)
    return saved != "duplicate", known is not None and known.look.has(snapshot.look.readings)


def _look(kept: KeptPage) -> Look | None:
    try:
        return COLLECTORS[kept.source].read(kept.page)
    except SourceError:
        return None
