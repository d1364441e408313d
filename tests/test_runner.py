"""One run against a real server and a real SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from collectors.jobs import Job, jobs, saved_page
from collectors.result import Result
from collectors.runner import Runner
from data.errors import UsageError
from data.model import Page
from data.settings import Settings, SourceSettings
from data.store import Store, open_store
from data.tables import Query, rows
from tests.pages import page
from tests.site import Answer, Site, serving

NOON = datetime(2026, 1, 31, 12, 20, tzinfo=UTC)
SLOT = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.time


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose page has all five figures."""
    with serving() as running:
        running.answers["/"] = Answer(page())
        yield running


@pytest.fixture
def settings(tmp_path: Path, site: Site) -> Settings:
    """Settings that point to the site and to files of this test."""
    return Settings(
        database=f"sqlite:///{tmp_path}/store/masthead.db",
        outbox=tmp_path / "outbox",
        sources={"dapp_expert": SourceSettings(url=site.url)},
    )


@pytest.fixture
def clock() -> Clock:
    """A clock at noon."""
    return Clock()


def run(settings: Settings, clock: Clock, *, refresh: bool = False, dry: bool = False) -> Result:
    """One run of the one source."""
    runner = Runner(settings, clock, dry_run=dry, refresh=refresh)
    return runner.run(jobs(settings)[0])


def values(store: Store) -> list[tuple[object, ...]]:
    """Every snapshot as (slot, five figures)."""
    return [(row[0], *row[6:]) for row in rows(store, Query())]


def outcomes(store: Store) -> list[str]:
    """The outcome of every run, oldest first."""
    return [row[4] for row in rows(store, Query("runs"))]


def test_a_run_stores_one_snapshot_and_its_headlines(settings: Settings, clock: Clock) -> None:
    """Five figures, two headlines and one run are kept."""
    result = run(settings, clock)
    assert (result.outcome, result.exit_code, result.slot) == ("stored", 0, SLOT)
    store = open_store(settings.database)
    assert values(store) == [(SLOT, 16230.0, 78.0, 66.47e6, 303.26e9, 879.24e6)]
    assert {row[5]: row[4] for row in rows(store, Query("headlines"))} == {
        "A lending market opens its test network": True,
        "A second story": False,
    }
    [journal] = rows(store, Query("runs"))
    assert journal[3:9] == ("dapp_expert", "stored", None, None, 200, len(page()))


def test_same_slot_is_not_fetched_again(settings: Settings, clock: Clock, site: Site) -> None:
    """The second run of a slot is "already there", without a request."""
    run(settings, clock)
    clock.time += timedelta(minutes=30)
    again = run(settings, clock)
    assert (again.outcome, again.exit_code, len(site.requests)) == ("duplicate", 0, 1)
    assert again.json()["readings"]["dapps"]["value"] == 16230
    clock.time += timedelta(minutes=30)
    assert run(settings, clock).outcome == "stored"
    assert len(values(open_store(settings.database))) == 2


def test_partial_page_says_what_is_missing(settings: Settings, clock: Clock, site: Site) -> None:
    """An empty figure is NULL, not zero; the rest is kept, and the page to read it again."""
    site.answers["/"] = Answer(page(Active_users=""))
    result = run(settings, clock)
    assert (result.outcome, result.exit_code) == ("partial", 3)
    assert result.error is not None
    assert "active_users" in result.error
    store = open_store(settings.database)
    assert values(store) == [(SLOT, 16230.0, 78.0, None, 303.26e9, 879.24e6)]
    assert store.page_count("dapp_expert") == 1


def test_refresh_fills_what_was_missing(settings: Settings, clock: Clock, site: Site) -> None:
    """A second look at a slot fills its NULLs and overwrites nothing."""
    site.answers["/"] = Answer(page(Active_users=""))
    run(settings, clock)
    site.answers["/"] = Answer(page(Dapps="17K"))
    assert run(settings, clock).outcome == "duplicate"
    assert run(settings, clock, refresh=True).outcome == "stored"
    assert values(open_store(settings.database)) == [
        (SLOT, 16230.0, 78.0, 66.47e6, 303.26e9, 879.24e6)
    ]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(b"<html><body><p>Back soon.</p></body></html>"), "reading"),
        (
            Answer(
                page(
                    **dict.fromkeys(("Dapps", "Blockchains"), ""),
                    Active_users="",
                    **{"30d_volume": "", "30d_transactions": ""},
                )
            ),
            "reading",
        ),
        (Answer(b"down", 503), "status"),
    ],
)
def test_nothing_read_is_a_failed_run(
    settings: Settings, clock: Clock, site: Site, answer: Answer, kind: str
) -> None:
    """Without a figure nothing is stored and the run is failed, so no failure looks fresh."""
    site.answers["/"] = answer
    result = run(settings, clock)
    assert (result.outcome, result.exit_code) == ("failed", 4)
    store = open_store(settings.database)
    assert values(store) == []
    [journal] = rows(store, Query("runs"))
    assert (journal[4], journal[5], journal[7]) == ("failed", kind, answer.status)
    assert journal[6] == result.error
    assert store.page_count("dapp_expert") == (1 if kind == "reading" else 0)


def test_store_away_fills_the_outbox(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    """While the store cannot be reached snapshots wait, then are stored once, in order."""
    wall = tmp_path / "store"
    wall.write_text("a file where the folder should be")
    for _ in range(3):
        result = run(settings, clock)
        assert (result.outcome, result.exit_code) == ("outbox", 5)
        clock.time += timedelta(hours=1)
    assert len(list(settings.outbox.glob("*.json"))) == 3
    wall.unlink()
    assert run(settings, clock).outcome == "stored"
    store = open_store(settings.database)
    assert [row[0].hour for row in values(store) if isinstance(row[0], datetime)] == [
        12,
        13,
        14,
        15,
    ]
    assert not list(settings.outbox.glob("*"))


def test_store_lost_in_mid_run_fills_the_outbox(
    settings: Settings, clock: Clock, site: Site, tmp_path: Path
) -> None:
    """A store that goes away between the start of a run and its end loses nothing."""
    run(settings, clock)
    clock.time += timedelta(hours=1)
    database = tmp_path / "store" / "masthead.db"
    with sqlite3.connect(database) as other:
        other.execute("DROP TABLE snapshots")
    other.close()
    result = run(settings, clock, refresh=True)
    assert result.outcome == "outbox"
    [waiting] = settings.outbox.glob("*.json")
    kept = json.loads(waiting.read_bytes())["snapshot"]
    assert kept["readings"]["blockchains"]["value"] == 78


def test_dry_run_writes_nothing(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    """A dry run reads and tells; no file appears."""
    result = run(settings, clock, dry=True)
    assert result.outcome == "stored"
    assert result.json()["readings"]["dapps"]["value"] == 16230
    assert list(tmp_path.iterdir()) == []


def test_bug_in_a_reader_is_a_failed_run(
    settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception nobody foresaw ends in a failed run that says so, not in a crash."""
    job = jobs(settings)[0]

    def broken(_: Page) -> None:
        raise ZeroDivisionError("on purpose")

    result = Runner(settings, clock).run(
        replace(job, collector=replace(job.collector, read=broken))  # type: ignore[arg-type]
    )
    assert (result.outcome, result.exit_code) == ("failed", 4)
    assert "ZeroDivisionError: on purpose" in (result.error or "")
    assert "on purpose" in caplog.text
    assert outcomes(open_store(settings.database)) == ["failed"]


def test_jobs_names_the_unknown_source(settings: Settings) -> None:
    """A source that does not exist is named, with those that do."""
    with pytest.raises(UsageError, match="'dap_expert' is not known: there is dapp_expert"):
        jobs(settings, ["dap_expert"])


def test_jobs_of_a_config_without_a_source() -> None:
    """A config that switches everything off is said to."""
    settings = Settings(sources={"dapp_expert": SourceSettings(enabled=False)})
    with pytest.raises(UsageError, match="No source is enabled"):
        jobs(settings)
    assert [job.source for job in jobs(settings, ["dapp_expert"])] == ["dapp_expert"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/", "dapp.expert"])
def test_jobs_refuses_other_addresses(settings: Settings, url: str) -> None:
    """Only http and https addresses are fetched."""
    with pytest.raises(UsageError, match="is not http or https"):
        jobs(settings, url=url)


def job_of(settings: Settings) -> Job:
    """The one job."""
    return jobs(settings)[0]


def test_saved_page_takes_the_files_time(settings: Settings, tmp_path: Path) -> None:
    """Without a word about it, a saved page was taken when its file was last changed."""
    path = tmp_path / "saved.html"
    path.write_bytes(page())
    with path.open("rb") as file:
        taken = saved_page(job_of(settings), file, path.name, None, datetime.now(UTC)).taken_at
    assert abs(taken.timestamp() - path.stat().st_mtime) < 0.002


@pytest.mark.parametrize(
    ("body", "at", "words"),
    [
        (b"  \n", SLOT, "is empty"),
        (bytes(11 * 2**20), SLOT, "is larger than 10 MiB"),
        (b"x", NOON + timedelta(hours=1), "lies in the future"),
    ],
)
def test_saved_page_refuses(
    settings: Settings, tmp_path: Path, body: bytes, at: datetime, words: str
) -> None:
    """Empty and huge files and times to come are refused by name."""
    with pytest.raises(UsageError, match=words):
        saved_page(job_of(settings), BytesIO(body), "saved.html", at, NOON)
