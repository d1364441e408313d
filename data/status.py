"""How each source is doing, told from the store alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.model import Run, iso, slot_of
from data.store import Store

STRETCH: Final = timedelta(days=30)
"""How far back missed slots are counted."""
LATE_AFTER: Final = 4
"""The part of a slot after which a snapshot of it is late: a quarter."""
STALE_AFTER: Final = 3
"""Slots without a success after which a source is stale."""


@dataclass(frozen=True, slots=True)
class Status:
    """One source at one moment."""

    source: str
    every: timedelta
    last_success: datetime | None
    """The ``taken_at`` of the newest snapshot with a figure."""
    age: timedelta | None
    next_slot: datetime
    expected: int
    """Slots of the last 30 days, since it was first looked at, that should have a snapshot."""
    missed: int
    late: int
    """Slots of the last 30 days that were looked at only after a quarter of their time."""
    last_run: Run | None
    last_error: Run | None
    pages: int

    @property
    def stale(self) -> bool:
        """Whether no figure was read for three intervals, or ever."""
        return self.age is None or self.age >= STALE_AFTER * self.every

    def json(self) -> dict[str, Any]:
        """The object that ``status --json`` prints."""
        error = self.last_error
        return {
            "source": self.source,
            "every_s": self.every.total_seconds(),
            "last_success": self.last_success and iso(self.last_success),
            "age_s": None if self.age is None else self.age.total_seconds(),
            "stale": self.stale,
            "next_slot": iso(self.next_slot),
            "expected_slots": self.expected,
            "missed_slots": self.missed,
            "late_slots": self.late,
            "last_outcome": self.last_run and self.last_run.outcome,
            "last_error": error and {"at": iso(error.started_at), "message": error.message},
            "kept_pages": self.pages,
        }


def status(store: Store, source: str, every: timedelta, now: datetime) -> Status:
    """The source as the store knows it at ``now``."""
    newest, first = store.latest_read(source, now), store.first_try(source)
    current = slot_of(now, every)
    expected = missed = late = 0
    if first is not None:
        since = max(slot_of(first, every), slot_of(now - STRETCH, every) + every)
        expected = max(0, (current - since) // every)
        held = {slot_of(slot, every) for slot in store.slots(source, since, current)}
        missed = expected - len(held)
        late = sum(
            taken_at - slot > every / LATE_AFTER
            for slot, taken_at in store.taken(source, since, current)
        )
    return Status(
        source=source,
        every=every,
        last_success=newest.taken_at if newest else None,
        age=now - newest.taken_at if newest else None,
        next_slot=current + every,
        expected=expected,
        missed=missed,
        late=late,
        last_run=store.last_run(source),
        last_error=store.last_run(source, ("failed", "outbox", "partial")),
        pages=store.page_count(source),
    )
