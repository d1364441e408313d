"""What several tests share: real stores on SQLite and PostgreSQL, a builder of snapshots."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.captures import Captures
from data.model import METRICS, Headline, Look, Origin, Reading, Snapshot, Via
from data.rounding import half_width
from data.schema import TABLES
from data.store import Store, open_store
from tests.pages import page
from tests.postgres import Server, place, programs
from tests.site import Answer, Site, serving

T0 = datetime(2026, 1, 31, 6, tzinfo=UTC)
"""The slot tests start from."""
HOUR = timedelta(hours=1)


def database(folder: Path) -> str:
    """The URL of a SQLite file in ``folder``."""
    return f"sqlite:///{folder / 'masthead.db'}"


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose page has all five figures."""
    with serving() as running:
        running.answers["/"] = Answer(page())
        yield running


@pytest.fixture(scope="session")
def installed() -> Iterator[tuple[Path, Path]]:
    """PostgreSQL's programs, and a folder for the servers of the whole run."""
    with programs() as places:
        yield places


@pytest.fixture(scope="session")
def postgres(installed: tuple[Path, Path]) -> Iterator[Server]:
    """A PostgreSQL server for the whole run."""
    bin_, folder = installed
    started = Server(bin_, place(folder / "shared"))
    started.create()
    started.start()
    yield started
    started.stop("immediate")


@pytest.fixture(scope="session")
def migrated(postgres: Server) -> str:
    """The URL of one migrated database, for one test at a time."""
    postgres.execute("CREATE DATABASE masthead")
    url = postgres.url("masthead")
    open_store(url).close()
    return url


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes databases in which nothing is yet, by the name of their engine; gives their URLs."""
    made: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            made.append(f"empty_{len(made)}.db")
            return f"sqlite:///{tmp_path / made[-1]}"
        server: Server = request.getfixturevalue("postgres")
        made.append(f"empty_{len(made)}")
        server.execute(f"CREATE DATABASE {made[-1]}")
        return server.url(made[-1])

    yield make
    for name in made:
        if not name.endswith(".db"):
            postgres: Server = request.getfixturevalue("postgres")
            postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store on each engine: a file still to be made, or tables emptied."""
    if request.param == "sqlite":
        return database(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    migrated: str = request.getfixturevalue("migrated")
    names = ", ".join(table.name for table in TABLES)
    server.execute(f"TRUNCATE {names} RESTART IDENTITY", "masthead")
    return migrated


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty, migrated store, on each engine."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def captures(store: Store) -> Captures:
    """What is known of a source's captures: nothing yet."""
    return Captures(store, "dapp_expert", HOUR)


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """An empty, migrated store in a file of its own: for what only SQLite has."""
    opened = open_store(database(tmp_path))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for a whole module: what a property test empties between its examples."""
    opened = open_store(database(tmp_path_factory.mktemp("store")))
    yield opened
    opened.close()


def reading(key: str, value: float | None, via: Via | None = "payload", **texts: Any) -> Reading:
    """A reading of a metric with the half-width that its text says."""
    metric = next(metric for metric in METRICS if metric.key == key)
    width = half_width(metric, value, texts.get("shown"), via)
    return Reading(value, width, metric.unit, **texts)


def snapshot(
    slot: datetime = T0,
    *,
    source: str = "dapp_expert",
    taken_at: datetime | None = None,
    as_of: datetime | None = None,
    origin: Origin = "live",
    via: Via | None = "payload",
    shown: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    headlines: tuple[Headline, ...] = (),
    figures: Mapping[str, float | None] | None = None,
    **values: float | None,
) -> Snapshot:
    """A snapshot with the given figures; a figure not named was not read."""
    values |= figures or {}
    readings = {
        metric.key: reading(
            metric.key,
            values.get(metric.key),
            via,
            shown=(shown or {}).get(metric.key),
            problem=(problems or {}).get(metric.key),
        )
        for metric in METRICS
    }
    look = Look(readings, via, as_of, headlines)
    return Snapshot(source, slot, taken_at or slot + timedelta(seconds=4), origin, look)
