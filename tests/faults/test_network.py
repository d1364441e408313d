"""A slow and a dead network, to the site and to PostgreSQL: bounded, said, and made good."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from data.clock import stopwatch
from data.settings import Settings
from tests.faults.oracle import Complaint
from tests.faults.rounds import rounds
from tests.faults.screen import looked_at
from tests.faults.weather import Weather, chosen
from tests.faults.world import World, world
from tests.hosts import client_of
from tests.postgres import Server

LIMIT_S = 20.0
"""The longest that a run may take here, and a machine with other work needs for it."""


class Hasty(World):
    """A world whose collector gives up after two seconds."""

    timeout = "2s"
    between: Weather

    def configure(self, url: str) -> None:
        """Write the config, with the weather before the site."""
        self.between = Weather(self.site.port)
        super().configure(f"http://127.0.0.1:{self.between.port}/")


def test_site(tmp_path: Path) -> None:
    """A run ends with the page or says what it was; half a page is none."""
    with world(Hasty, tmp_path / "w") as here, closing(here.between) as between:

        def recover() -> Iterator[Complaint]:
            between.turn("fair")
            yield from here.recover()

        for chance, tally in rounds("network, site", here.known, recover):
            here.next_slot()
            between.turn(*chosen(chance))
            begun = stopwatch()
            code, said = here.collect()
            tally.broke = code != 0
            if code not in (0, 4) or said.count("\n") != (code != 0):
                tally.found.append(("wrong", f"a run ended with {code}: {said}"))
            if stopwatch() - begun > LIMIT_S:
                tally.found.append(("stuck", f"a run took {stopwatch() - begun:.0f} s"))


class Swift(World):
    """A world of short slots: a run waits no longer than one for a server."""

    every = timedelta(seconds=2)


def test_postgresql(postgres: Server, tmp_path: Path) -> None:
    """A run ends with 0, or with 5 and its snapshot in the outbox; the page says 503."""
    postgres.execute("CREATE DATABASE weather")
    with closing(Weather(postgres.port)) as between:
        url = postgres.url("weather").replace(str(postgres.port), str(between.port))
        with world(Swift, tmp_path / "w", url + "?connect_timeout=2") as here:

            def recover() -> Iterator[Complaint]:
                between.turn("fair")
                yield from here.recover()

            for chance, tally in rounds("network, PostgreSQL", here.known, recover):
                here.measure()
                for _ in range(chance.randint(1, 2)):
                    here.next_slot()
                    command = here.start("collect")
                    threading.Event().wait(chance.uniform(0, here.seconds))
                    between.turn(*chosen(chance))
                    code = command.end()
                    here.heed(command, code)
                    tally.broke |= code != 0
                    if code not in (0, 5) or command.said.count("\n") != (code != 0):
                        tally.found.append(("wrong", f"a run ended with {code}: {command.said}"))
                if between.kind in ("slow", "reset", "cut"):
                    settings = Settings(database=here.database)
                    with client_of(settings, lambda: here.slot) as client:
                        tally.found += looked_at(client, here.known)
    postgres.execute("DROP DATABASE weather WITH (FORCE)")
