"""What ``/metrics`` tells of each source: every gauge with its name, words and samples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from dashboard.healthz import FRESH, fresh
from data.model import METRIC, Outcome, Reading, to_ms
from data.status import STATES
from data.vitals import Vitals

OUTCOMES: Final = (*get_args(Outcome), None)
UNFINISHED: Final = "unfinished"
"""The outcome of a run that is under way, or was killed."""
_FIGURE: Final = ("metric", "unit")

Labelled = Iterator[tuple[tuple[str, ...], float | None]]
"""The values of the labels behind ``source``, and the number; None is no sample at all."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: its name, what it is, and how it is told of a source."""

    name: str
    about: str
    labels: tuple[str, ...]
    samples: Callable[[Vitals, datetime], Labelled]


def _one(read: Callable[[Vitals, datetime], float | None]) -> Callable[..., Labelled]:
    """The samples of a metric that has one for a source."""

    def samples(found: Vitals, now: datetime) -> Labelled:
        yield (), read(found, now)

    return samples


def _seconds(instant: datetime | None) -> float | None:
    return None if instant is None else to_ms(instant) / 1000


def _fresh(found: Vitals, now: datetime) -> bool:
    return found.every is not None and fresh(found.read, found.every, now)


def _figures(read: Callable[[Reading], float | None]) -> Callable[..., Labelled]:
    """The samples of a metric that has one for a figure, as long as the source is fresh."""

    def samples(found: Vitals, now: datetime) -> Labelled:
        if found.read is not None and _fresh(found, now):
            for key, reading in found.read.look.readings.items():
                yield (key, METRIC[key].unit), read(reading)

    return samples


def _unread(found: Vitals, _now: datetime) -> Labelled:
    for key, reading in found.newest.look.readings.items() if found.newest else ():
        yield (key,), float(reading.value is None)


def _states(found: Vitals, _now: datetime) -> Labelled:
    for state in STATES:
        if state != "sample":
            yield (state,), float(found.state == state)


def _runs(found: Vitals, _now: datetime) -> Labelled:
    for outcome in OUTCOMES:
        yield (outcome or UNFINISHED,), found.outcomes.get(outcome, 0)


def _last_run(found: Vitals, _now: datetime) -> Labelled:
    if found.run is not None:
        for outcome in OUTCOMES:
            yield (outcome or UNFINISHED,), float(found.run.outcome == outcome)


def _duration(found: Vitals, _now: datetime) -> float | None:
    run = found.run
    return (run.ended_at - run.started_at).total_seconds() if run and run.ended_at else None


GAUGES: Final = (
    Gauge(
        "masthead_reading",
        f"A figure of the newest snapshot, in its unit; told while that is younger than {FRESH} "
        "intervals. No sample: not read.",
        _FIGURE,
        _figures(lambda reading: reading.value),
    ),
    Gauge(
        "masthead_reading_half_width",
        "How far the figure may lie from the true one, because the source rounds; 0: exact.",
        _FIGURE,
        _figures(lambda reading: reading.half_width),
    ),
    Gauge(
        "masthead_reading_missing",
        "1 when the newest snapshot lacks this figure, which its source gives.",
        ("metric",),
        _unread,
    ),
    Gauge(
        "masthead_snapshot_age_seconds",
        "Time since the newest snapshot with a figure was taken.",
        (),
        _one(
            lambda found, now: (now - found.read.taken_at).total_seconds() if found.read else None
        ),
    ),
    Gauge(
        "masthead_slot_timestamp_seconds",
        "The slot of the newest snapshot with a figure.",
        (),
        _one(lambda found, _: _seconds(found.read.slot) if found.read else None),
    ),
    Gauge(
        "masthead_interval_seconds",
        "How often the source is looked at.",
        (),
        _one(lambda found, _: found.every.total_seconds() if found.every else None),
    ),
    Gauge(
        "masthead_fresh",
        f"1 while the newest success is younger than {FRESH} intervals, as for /healthz.",
        (),
        _one(lambda found, now: float(_fresh(found, now))),
    ),
    Gauge("masthead_state", "1 for the state the source is in.", ("state",), _states),
    Gauge(
        "masthead_runs_last_24h",
        "Runs begun within the last 24 hours; unfinished: under way, or killed.",
        ("outcome",),
        _runs,
    ),
    Gauge(
        "masthead_last_run_timestamp_seconds",
        "When the newest run began.",
        (),
        _one(lambda found, _: _seconds(found.run.started_at) if found.run else None),
    ),
    Gauge(
        "masthead_last_run_duration_seconds",
        "How long the newest run took; none while it is under way.",
        (),
        _one(_duration),
    ),
    Gauge(
        "masthead_last_run_outcome",
        "1 for what became of the newest run.",
        ("outcome",),
        _last_run,
    ),
    Gauge(
        "masthead_last_run_http_status",
        "What the source's server answered to the newest run.",
        (),
        _one(lambda found, _: found.run.http_status if found.run else None),
    ),
    Gauge(
        "masthead_headlines",
        "Headlines that are known.",
        (),
        _one(lambda found, _: found.headlines),
    ),
)
