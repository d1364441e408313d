"""A PostgreSQL server in trouble: collectors bridge with the outbox, pages say so and recover."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from werkzeug.test import Client

from data.errors import StoreError
from data.settings import Settings
from data.statements import text
from data.store import open_store
from tests.conftest import HOUR, T0, snapshot
from tests.hosts import (
    BACKENDS,
    SHORT,
    SOURCE,
    Host,
    Running,
    before_it_answers,
    bridged,
    caught_up,
    client_of,
    waits,
)
from tests.postgres import QUICK, Server, place
from tests.proxy import Proxy, proxied
from tests.site import Site
from tests.waiting import until


@pytest.fixture(scope="module")
def server(installed: tuple[Path, Path]) -> Iterator[Server]:
    """A server of this module's own, to be ill-treated."""
    bin_, folder = installed
    made = Server(bin_, place(folder / "away"), (*QUICK, "-c", "max_connections=12"))
    made.create()
    made.start()
    yield made
    made.stop("immediate")


@pytest.fixture
def database(server: Server) -> str:
    """The URL of an empty store on it."""
    server.execute("DROP DATABASE IF EXISTS masthead WITH (FORCE)")
    server.execute("CREATE DATABASE masthead")
    url = server.url("masthead") + "?connect_timeout=2"
    open_store(url).close()
    return url


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A network before it."""
    with proxied(server.port) as between:
        yield between


@pytest.fixture
def host(database: str, tmp_path: Path, site: Site) -> Host:
    """A collector that is up to date."""
    made = Host(database, tmp_path, site)
    assert made.run().outcome == "stored"
    return made


@contextmanager
def held_inside_a_write(server: Server) -> Iterator[None]:
    """Each snapshot that is inserted takes a minute."""
    server.execute(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$; CREATE TRIGGER hold "
        "BEFORE INSERT ON snapshots FOR EACH ROW EXECUTE FUNCTION hold()",
        "masthead",
    )
    yield
    server.execute("DROP FUNCTION hold CASCADE", "masthead")


def test_killed_between_fetch_and_store(server: Server, host: Host, site: Site) -> None:
    """The page is there, the server is not: the snapshot waits, and arrives once."""
    before_it_answers(site, server.kill)
    bridged(host, host.run(), "masthead")
    bridged_again = host.run()
    assert bridged_again.outcome == "outbox"
    assert host.waiting == 2
    server.start()
    caught_up(host, 4)


@pytest.mark.parametrize("how", ["kill", "stop", "terminate"])
def test_ended_inside_the_write(server: Server, host: Host, how: str) -> None:
    """Server or session end within the transaction: no half slot stays, and the whole one comes."""
    with held_inside_a_write(server):
        running = Running(host)
        until(lambda: waits(server, "PgSleep"), 10)
        if how == "terminate":
            server.execute(f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS}) AS masthead")
        elif how == "stop":
            server.stop("immediate")
        else:
            server.kill()
        bridged(host, running.end(), "masthead")
        if how != "terminate":
            server.start()
    caught_up(host, 3)


def test_session_ended_while_nobody_uses_it(server: Server, database: str) -> None:
    """A connection that waits and was ended is replaced: the next read and write do not notice."""
    store = open_store(database)
    store.save(snapshot(dapps=1.0), HOUR)
    for write in (False, True):
        server.execute(f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS}) AS masthead")
        until(lambda: not server.execute(BACKENDS), 10)
        if write:
            store.save(snapshot(T0 + HOUR, dapps=1.0), HOUR)
        assert len(store.sources()) == 1
    assert len(store.slots(SOURCE, T0, T0 + 9 * HOUR)) == 2
    store.close()


def test_read_only_for_a_while(server: Server, host: Host, database: str) -> None:
    """It is read and not written to: new sessions are refused, those that wait notice."""
    opened, reader = open_store(database), open_store(database, read_only=True)
    assert len(opened.sources()) == len(reader.sources()) == 1
    server.configure("default_transaction_read_only", "on")
    until(lambda: server.execute("SHOW default_transaction_read_only") == [("on",)], 10)
    with pytest.raises(StoreError, match="session is read-only"):
        opened.save(snapshot(dapps=1.0), SHORT)
    assert reader.slots(SOURCE, T0, T0 + HOUR) == [T0 + SHORT]
    bridged(host, host.run(), "session is read-only")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
        connection.execute("SELECT pg_reload_conf()")
    until(lambda: server.execute("SHOW default_transaction_read_only") == [("off",)], 10)
    caught_up(host, 3)
    assert opened.save(snapshot(dapps=1.0), SHORT) == "stored"
    opened.close()
    reader.close()


def test_out_of_connections(server: Server, host: Host) -> None:
    """A full server is a store that is away, by its own words."""
    with ExitStack() as others:

        def fill() -> None:
            while True:
                others.enter_context(psycopg.connect(server.url()))

        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            fill()
        bridged(host, host.run(), "too many clients")
    until(lambda: _answers(server), 10)
    caught_up(host, 3)


def _answers(server: Server) -> bool:
    try:
        return len(server.execute("SELECT 1 FROM pg_stat_activity WHERE datname <> ''")) < 4
    except psycopg.OperationalError:
        return False


def test_network_that_hangs(
    database: str, proxy: Proxy, server: Server, site: Site, tmp_path: Path
) -> None:
    """Nothing comes any more, nothing ends: after the interval the run is kept in the outbox."""
    host = Host(database.replace(str(server.port), str(proxy.port)), tmp_path, site)
    assert host.run().outcome == "stored"
    before_it_answers(site, proxy.hang)
    bridged(host, host.run(), "connection timeout expired")
    proxy.mend()
    caught_up(host, 3)


def test_network_that_hangs_inside_the_write(
    database: str, proxy: Proxy, server: Server, site: Site, tmp_path: Path
) -> None:
    """The collector goes its way after its interval; the server lets the others in, too."""
    host = Host(database.replace(str(server.port), str(proxy.port)), tmp_path, site)
    assert host.run().outcome == "stored"
    with held_inside_a_write(server):
        running = Running(host)
        until(lambda: waits(server, "PgSleep"), 10)
        proxy.hang()
        bridged(host, running.end(), "nothing came within 2 s")
        proxy.mend()
        until(lambda: not waits(server, "PgSleep"), 10)
    caught_up(host, 3)


def test_network_that_hangs_while_it_is_read(database: str, proxy: Proxy, server: Server) -> None:
    """A read waits no longer than it may, and the store is there again when the network is."""
    url = database.replace(str(server.port), str(proxy.port))
    store = open_store(url, read_only=True, silence=timedelta(seconds=1))
    assert store.sources() == []

    def hang_within() -> None:
        with store.reading() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
            proxy.hang()
            connection.scalar(text("SELECT 1"))

    with pytest.raises(StoreError, match="nothing came within 1 s"):
        hang_within()
    with pytest.raises(StoreError, match="timeout"):
        store.sources()
    proxy.mend()
    assert store.sources() == []
    store.close()


@pytest.fixture
def client(host: Host) -> Iterator[Client]:
    """The host's page."""
    with client_of(host.settings, lambda: host.time) as client:
        yield client


def test_pages_say_so_and_recover(server: Server, client: Client) -> None:
    """While it is away each address soon answers 503 with a sentence, and 200 when it is back."""
    api = [f"/api/v1/{name}" for name in ("sources", "latest", "pulse", "series", "headlines")]
    addresses = [*api, "/healthz", "/health", "/export/snapshots.csv"]
    assert {client.get(name).status_code for name in addresses} == {200}
    server.stop("immediate")
    told = {}
    for name in addresses:
        until(lambda name=name: client.get(name).status_code == 503, 10)  # type: ignore[misc]
        told[name] = client.get(name).text
    server.start()
    for name in addresses:
        assert "The store did not answer." in told[name], name
        until(lambda name=name: client.get(name).status_code == 200, 10)  # type: ignore[misc]


def test_migration_that_no_standby_confirms(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the tables is not held for ever by a standby that is away, either."""
    monkeypatch.setattr("data.migrations.run.SILENCE", timedelta(seconds=1))
    server.execute("DROP DATABASE IF EXISTS masthead WITH (FORCE)")
    server.execute("CREATE DATABASE masthead")
    server.configure("synchronous_standby_names", "nobody")
    with pytest.raises(StoreError, match="nothing came within 1 s"):
        open_store(server.url("masthead"))
    server.configure("synchronous_standby_names", None)
    until(lambda: not waits(server, "SyncRep"), 10)
    open_store(server.url("masthead")).close()


def test_pages_refuse_what_is_no_store(server: Server) -> None:
    """A database without our tables, or of another version, is named as such."""
    with client_of(Settings(database_read=server.url("postgres")), lambda: T0) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "has no Masthead schema yet" in answer.text


def test_several_servers_each_with_its_reason(server: Server) -> None:
    """Where none of several servers can be used, one line tells what each of them said."""
    url = f"postgresql://postgres:s3cret@127.0.0.1:1,127.0.0.1:{server.port}/nowhere"
    with pytest.raises(StoreError) as caught:
        open_store(url, read_only=True)
    said = str(caught.value)
    assert "127.0.0.1:1: Connection refused; " in said
    assert f'127.0.0.1:{server.port}: FATAL:  database "nowhere" does not exist.' in said
    assert "s3cret" not in said
    assert "\n" not in said
