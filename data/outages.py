"""Why nothing was read: the cause of each gap, told from the runs that fell into it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from data.connection import Connection
from data.model import to_ms
from data.schema import runs, snapshots
from data.sources import SourceInfo
from data.sql import Expression, count, or_
from data.statements import Select, select
from data.unions import PART, union

MOST: Final = 80
"""Gaps whose cause is told: the longest ones."""
TRIES: Final = 200
"""Runs of a gap that are looked at: the newest ones."""

NOT_RUN: Final = "not_run"
"""Nobody looked."""
NO_CAPTURE: Final = "no_capture"
"""Nobody looked, between snapshots that archives and files gave."""
KILLED: Final = "killed"
OUTBOX: Final = "outbox"
"""The store was away."""
FAILED: Final = "failed"
"""Someone looked; the reason is none of the others."""

CAUSE: Final[Mapping[str, str]] = {
    "timeout": "timeout",
    "network": "network",
    "status": "http",
    "redirect": "http",
    "wait": "http",
    "robots": "robots",
    "content": "content",
    "empty": "content",
    "size": "content",
    "parts": "content",
    "reading": "unread",
    "shape": "unread",
    "address": "settings",
    "private": "settings",
    "usage": "settings",
    "store": OUTBOX,
    "killed": KILLED,
    "stopped": "stopped",
    "bug": "bug",
}
"""The cause that an error kind of the journal stands for."""
CAUSES: Final = frozenset((*CAUSE.values(), NOT_RUN, NO_CAPTURE, FAILED))
"""A closed list: whoever shows a cause has a word for each."""

Gap = tuple[datetime, datetime]
Found = tuple[str, int, datetime]
"""The cause of a gap, how many runs it saw and when the newest of them began."""


def outages(
    connection: Connection, source: SourceInfo, gaps: Sequence[Gap], end: datetime
) -> list[dict[str, Any]]:
    """The longest MOST of the ``gaps`` [low, high) of a span until ``end``, in time order.

    Each as {from, to, cause, message, runs}: times in ms since the epoch, the most frequent of
    CAUSES among its newest runs, what the newest of them said (None: nothing), how many they are
    (TRIES stands for that many or more). However many gaps there are, it takes three queries.
    """
    longest = sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:MOST])
    if not longest:
        return []
    tries = [_tries(source, gap, end) for gap in longest]
    causes = _causes(connection, tries)
    messages = _messages(connection, source, [last for _, _, last in causes.values()])
    unseen = [number for number in range(len(longest)) if number not in causes]
    archived = _archived(connection, source, [longest[number] for number in unseen])
    nobody = dict(zip(unseen, archived, strict=True))
    told = []
    for number, (low, high) in enumerate(longest):
        cause, tried, last = causes.get(number) or (nobody[number], 0, None)
        message = messages.get(last) if last else None
        told.append(
            {
                "from": to_ms(low),
                "to": to_ms(high),
                "cause": cause,
                "message": message,
                "runs": tried,
            }
        )
    return told


def _tries(source: SourceInfo, gap: Gap, end: datetime) -> Select:
    """The newest runs for slots of a gap.

    A run never outlives its interval: until then, one without an outcome may be under way.
    """
    low, high = gap
    run = runs.c
    known = or_(run.outcome.is_not(None), run.started_at <= end - source.every)
    query = select(run.started_at, run.outcome, run.error_kind).where(
        run.source == source.source,
        run.started_at >= low - source.every,
        run.started_at < high,
        run.slot >= low,
        run.slot < high,
        known,
    )
    return query.order_by(run.started_at.desc()).limit(TRIES)


def _causes(connection: Connection, tries: Sequence[Select]) -> dict[int, Found]:
    """By the gap's number its most frequent cause (of equals the newest), runs, newest run."""
    outcome, kind = Expression("outcome"), Expression("error_kind")
    newest = Expression("max(started_at)", (), "instant")
    query = union(tries, PART, outcome, kind, count(), newest).group_by(PART, outcome, kind)
    found: dict[int, dict[str, tuple[int, datetime]]] = {}
    for number, ended, named, times, last in connection.execute(query):
        of_gap, name = found.setdefault(number, {}), _cause(ended, named)
        before = of_gap.get(name, (0, last))
        of_gap[name] = before[0] + times, max(before[1], last)
    return {
        number: (
            max(of_gap, key=of_gap.__getitem__),
            sum(times for times, _ in of_gap.values()),
            max(last for _, last in of_gap.values()),
        )
        for number, of_gap in found.items()
    }


def _cause(outcome: str | None, kind: str | None) -> str:
    if outcome is None:
        return KILLED
    return OUTBOX if outcome == OUTBOX else CAUSE.get(kind or "", FAILED)


def _messages(
    connection: Connection, source: SourceInfo, begun: Sequence[datetime]
) -> dict[datetime, str | None]:
    run = runs.c
    query = select(run.started_at, run.message).where(run.source == source.source)
    return dict(connection.execute(query.where(run.started_at.in_(begun))))


def _archived(connection: Connection, source: SourceInfo, gaps: Sequence[Gap]) -> Iterable[str]:
    """For each gap in which nobody looked NO_CAPTURE where no live snapshot is beside it."""
    if not gaps:
        return []
    slot = snapshots.c.slot
    beside = select(snapshots.c.origin).where(snapshots.c.source == source.source).limit(1)
    parts = [
        part
        for low, high in gaps
        for part in (
            beside.where(slot < low).order_by(slot.desc()),
            beside.where(slot >= high).order_by(slot),
        )
    ]
    found = connection.execute(union(parts, PART, Expression("origin")))
    live = {number // 2 for number, origin in found if origin == "live"}
    return [NOT_RUN if number in live else NO_CAPTURE for number in range(len(gaps))]
