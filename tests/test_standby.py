"""A primary with a synchronous hot standby: acknowledged means on both, also when one is away."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import Client

from dashboard.healthview import View
from dashboard.words import Teller
from data.settings import Settings
from data.standby import Standby
from data.store import open_store
from tests.conftest import T0
from tests.hosts import (
    BACKENDS,
    Host,
    Running,
    before_it_answers,
    bridged,
    caught_up,
    client_of,
    waits,
)
from tests.postgres import Server, pair
from tests.site import Site
from tests.waiting import until


@pytest.fixture(scope="module")
def both(installed: tuple[Path, Path]) -> Iterator[tuple[Server, Server]]:
    """The primary and the standby, for one test after the other."""
    bin_, folder = installed
    with pair(bin_, folder / "pair") as servers:
        yield servers


@pytest.fixture
def primary(both: tuple[Server, Server]) -> Server:
    """The primary, its database emptied; what it commits the standby has."""
    primary, _ = both
    until(primary.is_followed, 30)
    primary.execute("DROP DATABASE masthead WITH (FORCE)")
    primary.execute("CREATE DATABASE masthead")
    open_store(primary.url("masthead")).close()
    until(primary.is_followed, 30)
    return primary


@pytest.fixture
def standby(both: tuple[Server, Server]) -> Server:
    """The standby."""
    return both[1]


@pytest.fixture
def host(primary: Server, tmp_path: Path, site: Site) -> Host:
    """A collector that is up to date."""
    made = Host(primary.url("masthead") + "?connect_timeout=2", tmp_path, site)
    assert made.run().outcome == "stored"
    return made


@pytest.fixture
def client(host: Host, standby: Server) -> Iterator[Client]:
    """A page that is told of the standby, and of a primary that it cannot reach."""
    nowhere = "postgresql://127.0.0.1:1/nowhere"
    settings = Settings(database=nowhere, database_read=standby.url("masthead"))
    with client_of(settings, lambda: host.time) as client:
        yield client


def test_what_is_committed_is_on_both(host: Host, client: Client) -> None:
    """As soon as a run says that it stored, the standby's disk has it, and its page shows it."""
    for _ in range(5):
        slot = host.run().slot
        until(lambda slot=slot: newest(client) == slot.timestamp() * 1000, 10)  # type: ignore[misc]
    told = client.get("/healthz").get_json()
    assert told["standby"] == {"streams": True, "behind_s": 0}
    assert "primary" not in client.get("/health").text


def newest(client: Client) -> int:
    """The newest slot that a page shows, in ms."""
    return int(client.get("/api/v1/latest").get_json()["slot"])


def test_standby_that_is_away(client: Client, primary: Server, standby: Server) -> None:
    """The page says so at each address, and shows the history again when it is back."""
    assert client.get("/api/v1/sources").status_code == 200
    primary.configure("synchronous_standby_names", "")
    standby.stop("immediate")
    answers = [client.get(f"/{name}") for name in ("api/v1/sources", "healthz", "health")]
    standby.start()
    primary.configure("synchronous_standby_names", "standby")
    for answer in answers:
        assert answer.status_code == 503
        assert "The store did not answer." in answer.text
    until(lambda: client.get("/api/v1/sources").status_code == 200, 30)


def test_standby_that_lost_its_primary(client: Client, primary: Server) -> None:
    """It is read on, and every word about health says that it hears of nothing new."""
    primary.stop("immediate")
    until(lambda: not client.get("/healthz").get_json()["standby"]["streams"], 30)
    assert client.get("/healthz").get_json()["standby"]["behind_s"] > 0
    told = client.get("/health?lang=en")
    assert told.status_code == 200
    assert "a standby that has lost its primary" in told.text
    assert client.get("/api/v1/latest").get_json()["slot"] is not None
    primary.start()
    until(lambda: client.get("/healthz").get_json()["standby"]["streams"], 30)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (Standby(True, timedelta()), None),
        (Standby(True, timedelta(seconds=59)), None),
        (Standby(True, timedelta(hours=2)), "behind its primary"),
        (Standby(False, None), "lost its primary"),
    ],
)
def test_only_a_late_standby_is_worth_a_word(read: Standby, said: str | None) -> None:
    """One that shows all but the last moments is not mentioned."""
    late = View(Teller("health", "en"), T0).page([], 0, read)["late"]
    assert (said in late) if said else late is None


def test_commit_that_waits_for_an_absent_standby(
    host: Host, primary: Server, standby: Server, site: Site
) -> None:
    """It is not acknowledged: the snapshot waits in the outbox, and arrives once on both."""
    before_it_answers(site, lambda: standby.stop("immediate"))
    bridged(host, host.run(), "nothing came within 2 s")
    assert waits(primary, "SyncRep")
    standby.start()
    until(lambda: not waits(primary, "SyncRep"), 30)
    caught_up(host, 3)


def test_server_killed_after_it_got_the_commit(
    host: Host, primary: Server, standby: Server, site: Site
) -> None:
    """Nobody knows what became of the commit; it was made, and its second coming adds nothing."""
    before_it_answers(site, lambda: standby.stop("immediate"))
    running = Running(host)
    until(lambda: not standby.is_started and waits(primary, "SyncRep"), 30)
    primary.kill()
    bridged(host, running.end(), "server closed the connection")
    primary.start()
    assert primary.execute("SELECT count(*) FROM snapshots", "masthead") == [(2,)]
    standby.start()
    caught_up(host, 3)


def test_wait_for_the_standby_broken_off(
    host: Host, primary: Server, standby: Server, site: Site
) -> None:
    """PostgreSQL calls such a commit done, with a warning; for us it is not."""
    before_it_answers(site, lambda: standby.stop("immediate"))
    running = Running(host)
    until(lambda: not standby.is_started and waits(primary, "SyncRep"), 30)
    primary.execute(f"SELECT pg_cancel_backend(pid) FROM ({BACKENDS}) AS masthead")
    bridged(host, running.end(), "canceling wait for synchronous replication")
    standby.start()
    caught_up(host, 3)
