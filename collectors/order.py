"""What to reach back for, as it is ordered on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from collectors.jobs import Job, jobs
from collectors.saved import check_paths
from data.errors import UsageError
from data.settings import Settings
from data.times import duration, moment, shown_duration

NAMED: Final = ("wayback", "commoncrawl")
"""Archives that have a name; any other place is a path."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to reach back for."""

    job: Job
    places: tuple[str, ...]
    """``wayback``, ``commoncrawl`` or paths."""
    since: datetime | None
    until: datetime
    every: timedelta
    """One capture a span of this length."""

    @property
    def paths(self) -> list[Path]:
        """The places that are files or folders."""
        return [Path(place) for place in self.places if place not in NAMED]


def order(
    settings: Settings,
    source: str,
    places: Sequence[str],
    now: datetime,
    *,
    since: str | None = None,
    until: str | None = None,
    every: str = "1d",
    url: str | None = None,
) -> Order:
    """The order as given on the command line. Raises UsageError."""
    [job] = jobs(settings, [source], url)
    if job.collector.parts:
        raise UsageError(f"The source {source} is no page that archives keep: it has no history.")
    check_paths(Path(place) for place in places if place not in NAMED)
    start = None if since is None else moment(since, now)
    end = now if until is None else min(now, moment(until, now))
    if start is not None and start >= end:
        raise UsageError("--since lies after --until: there is nothing between them.")
    span = duration(every)
    if span < job.every:
        shown = shown_duration(job.every)
        raise UsageError(f"--every {every} is shorter than a slot of {source}, {shown}.")
    return Order(job, tuple(dict.fromkeys(places)), start, end, span)
