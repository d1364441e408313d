"""What a monitor asks of a source: its newest figures, its newest run, its runs of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data import journal
from data.model import Outcome, Run, Snapshot
from data.schema import headlines, runs
from data.sql import count
from data.statements import Select, select
from data.status import State, state
from data.store import Store

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Vitals:
    """One source at one moment."""

    source: str
    every: timedelta | None
    """None where nobody said yet how often it is looked at."""
    state: State
    newest: Snapshot | None
    """The newest snapshot, with or without figures."""
    read: Snapshot | None
    """The newest one in which a figure was read."""
    run: Run | None
    """The newest run."""
    outcomes: Mapping[Outcome | None, int]
    """Runs begun within a DAY, by outcome; None: under way, or killed."""
    headlines: int


def vitals(store: Store, source: str, every: timedelta | None, now: datetime) -> Vitals:
    """The source as the store knows it at ``now``; only its headlines are counted whole."""
    read = store.latest_read(source, now)
    error = next(iter(journal.errors(store, source, 1)), None)
    return Vitals(
        source=source,
        every=every,
        state=state(source, every, now, read.taken_at if read else None, error),
        newest=store.latest(source),
        read=read,
        run=store.last_run(source),
        outcomes=_outcomes(store, source, now - DAY),
        headlines=_headlines(store, source),
    )


def runs_since(source: str, since: datetime) -> Select:
    """Runs begun after ``since`` by outcome: one stretch of an index, never the whole journal."""
    query = select(runs.c.outcome, count()).where(runs.c.source == source)
    return query.where(runs.c.started_at > since).group_by(runs.c.outcome)


def _outcomes(store: Store, source: str, since: datetime) -> dict[Outcome | None, int]:
    with store.reading() as connection:
        return dict(connection.execute(runs_since(source, since)))


def _headlines(store: Store, source: str) -> int:
    query = select(count()).select_from(headlines).where(headlines.c.source == source)
    with store.reading() as connection:
        return int(connection.scalar(query) or 0)
