"""growthepie: the transactions of 30 days on Ethereum and its rollups, summed from daily rows."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from collectors.api import DAY, WINDOW, day_name, day_of, document, fields, listed, number, reading
from collectors.collector import Collector
from data.errors import SourceError
from data.model import EPOCH, Look, Page

METRIC_KEY: Final = "txcount"
AGGREGATES: Final = frozenset({"all", "all_l2s", "multiple", "total"})
"""Keys that stand for several chains: their transactions would be counted twice."""
LATELY: Final = 7
"""A chain that was silent for so many days has ended; one that is younger is late."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH: Final = EPOCH.date().toordinal()

Days = dict[int, float]
"""Transactions by UTC day, counted from the epoch."""


def read(page: Page) -> Look:
    """The one reading of the daily rows in ``page``, NULL with its reason where they do not do.

    ``as_of`` is the end of the last day summed. Raises SourceError when ``page`` is not JSON.
    """
    answer = document(page.body, page.url)
    ends: list[datetime] = []

    def figure() -> tuple[float, None]:
        chains = _chains(answer, day_of(page.taken_at))
        end = _last_day(chains, day_of(page.taken_at))
        total = math.fsum(_window(chains, end))
        ends.append(EPOCH + (end + 1) * DAY)
        return total, None

    found = {"transactions_30d": reading("transactions_30d", figure)}
    return Look(found, "api", as_of=ends[0] if ends else None)


def _chains(answer: Any, today: int) -> dict[str, Days]:
    """The transactions of each chain by day, without ``today``, which is not over."""
    chains: dict[str, Days] = {}
    for index, entry in enumerate(listed(answer, "fundamentals.json")):
        row = fields(entry, f"row {index}")
        if row.get("metric_key") != METRIC_KEY or row.get("value") is None:
            continue
        chain = row.get("origin_key")
        if not isinstance(chain, str):
            raise SourceError(f"row {index} names no chain.", kind="shape")
        day = _day(row.get("date"), index)
        if chain in AGGREGATES or day >= today:
            continue
        value = number(row["value"], f"{METRIC_KEY} of {chain} on {day_name(day)}")
        if chains.setdefault(chain, {}).setdefault(day, value) != value:
            raise SourceError(f"{chain} has two values for {day_name(day)}.", kind="shape")
    if not chains:
        raise SourceError(f"there is no row of {METRIC_KEY} for a day that is over.", kind="shape")
    return chains


def _day(text: Any, index: int) -> int:
    try:
        if not isinstance(text, str) or not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        raise SourceError(f"row {index} has no date like 2026-01-31.", kind="shape") from None


def _last_day(chains: Mapping[str, Days], today: int) -> int:
    """The newest day for which no chain that reported lately is still to come."""
    newest = max(max(days) for days in chains.values())
    if newest < today - LATELY:
        raise SourceError(f"the newest day is {day_name(newest)}: too old to stand for now.")
    return min(max(days) for days in chains.values() if max(days) > newest - LATELY)


def _window(chains: Mapping[str, Days], end: int) -> Iterable[float]:
    """Every value of the WINDOW days up to ``end``; a chain may begin or end within them."""
    start = end - WINDOW + 1
    first = min(min(days) for days in chains.values())
    if first > start:
        raise SourceError(f"the rows begin on {day_name(first)}: fewer than {WINDOW} days.")
    for chain, days in chains.items():
        for day in range(max(start, min(days)), min(end, max(days)) + 1):
            if day not in days:
                raise SourceError(f"{chain} has no value for {day_name(day)}.")
            yield days[day]


COLLECTOR: Final = Collector(
    name="growthepie",
    label="growthepie (Ethereum ecosystem)",
    url="https://api.growthepie.com/v1/fundamentals.json",
    every=timedelta(days=1),
    read=read,
    metrics=("transactions_30d",),
    pause=timedelta(seconds=6),
    credit="Data: growthepie, CC BY 4.0",
    credit_url="https://www.growthepie.com/",
    counts={
        "transactions_30d": "growthepie counts the transactions of 30 whole days on Ethereum and "
        "the rollups that it covers, nothing else.",
    },
)
