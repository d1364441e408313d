"""Collectors on hosts of their own: each with its outbox and its time, all with one store."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from flask import Flask
from werkzeug.test import Client

from collectors.jobs import jobs
from collectors.result import Result
from collectors.runner import Runner
from dashboard import routes
from data import outbox
from data.clock import Clock
from data.settings import Settings, SourceSettings
from data.store import open_store
from data.tables import Query, rows
from tests.conftest import T0
from tests.pages import page
from tests.postgres import Server
from tests.site import Answer, Site

SHORT: Final = timedelta(seconds=2)
"""The interval of the source, and so how long its collector waits for a server."""
SOURCE: Final = "dapp_expert"
BACKENDS: Final = "SELECT pid FROM pg_stat_activity WHERE application_name = 'masthead'"
"""The sessions of Masthead's on a server."""


class Host:
    """One collector with an outbox of its own, whose time moves on by a slot a run."""

    def __init__(self, url: str, folder: Path, site: Site) -> None:
        self.settings = Settings(
            database=url,
            outbox=folder / "outbox",
            sources={SOURCE: SourceSettings(url=site.url, every=SHORT)},
        )
        self.time = T0

    def run(self) -> Result:
        """The run of the next slot."""
        self.time += SHORT
        return Runner(self.settings, lambda: self.time).run(jobs(self.settings)[0])

    @property
    def waiting(self) -> int:
        """How many runs wait in the outbox."""
        return outbox.count(self.settings.outbox)


def bridged(host: Host, result: Result, reason: str) -> None:
    """The run kept its snapshot in the outbox, and said why in one line without the password."""
    assert (result.outcome, result.exit_code) == ("outbox", 5)
    assert host.waiting == 1
    assert reason in str(result.error)
    assert "\n" not in str(result.error)


def caught_up(host: Host, slots: int) -> None:
    """The next run empties the outbox: every slot once, every run ended."""
    assert host.run().exit_code == 0
    assert host.waiting == 0
    store = open_store(host.settings.database, read_only=True)
    history, journal = list(rows(store, Query())), list(rows(store, Query("runs")))
    store.close()
    assert [row[0] for row in history] == [T0 + number * SHORT for number in range(1, slots + 1)]
    assert all(row[6] == 16_230 for row in history)
    assert None not in [row[4] for row in journal]


def waits(server: Server, event: str) -> bool:
    """Whether a session of Masthead's waits for this."""
    return bool(server.execute(f"{BACKENDS} AND wait_event = '{event}'"))


class Running:
    """The next run of a host, in a thread."""

    def __init__(self, host: Host) -> None:
        self.results: list[Result] = []
        self._thread = threading.Thread(target=lambda: self.results.append(host.run()))
        self._thread.start()

    def end(self) -> Result:
        """What became of it."""
        self._thread.join(30)
        [result] = self.results
        return result


@contextmanager
def client_of(settings: Settings, now: Clock) -> Iterator[Client]:
    """The page's answers, for a while."""
    flask = Flask("test")
    stores = routes.register(flask, settings, now)
    try:
        yield flask.test_client()
    finally:
        stores.close()


def before_it_answers(site: Site, happens: Callable[[], object]) -> None:
    """Let something happen after the page was asked for and before it is there: once."""
    left = [happens]

    def speak(handler: object, _closing: threading.Event) -> None:
        if left:
            left.pop()()
        Answer(page()).send(handler)  # type: ignore[arg-type]

    site.answers["/"] = Answer(speak=speak)
