"""How each source is doing, told from the store alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from data import journal
from data.model import KEYS, SAMPLE, Run, iso, slot_of
from data.store import Store
from data.strip import STRETCH, Strip, strip

STALE_AFTER: Final = 3
"""Slots without a success after which a source is stale."""
MOST_ERRORS: Final = 5

State = Literal["fresh", "failing", "stale", "no_data", "sample"]
STATES: Final[Mapping[State, str]] = {
    "fresh": "fresh",
    "failing": "failing",
    "stale": "stale",
    "no_data": "no data",
    "sample": "sample",
}
"""The word for each state, wherever one is told."""
COLOURS: Final[Mapping[State, str]] = {
    "fresh": "green",
    "failing": "red",
    "stale": "yellow",
    "no_data": "red",
    "sample": "magenta",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One source at one moment."""

    source: str
    every: timedelta
    state: State
    last_success: datetime | None
    """The ``taken_at`` of the newest snapshot with a figure."""
    age: timedelta | None
    next_slot: datetime
    expected: int
    """Slots of the stretch, since it was first looked at, that should have a snapshot."""
    missed: int
    """Those of them that hold no figure."""
    late: int
    """Those of them that were looked at only after a quarter of their time."""
    strip: Strip
    last_run: Run | None
    errors: tuple[Run, ...]
    """The newest runs that did not come to a whole snapshot, newest first."""
    pages: int

    @property
    def last_error(self) -> Run | None:
        """The newest of them."""
        return next(iter(self.errors), None)

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
            "state": self.state,
            "stale": self.stale,
            "next_slot": iso(self.next_slot),
            "expected_slots": self.expected,
            "missed_slots": self.missed,
            "late_slots": self.late,
            "last_outcome": self.last_run and self.last_run.outcome,
            "last_error": error and {"at": iso(error.started_at), "message": error.message},
            "kept_pages": self.pages,
        }


def state(
    source: str,
    every: timedelta | None,
    now: datetime,
    success: datetime | None,
    error: Run | None,
) -> State:
    """How a source is doing whose newest success and newest error these are.

    What is synthetic does neither well nor badly.
    """
    if source == SAMPLE:
        return "sample"
    if success is None or every is None:
        return "no_data"
    if now - success >= STALE_AFTER * every:
        return "stale"
    lost = error is not None and error.outcome != "partial" and error.started_at > success
    return "failing" if lost else "fresh"


def status(
    store: Store,
    source: str,
    every: timedelta,
    now: datetime,
    given: Sequence[str] = KEYS,
    stretch: timedelta = STRETCH,
) -> Status:
    """The source, which gives the figures ``given``, as the store knows it at ``now``.

    Its slots are those of the ``stretch`` before.
    """
    newest, first = store.latest_read(source, now), store.first_try(source)
    slots = strip(store, source, every, now, first, given, stretch)
    success = newest.taken_at if newest else None
    errors = tuple(journal.errors(store, source, MOST_ERRORS))
    return Status(
        source=source,
        every=every,
        state=state(source, every, now, success, next(iter(errors), None)),
        last_success=success,
        age=now - success if success else None,
        next_slot=slot_of(now, every) + every,
        expected=slots.expected,
        missed=slots.missed,
        late=slots.late,
        strip=slots,
        last_run=store.last_run(source),
        errors=errors,
        pages=store.page_count(source),
    )


def statuses(store: Store, every: Mapping[str, timedelta], now: datetime) -> list[Status]:
    """The sources that are looked at so often, then every other one that the store knows."""
    known = store.sources()
    others = {info.source: info.every for info in known if info.source not in every}
    given = {info.source: info.about.metrics for info in known}
    return [
        status(store, source, step, now, given.get(source, KEYS))
        for source, step in {**every, **others}.items()
    ]
