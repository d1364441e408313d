"""Snapshots for the tests, as a collector would have read them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from data.model import METRICS, Headline, Look, Reading, Snapshot, slot_of
from data.rounding import compact, half_width

HOUR = timedelta(hours=1)
SEEN = (16_230.0, 78.0, 66_470_000.0, 303_260_000_000.0, 879_240_000.0)
"""The five figures of one look at the site."""


def snapshot(
    taken_at: datetime,
    values: Iterable[float | None] = SEEN,
    headlines: Iterable[Headline] = (),
    source: str = "dapp_expert",
) -> Snapshot:
    """One look at the header; None is a figure that the page left empty."""
    readings = {}
    for metric, value in zip(METRICS, values, strict=True):
        if value is None:
            readings[metric.key] = Reading(None, None, metric.unit, None, "the page left it empty")
            continue
        shown = compact(metric, value)
        width = half_width(metric, value, shown, "page")
        readings[metric.key] = Reading(value, width, metric.unit, shown)
    look = Look(readings, "page", headlines=tuple(headlines))
    return Snapshot(source, slot_of(taken_at, HOUR), taken_at, "live", look)
