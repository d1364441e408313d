"""Two years of synthetic history, so that there is something to look at before there is a history.

Always kept as the source ``sample``; nothing here describes the real dapp.expert.
"""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from data.model import (
    KEYS,
    METRIC,
    SAMPLE,
    Headline,
    Look,
    Reading,
    SeenHeadline,
    Snapshot,
    slot_of,
)
from data.rounding import SCALES, compact, half_width
from data.store import Store

EVERY: Final = timedelta(hours=1)
SPAN: Final = timedelta(days=730)
STORIES: Final = 700
_DAY: Final = timedelta(days=1)

_START: Final = {
    "dapps": 14_800.0,
    "blockchains": 61.0,
    "active_users": 41e6,
    "volume_30d": 212e9,
    "transactions_30d": 640e6,
}
_DRIFT: Final = {
    "dapps": 0.12,
    "blockchains": 0.19,
    "active_users": 0.22,
    "volume_30d": 0.18,
    "transactions_30d": 0.16,
}
"""Growth a year, as the logarithm's slope."""
_SWING: Final = {"dapps": 0.0004, "blockchains": 0.0, "active_users": 0.006}
"""Spread of one day's change of the logarithm, of what is no sum."""
_UNREST: Final = {"volume_30d": 0.12, "transactions_30d": 0.05}
"""Spread of the logarithm of one day of a sum around the day before."""
_WEEKEND: Final = {"volume_30d": 0.78, "transactions_30d": 0.92}
"""A day of a weekend, as a part of another one."""
_KEPT: Final = 0.6
"""How much of a day's distance from the usual the next one keeps."""
_BUSY: Final = 0.012
"""How likely a day is that has half as much again, or more."""
_WINDOW: Final = 30

_SUBJECTS: Final = (
    "A lending market",
    "A game studio",
    "A wallet maker",
    "A bridge team",
    "A stablecoin issuer",
    "A name service",
    "An exchange",
    "A rollup operator",
    "A data network",
    "A ticket seller",
)
_DEEDS: Final = (
    "opens its test network",
    "publishes a second audit",
    "halves its fees for a month",
    "moves its treasury on chain",
    "pauses withdrawals for an upgrade",
    "counts its millionth user",
    "joins a standards group",
    "retires its first contract",
    "adds support for passkeys",
    "shares its yearly report",
)
_AUTHORS: Final = ("Sample Author One", "Sample Author Two", "Sample Author Three")


def load(store: Store, now: datetime) -> int:
    """Fill ``store`` with the sample up to ``now``; the number of snapshots that were new."""
    every = {SAMPLE: EVERY}
    added = store.add(history(now), every)
    store.add_headlines(stories(now), every)
    return added.new


def history(now: datetime) -> Iterator[Snapshot]:
    """Hourly snapshots of the two years before ``now``, with outages and missing figures."""
    chance = random.Random(2020)
    end = slot_of(now, EVERY)
    slots = SPAN // EVERY
    outages = [(chance.randrange(slots), chance.randint(3, 60)) for _ in range(9)]
    first = slot_of(end - SPAN, _DAY)
    sums = {key: _Sum(key, first, random.Random(2022)) for key in _UNREST}
    levels = {key: _START[key] for key in _SWING}
    for index in range(slots + 1):
        slot = end - (slots - index) * EVERY
        if index % 24 == 0:
            _next_day(levels, chance)
        missing = "active_users" if chance.random() < 0.002 else None
        if any(begin <= index < begin + length for begin, length in outages):
            continue
        values = levels | {key: one.at(slot) for key, one in sums.items()}
        readings = {key: _reading(key, values[key], key == missing) for key in KEYS}
        taken_at = min(slot + timedelta(seconds=4), now)
        yield Snapshot(SAMPLE, slot, taken_at, "live", Look(readings, "page"))


def _next_day(values: dict[str, float], chance: random.Random) -> None:
    for key in values:
        values[key] *= math.exp(_DRIFT[key] / 365 + chance.gauss(0.0, _SWING[key]))


class _Sum:
    """A rolling sum of days with their weekends, their unrest and a busy day now and then."""

    def __init__(self, key: str, first: datetime, chance: random.Random) -> None:
        self._first = first - _WINDOW * _DAY
        self._totals = [0.0]
        """What came until each day's begin."""
        distance = 0.0
        for number in range(_WINDOW + SPAN // _DAY + 2):
            distance = _KEPT * distance + chance.gauss(0.0, _UNREST[key])
            usual = _START[key] / _WINDOW * math.exp(_DRIFT[key] * number / 365 + distance)
            weekend = (self._first + number * _DAY).weekday() >= 5
            busy = chance.uniform(1.5, 2.5) if chance.random() < _BUSY else 1.0
            self._totals.append(
                self._totals[-1] + usual * busy * (_WEEKEND[key] if weekend else 1.0)
            )

    def at(self, moment: datetime) -> float:
        """The sum of the thirty days before ``moment``."""
        return self._until(moment) - self._until(moment - _WINDOW * _DAY)

    def _until(self, moment: datetime) -> float:
        days, rest = divmod(moment - self._first, _DAY)
        before, after = self._totals[days : days + 2]
        return before + (after - before) * (rest / _DAY)


def _reading(key: str, value: float, missing: bool) -> Reading:
    metric = METRIC[key]
    if missing:
        return Reading(None, None, metric.unit, None, "the page left the figure empty (sample)")
    shown = compact(metric, round(value))
    number = shown.lstrip("$")
    scale = SCALES.get(number[-1], 1)
    read = round(float(number.rstrip("KMBT")) * scale, 2)
    return Reading(read, half_width(metric, read, shown, "page"), metric.unit, shown)


def stories(now: datetime) -> Iterator[SeenHeadline]:
    """Made-up headlines over the same two years, each named as sample."""
    chance = random.Random(2021)
    for number in range(STORIES):
        published = slot_of(now - SPAN * chance.random() ** 1.3, timedelta(minutes=1))
        seen = slot_of(published, EVERY) + EVERY
        headline = Headline(
            title=f"{chance.choice(_SUBJECTS)} {chance.choice(_DEEDS)} (sample {number + 1})",
            summary="A made-up story that stands where a real one would.",
            author=chance.choice(_AUTHORS),
            published_from=published,
            published_to=published,
        )
        yield SeenHeadline(headline, SAMPLE, min(seen, now), min(seen + timedelta(days=2), now))
