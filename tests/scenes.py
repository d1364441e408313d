"""Stores to look at the page with: empty, stale, full, and several sources side by side.

All figures and stories are made up; a store with them is for pictures and tests only.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from collectors import quantity
from data import clock, journal, sample
from data.model import (
    METRIC,
    About,
    Headline,
    Look,
    Reading,
    Run,
    SeenHeadline,
    Snapshot,
    Via,
    slot_of,
)
from data.rounding import compact
from data.store import Store

HOUR: Final = timedelta(hours=1)
LEVELS: Final = {
    "dapps": 16_230.0,
    "blockchains": 78.0,
    "active_users": 66.47e6,
    "volume_30d": 303.26e9,
    "transactions_30d": 879.24e6,
}
STORIES: Final = (
    "A ferry company sells its tickets on a chain",
    "Two bridges agree on one list of fees",
    "A wallet learns to speak aloud",
    "An archive of games moves to a public ledger",
    "Auditors publish what they found in a lending pool",
    "A city counts bicycles with tokens",
)


def empty(store: Store) -> None:
    """Nothing but one try that failed."""
    fail(store, clock.now() - timedelta(minutes=3))


def stale(store: Store) -> None:
    """Three weeks of hourly snapshots that end seven hours ago; every try since has failed."""
    now = clock.now()
    store.add(walk("dapp_expert", now - timedelta(days=21), now - 7 * HOUR), {"dapp_expert": HOUR})
    stories(store, "dapp_expert", now - timedelta(days=21), now - 7 * HOUR)
    for ago in range(6, -1, -1):
        fail(store, slot_of(now, HOUR) - ago * HOUR + timedelta(seconds=4))


def full(store: Store) -> None:
    """The sample: two years, with outages and missing figures."""
    sample.load(store, clock.now())


def several(store: Store) -> None:
    """Three sources over ninety days: one rounded with an outage in it, two with fewer figures."""
    now = clock.now()
    since = now - timedelta(days=90)
    away = (now - timedelta(days=9), now - timedelta(days=6))
    kept = (one for one in walk("dapp_expert", since, now) if not away[0] < one.slot < away[1])
    store.add(kept, {"dapp_expert": HOUR})
    for number in range(60):
        fail(store, slot_of(away[0], HOUR) + (number + 2) * HOUR + timedelta(seconds=4))
    stories(store, "dapp_expert", since, now)
    for source, label, figures in (
        ("defillama", "DefiLlama", {"dapps": 0.4, "blockchains": 5.2, "volume_30d": 0.8}),
        ("growthepie", "growthepie", {"transactions_30d": 0.6}),
    ):
        about = About(source, label, tuple(figures), f"Figures by {label}", "https://example.org/")
        store.describe(about, 6 * HOUR)
        taken = walk(source, since, now, 6 * HOUR, figures)
        store.add(taken, {source: 6 * HOUR})


def walk(
    source: str,
    since: datetime,
    until: datetime,
    every: timedelta = HOUR,
    figures: Mapping[str, float] | None = None,
) -> Iterator[Snapshot]:
    """Snapshots at each slot: a slow wave with a little noise, rounded unless of an API.

    ``figures`` gives, for an API, the share of each usual level.
    """
    slot = slot_of(since, every)
    while slot <= until:
        hours = (slot - since) / HOUR
        readings = {
            key: _reading(key, level * _level(key, hours), figures)
            for key, level in LEVELS.items()
            if figures is None or key in figures
        }
        via: Via = "page" if figures is None else "api"
        taken_at = min(slot + timedelta(seconds=4), until)
        yield Snapshot(source, slot, taken_at, "live", Look(readings, via))
        slot += every


def _level(key: str, hours: float) -> float:
    """A slow wave; the site's levels change once a day, its sums from hour to hour."""
    phase = len(key)
    days = hours / 24 if key.endswith("30d") else hours // 24
    noise = random.Random(f"{key} {days}").gauss(0, 0.0012)
    return 1 + 0.03 * math.sin(days / 9 + phase) + days / 900 + noise


def _reading(key: str, value: float, figures: Mapping[str, float] | None) -> Reading:
    metric = METRIC[key]
    if figures is not None:
        return Reading(float(round(value * figures[key])), 0.0, metric.unit)
    whole = float(round(value)) if key != "blockchains" else float(round(value / 1.01))
    shown = compact(metric, whole)
    read = quantity.parse(shown, metric)
    return Reading(read.value, read.half_width, metric.unit, shown)


def stories(store: Store, source: str, since: datetime, until: datetime) -> None:
    """A story every eleven hours or so, some with no more than "about" a date."""
    chance = random.Random(7)
    seen, number = since, 0
    told: list[SeenHeadline] = []
    while seen < until:
        exact = chance.random() < 0.7
        published = seen - timedelta(minutes=chance.randrange(5, 600))
        span = (published, published) if exact else (seen - timedelta(days=9), seen)
        headline = Headline(
            f"{STORIES[number % len(STORIES)]} ({number + 1})",
            f"https://dapp.expert/news/story-{number}",
            "A made-up summary of a made-up story.",
            "A. Writer",
            *span,
        )
        told.append(SeenHeadline(headline, source, seen, seen + HOUR))
        seen += timedelta(hours=chance.expovariate(1 / 11))
        number += 1
    store.add_headlines(told, {source: HOUR})


def fail(store: Store, at: datetime) -> None:
    """A run of dapp_expert that ended without a page."""
    run = Run("dapp_expert", slot_of(at, HOUR), at)
    number, _ = journal.start(store, run)
    message = "dapp_expert: https://dapp.expert/ did not answer within 30 s."
    ended = Run(run.source, run.slot, at, at + timedelta(seconds=31), "failed", "timeout", message)
    journal.finish(store, number, ended)


SCENES: Final[Mapping[str, Callable[[Store], None]]] = {
    "empty": empty,
    "stale": stale,
    "full": full,
    "several": several,
}
"""How a store of each kind is filled, by name."""
