"""DefiLlama: protocols, chains and the 30-day volume of decentralised exchanges, from its API.

Protocols and chains are counted as DefiLlama lists them: centralised exchanges and the versions of
one protocol are entries of their own.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from collectors.api import (
    WINDOW,
    day_name,
    day_of,
    document,
    fields,
    listed,
    number,
    reading,
    shape,
)
from collectors.collector import Collector
from collectors.parts import Part, opened
from data.errors import SourceError
from data.model import Look, Page

PROTOCOLS: Final = "protocols"
CHAINS: Final = "v2/chains"
# The chart of all days is asked for (about 100 kB): without it nothing is left to sum when
# `total30d`, which the published schema does not promise, is missing. Its breakdown by protocol
# would be many megabytes.
VOLUMES: Final = "overview/dexs?excludeTotalDataChartBreakdown=true"
SETTLES: Final = timedelta(hours=6)
"""How long after its end a day of the chart may still grow."""


def read(page: Page) -> Look:
    """The three readings of the documents in ``page``, each NULL with its own reason.

    Raises SourceError when ``page`` is no envelope of parts.
    """
    parts = opened(page)
    readings = {
        "dapps": reading("dapps", lambda: (_length(_answer(parts, PROTOCOLS), PROTOCOLS), None)),
        "blockchains": reading(
            "blockchains", lambda: (_length(_answer(parts, CHAINS), CHAINS), None)
        ),
        "volume_30d": reading(
            "volume_30d", lambda: _volume(_answer(parts, VOLUMES), page.taken_at)
        ),
    }
    return Look(readings, "api")


def _answer(parts: Mapping[str, Part], name: str) -> Any:
    """The document of one part, which may carry another query than today's."""
    path = name.partition("?")[0]
    part = next((part for key, part in parts.items() if key.partition("?")[0] == path), None)
    if part is None:
        raise SourceError(f"{path} was not fetched.")
    if part.error is not None:
        raise SourceError(part.error)
    return document(part.body, path)


def _length(answer: Any, what: str) -> float:
    """How many entries DefiLlama lists: each of them is an object, or it is another document."""
    entries = listed(answer, what)
    for index, entry in enumerate(entries):
        fields(entry, f"{what}[{index}]")
    return float(len(entries))


def _volume(answer: Any, taken_at: datetime) -> tuple[float, str | None]:
    """DefiLlama's own sum with its text; where it gives none, the sum of its days."""
    overview = fields(answer, "overview/dexs")
    total = overview.get("total30d")
    if total is not None:
        return number(total, "total30d"), repr(total)
    chart = overview.get("totalDataChart")
    if not chart:
        raise SourceError("overview/dexs has neither total30d nor totalDataChart.", kind="shape")
    end = day_of(taken_at - SETTLES)
    days = _days(chart, end - WINDOW, end)
    missing = [day for day in range(end - WINDOW, end) if day not in days]
    if missing:
        raise SourceError(f"totalDataChart has no volume for {day_name(missing[0])}.")
    return math.fsum(days.values()), None


def _days(chart: Any, start: int, end: int) -> dict[int, float]:
    """The volumes of the days in [start, end), in US dollars."""
    days: dict[int, float] = {}
    for index, entry in enumerate(listed(chart, "totalDataChart")):
        if not isinstance(entry, list) or len(entry) != 2:
            raise SourceError(f"totalDataChart[{index}] is {shape(entry)}, not [time, volume].")
        day = int(number(entry[0], f"the time of totalDataChart[{index}]") // 86_400)
        if not start <= day < end:
            continue
        volume = number(entry[1], f"the volume of {day_name(day)}")
        if days.setdefault(day, volume) != volume:
            raise SourceError(f"totalDataChart gives {day_name(day)} twice with different volumes.")
    return days


COLLECTOR: Final = Collector(
    name="defillama",
    label="DefiLlama",
    url="https://api.llama.fi/",
    every=timedelta(days=1),
    read=read,
    metrics=("dapps", "blockchains", "volume_30d"),
    parts=(PROTOCOLS, CHAINS, VOLUMES),
    pause=timedelta(minutes=1),
    counts={
        "dapps": "DefiLlama counts the protocols that it lists, centralised exchanges and versions "
        "included.",
        "blockchains": "DefiLlama counts the chains that it lists.",
        "volume_30d": "DefiLlama counts the volume of decentralised exchanges alone, on the chains "
        "that it follows.",
    },
)
