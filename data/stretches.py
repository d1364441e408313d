"""The time of several sources cut into stretches: those of one source alone, and mixed ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.connection import Connection
from data.schema import snapshots
from data.sql import Expression, and_
from data.statements import select


@dataclass(frozen=True, slots=True)
class Stretch:
    """The snapshots of ``sources`` whose slots lie in [start, end)."""

    start: datetime
    end: datetime | None
    """None: up to the last."""
    sources: tuple[str, ...]

    @property
    def condition(self) -> Expression:
        """What holds for its snapshots."""
        slot = snapshots.c.slot
        ends = [] if self.end is None else [slot < self.end]
        return and_(snapshots.c.source.in_(self.sources), slot >= self.start, *ends)


def stretches(
    connection: Connection,
    sources: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    most: int,
) -> Iterator[Stretch]:
    """The snapshots in [start, end), in order of time.

    A stretch of one source may be of any length; a mixed one has about ``most`` snapshots.
    """
    share = max(most // max(len(sources), 1), 1)
    while True:
        ahead = _ahead(connection, sources, start, end)
        if not ahead:
            return
        first = min(ahead, key=lambda source: (ahead[source], source))
        others = [slot for source, slot in ahead.items() if source != first]
        start, until = ahead[first], min(others, default=end)
        alone = not others or _is_before(_further(connection, first, start, end, share), until)
        if alone:
            yield Stretch(start, until, (first,))
        else:
            borders = [_further(connection, source, start, end, share) for source in ahead]
            until = min((border for border in borders if border is not None), default=end)
            yield Stretch(start, until, tuple(ahead))
        if until is None or until == end:
            return
        start = until


def parts(connection: Connection, stretch: Stretch, most: int) -> Iterator[Stretch]:
    """A stretch of one source in shorter ones of ``most`` snapshots each; a mixed one as it is."""
    if len(stretch.sources) > 1:
        yield stretch
        return
    start: datetime | None = stretch.start
    while start is not None:
        border = _further(connection, stretch.sources[0], start, stretch.end, most)
        yield Stretch(start, border or stretch.end, stretch.sources)
        start = border


def _is_before(border: datetime | None, until: datetime | None) -> bool:
    return border is not None and until is not None and border <= until


def _ahead(
    connection: Connection, sources: Sequence[str], start: datetime | None, end: datetime | None
) -> dict[str, datetime]:
    """By source its first slot in [start, end); without those that have none."""
    found = {source: _further(connection, source, start, end, 0) for source in sources}
    return {source: slot for source, slot in found.items() if slot is not None}


def _further(
    connection: Connection,
    source: str,
    start: datetime | None,
    end: datetime | None,
    number: int,
) -> datetime | None:
    """The slot of a source that stands ``number`` snapshots after its first in [start, end)."""
    slot = snapshots.c.slot
    asked = select(slot).where(snapshots.c.source == source)
    if start is not None:
        asked = asked.where(slot >= start)
    if end is not None:
        asked = asked.where(slot < end)
    found: datetime | None = connection.scalar(asked.order_by(slot).limit(1).offset(number))
    return found
