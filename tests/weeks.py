"""A week to tell of: one source with a move, a gap and odd stories, one that is stale."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from data.model import METRIC, About, Headline, Look, Run, SeenHeadline, Snapshot
from data.rounding import compact
from data.store import Store
from tests.conftest import HOUR, T0, snapshot

DAY: Final = timedelta(days=1)
NOW: Final = T0 + timedelta(minutes=20)
SINCE: Final = NOW - 7 * DAY
MOVED: Final = T0.replace(hour=0) - 3 * DAY
"""When the volume was another one."""
AWAY: Final = (T0 - 2 * DAY, T0 - 2 * DAY + 5 * HOUR)
EVERY: Final = {"dapp_expert": HOUR, "other": DAY}
ODD: Final = "<b>Odd</b> [link](javascript:alert(1)) | `code` ![i](http://evil.test/i.png) *now*"
LONG: Final = "https://dapp.expert/news/" + "a-very-long-address-" * 5


def week(store: Store) -> None:
    """Fill the store with sixty days that end at NOW."""
    store.describe(About("dapp_expert", "dapp.expert", tuple(METRIC)), HOUR)
    store.add((one for one in _hours() if not AWAY[0] <= one.slot < AWAY[1]), EVERY)
    slots = [AWAY[0] + number * HOUR for number in range(5)]
    message = "dapp_expert: the page did not answer within 30 s."
    store.add_runs(
        Run("dapp_expert", slot, slot, slot + HOUR / 60, "failed", "timeout", message, attempts=1)
        for slot in slots
    )
    store.add_headlines(_stories(), EVERY)
    credit = "Data: Other, CC BY 4.0"
    store.describe(About("other", "The *Other*", ("dapps", "transactions_30d"), credit), DAY)
    looks = [_other(number) for number in range(6, 20)]
    store.add(looks, EVERY)


def _hours() -> Iterator[Snapshot]:
    for number in range(60 * 24 + 1):
        slot = T0 - 60 * DAY + number * HOUR
        volume = (303e9 + 2e8 * math.sin(number // 24)) * (1.06 if slot >= MOVED else 1)
        figures: dict[str, float | None] = {
            "dapps": 16_230.0,
            "blockchains": 78.0 if slot < T0 - DAY else 80.0,
            "active_users": 66.47e6 if slot < T0 else None,
            "volume_30d": round(volume, -7),
            "transactions_30d": 879.24e6 if slot < T0 - 4 * DAY else 879.25e6,
        }
        shown = {key: compact(METRIC[key], v) for key, v in figures.items() if v is not None}
        problems = {} if figures["active_users"] else {"active_users": "the figure was empty"}
        yield snapshot(
            slot,
            taken_at=slot + timedelta(minutes=7),
            via="page",
            shown=shown,
            problems=problems,
            figures=figures,
        )


def _other(ago: int) -> Snapshot:
    taken = snapshot(T0.replace(hour=0) - ago * DAY, source="other", via="api", dapps=5000.0 - ago)
    readings = {key: taken.look.readings[key] for key in ("dapps", "transactions_30d")}
    return Snapshot("other", taken.slot, taken.slot, "live", Look(readings, "api"))


def _stories() -> Iterator[SeenHeadline]:
    for number, (ago, title, url) in enumerate(
        [
            (3 * DAY, "A bridge team opens its test network", "https://dapp.expert/news/1"),
            (3 * DAY + 2 * HOUR, ODD, "javascript:alert(1)"),
            (6 * DAY, "Новости: кошелёк с голосом", "https://dapp.expert/ru/news/3"),
            (5 * DAY, "Two\nlines\u202e and a turn", LONG),
            (6 * DAY + HOUR, "x" * 100, "https://dapp.expert/a`b>(c)?d=1&copy;=2"),
            (20 * DAY, "An older story", "https://dapp.expert/news/6"),
        ]
    ):
        at = T0 - ago
        published = (at, at) if number % 2 == 0 else (None, None)
        story = Headline(title, url, "A summary.", "A. Writer", *published)
        yield SeenHeadline(story, "dapp_expert", at, at + HOUR)
