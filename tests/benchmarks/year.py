"""A year in minutes: hourly slots, a fifth of them in trouble, collectors killed, the store away.

    python -m tests.benchmarks.year [SLOTS] [SEED]

Clock and site are driven fast; everything else is real: two collector processes at once, a server,
a SQLite file, SIGKILL. Afterwards each slot is one right snapshot or a gap that the journal
explains; the table says how many of each.
"""

import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

from rich.console import Console
from rich.table import Table

from collectors.jobs import jobs
from collectors.runner import Runner
from data.model import KEYS
from data.settings import Settings, SourceSettings
from data.store import open_store
from data.tables import Query, rows
from tests import moods
from tests.pages import page
from tests.site import Answer, serving

YEAR: Final = 8_760
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
TRIES: Final = (timedelta(seconds=4), timedelta(minutes=20), timedelta(minutes=40))
"""When in a slot the collectors run, as a crontab has it."""
LIMIT: Final = timedelta(seconds=0.4)
"""The setting ``timeout``, short because a year is."""
TROUBLE: Final = 0.2
KILLS: Final = 0.02
SOURCE: Final = "dapp_expert"


def truth(day: int) -> dict[str, float]:
    """The figures of a day, each a whole number of its rounding steps."""
    return {
        "dapps": 16_230.0 + 10 * day,
        "blockchains": 78.0 + day // 30,
        "active_users": 66_470_000.0 + 10_000 * day,
        "volume_30d": 303_260_000_000.0 + 10_000_000 * day,
        "transactions_30d": 879_240_000.0 + 10_000 * day,
    }


def shown(day: int, **changes: str) -> bytes:
    """The page of a day, in the site's compact style."""
    now = truth(day)
    figures = {
        "Dapps": f"{now['dapps'] / 1e3:.2f}".rstrip("0").rstrip(".") + "K",
        "Blockchains": f"{now['blockchains']:.0f}",
        "Active_users": f"{now['active_users'] / 1e6:.2f}".rstrip("0").rstrip(".") + "M",
        "30d_volume": f"${now['volume_30d'] / 1e9:.2f}B",
        "30d_transactions": f"${now['transactions_30d'] / 1e6:.2f}M",
    }
    return page(**figures | changes)


def healthy(day: int) -> Answer:
    """The page of a day with its ETag, and 304 to whoever has it."""
    tag = f'"day {day}"'

    def speak(handler: BaseHTTPRequestHandler, _closing: Event) -> None:
        if handler.headers["If-None-Match"] == tag:
            handler.send_response(304)
            handler.send_header("ETag", tag)
            handler.end_headers()
        else:
            Answer(shown(day), headers={"Content-Type": moods.HTML, "ETag": tag}).send(handler)

    return Answer(speak=speak)


BOMB: Final = tuple(moods.zeros(64 * 2**20))

MOODS: Final[Mapping[str, Callable[[int], Answer]]] = {
    "500": lambda _: moods.failing(500),
    "503": lambda _: moods.failing(503),
    "404": lambda _: moods.failing(404),
    "429, wait 20 min": lambda _: moods.busy("1200"),
    "drips its headers": lambda _: moods.dripping_headers(),
    "drips its body": lambda _: moods.dripping_body(),
    "reset": lambda _: moods.resetting(),
    "reset within": lambda _: moods.resetting_within(),
    "wrong length": lambda _: moods.short(),
    "cut in compression": lambda _: moods.cut_gzip(),
    "gzip bomb": lambda _: moods.bomb(BOMB),
    "redirect loop": lambda _: moods.moved("/"),
    "not a page": lambda _: moods.no_page(),
    "mobile, empty": lambda _: moods.mobile_empty(),
    "outage at 200": lambda _: moods.outage(),
    "one figure empty": lambda day: Answer(shown(day, Active_users="")),
    "one figure 0": lambda day: Answer(shown(day, Dapps="0")),
    "one figure 1000 times off": lambda day: Answer(shown(day, Dapps="16.23M")),
    "euros": lambda day: Answer(shown(day, **{"30d_volume": "€303.26B"})),
}


class Simulated:
    """The clock of a collector: it stands at what it was told."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.time


def _collect(pipe: Connection, folder: Path, url: str) -> None:
    clock = Simulated()
    settings = Settings(
        database=f"sqlite:///{folder}/store/m.db",
        outbox=folder / "outbox",
        timeout=LIMIT,
        sources={SOURCE: SourceSettings(url=url)},
    )
    runner = Runner(settings, clock)
    [job] = jobs(settings)
    while (at := pipe.recv()) is not None:
        clock.time = at
        pipe.send(runner.run(job).outcome)


@dataclass(slots=True)
class Collector:
    """A process that runs when it is told to, and is started again when it was killed."""

    folder: Path
    url: str
    process: BaseProcess = field(init=False)
    pipe: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the process."""
        context = get_context("spawn")
        self.pipe, there = context.Pipe()
        arguments = (there, self.folder, self.url)
        self.process = context.Process(target=_collect, args=arguments, daemon=True)
        self.process.start()
        there.close()

    def ended(self, patience: float | None) -> str | None:
        """The outcome; None when ``patience`` (s) ended first, and so did the process."""
        if self.pipe.poll(patience):
            return str(self.pipe.recv())
        self.process.kill()
        self.process.join()
        self.pipe.close()
        self.start()
        return None

    def stop(self) -> None:
        """Let the process end."""
        self.pipe.send(None)
        self.process.join()
        self.pipe.close()


@dataclass(slots=True)
class Year:
    """What happened: by slot its mood, and what was counted on the way."""

    slots: int
    moods: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    away: range = range(0)


def simulate(slots: int, seed: int, folder: Path, kills: float = KILLS) -> Year:
    """Run ``slots`` hours with their troubles; each run is killed with the chance ``kills``."""
    chance = random.Random(seed)
    year = Year(slots)
    year.away = range(slots // 2, slots // 2 + min(24, slots // 10))
    with serving() as site, collectors(folder, site.url) as both:
        for slot in range(slots):
            day = slot // 24
            trouble = slot > 0 and chance.random() < TROUBLE
            mood = chance.choice(list(MOODS)) if trouble else "well"
            lasts = chance.random() < 0.5
            year.moods.append(mood)
            _store_away(folder, slot in year.away)
            for number, after in enumerate(TRIES):
                ill = trouble and (lasts or number == 0)
                site.answers["/"] = MOODS[mood](day) if ill else healthy(day)
                told = _run(both, START + slot * HOUR + after, chance, kills)
                year.outcomes.update(told)
                year.kills += len(both) - len(told)
                if {"stored", "unchanged", "partial", "duplicate"} & set(told):
                    break
        _store_away(folder, False)
        site.answers["/"] = healthy(slots // 24)
        both[0].pipe.send(START + slots * HOUR)
        year.outcomes.update([both[0].ended(None) or ""])
    return year


@contextmanager
def collectors(folder: Path, url: str) -> Iterator[list[Collector]]:
    """Two collectors of one store."""
    both = [Collector(folder, url), Collector(folder, url)]
    try:
        yield both
    finally:
        for one in both:
            one.stop()


def _run(both: list[Collector], at: datetime, chance: random.Random, kills: float) -> list[str]:
    """The outcomes of both, side by side; a killed one has none."""
    patience = [chance.random() * 0.06 if chance.random() < kills else None for _ in both]
    for one in both:
        one.pipe.send(at)
    told = [one.ended(patient) for one, patient in zip(both, patience, strict=True)]
    return [outcome for outcome in told if outcome is not None]


def _store_away(folder: Path, away: bool) -> None:
    here, there = folder / "store", folder / "store, away"
    if away and not there.exists():
        here.rename(there)
        here.write_text("a file where the folder should be")
    if not away and there.exists():
        here.unlink()
        there.rename(here)


@dataclass(frozen=True, slots=True)
class Found:
    """What the store says of the slots."""

    whole: Counter[str]
    """Slots with all five figures, by mood."""
    partial: Counter[str]
    gaps: Counter[str]
    """Slots without a snapshot whose runs say why."""
    unexplained: list[int]
    wrong: list[int]
    duplicates: int
    open_runs: int
    reasons: Counter[str]
    """Failed runs by kind."""
    integrity: str


def check(year: Year, folder: Path) -> Found:
    """Hold the store against the truth."""
    database = folder / "store" / "m.db"
    store = open_store(f"sqlite:///{database}")
    history = [row for row in rows(store, Query()) if row[0] < START + year.slots * HOUR]
    journal = list(rows(store, Query("runs")))
    tidy = list(rows(store, Query(shape="tidy")))
    store.close()
    unsaid = {row[0] for row in tidy if row[4] is None and row[8] is None}
    explained = {row[2] for row in journal if row[4] in ("failed", "partial", "outbox")}
    found = Found(Counter(), Counter(), Counter(), [], [], 0, 0, Counter(), _integrity(database))
    by_slot = {row[0]: row for row in history}
    for number, mood in enumerate(year.moods):
        slot = START + number * HOUR
        row = by_slot.get(slot)
        if row is None:
            found.gaps[mood] += 1
            if slot not in explained:
                found.unexplained.append(number)
            continue
        values = dict(zip(KEYS, row[6:], strict=True))
        right = truth(number // 24)
        known = {key: value for key, value in values.items() if value is not None}
        if slot in unsaid or any(value != right[key] for key, value in known.items()):
            found.wrong.append(number)
        (found.whole if len(known) == len(KEYS) else found.partial)[mood] += 1
    found.reasons.update(row[5] for row in journal if row[4] == "failed")
    return Found(
        found.whole,
        found.partial,
        found.gaps,
        found.unexplained,
        found.wrong,
        len(history) - len(by_slot),
        sum(row[4] is None for row in journal),
        found.reasons,
        found.integrity,
    )


def _integrity(database: Path) -> str:
    connection = sqlite3.connect(database)
    answer = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    connection.close()
    return answer


def tell(year: Year, found: Found) -> None:
    """Print the tables."""
    table = Table("the site", "slots", "whole", "partial", "gap, explained", box=None)
    for mood, slots in Counter(year.moods).most_common():
        counts = (found.whole[mood], found.partial[mood], found.gaps[mood])
        table.add_row(mood, str(slots), *(str(count) for count in counts))
    whole, partial, gaps = (each.total() for each in (found.whole, found.partial, found.gaps))
    table.add_row("all", str(year.slots), str(whole), str(partial), str(gaps), style="bold")
    console = Console(width=100)
    console.print(table)
    console.print(f"runs: {dict(year.outcomes)}, failed: {dict(found.reasons)}")
    console.print(f"killed: {year.kills}; slots with the store away: {len(year.away)}")
    console.print(
        f"slots in the store twice: {found.duplicates}; wrong values: {len(found.wrong)}; "
        f"holes without a reason: {len(found.unexplained)}; "
        f"runs left open: {found.open_runs}; integrity: {found.integrity}"
    )


def sound(found: Found) -> bool:
    """Whether nothing is wrong."""
    bad = found.unexplained or found.wrong or found.duplicates or found.open_runs
    return not bad and found.integrity == "ok"


def main(slots: int, seed: int) -> int:
    """Run a year, print its tables; 1 when anything is wrong."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        year = simulate(slots, seed, folder)
        found = check(year, folder)
    tell(year, found)
    return int(not sound(found))


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [YEAR, 1][len(given) :])))
