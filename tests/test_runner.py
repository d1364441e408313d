"""One run against a real server and a real SQLite file."""

import errno
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from collectors.jobs import Job, jobs, saved_page
from collectors.reread import reread
from collectors.result import Result
from collectors.runner import Runner
from data.clock import stopwatch
from data.errors import UsageError
from data.model import Page
from data.settings import Settings, SourceSettings
from data.store import Store, open_store
from data.tables import Query, rows
from tests import moods
from tests.pages import page
from tests.site import Answer, Site

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


def values(store: Store) -> list[tuple[Any, ...]]:
    """Every snapshot as (slot, five figures)."""
    return [(row[0], *row[6:]) for row in rows(store, Query())]


def pages(site: Site) -> int:
    """How often the page was asked for."""
    return site.paths.count("/")


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
    assert (again.outcome, again.exit_code, pages(site)) == ("duplicate", 0, 1)
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


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("table", ["snapshots", "answers", "rollups_day"])
def test_store_lost_in_mid_run_fills_the_outbox(
    settings: Settings, clock: Clock, tmp_path: Path, table: str, refresh: bool
) -> None:
    """A store that goes away anywhere between the start of a run and its end loses nothing."""
    run(settings, clock)
    clock.time += timedelta(hours=1)
    database = tmp_path / "store" / "masthead.db"
    with sqlite3.connect(database) as other:
        other.execute(f"DROP TABLE {table}")
    other.close()
    result = run(settings, clock, refresh=refresh)
    assert (result.outcome, result.exit_code) == ("outbox", 5)
    [waiting] = settings.outbox.glob("*.json")
    kept = json.loads(waiting.read_bytes())["snapshot"]
    assert kept["readings"]["blockchains"]["value"] == 78


def test_page_that_did_not_change_is_a_snapshot(
    settings: Settings, clock: Clock, site: Site
) -> None:
    """After a full reading the page is asked for only if it changed; 304 repeats the readings."""
    site.answers["/"] = moods.remembering('"one"')
    assert run(settings, clock).outcome == "stored"
    for _ in range(2):
        clock.time += timedelta(hours=1)
        result = run(settings, clock)
        assert (result.outcome, result.exit_code) == ("unchanged", 0)
        assert site.requests[-1][1]["if-none-match"] == '"one"'
    store = open_store(settings.database)
    assert {row[1:] for row in values(store)} == {(16230.0, 78.0, 66.47e6, 303.26e9, 879.24e6)}
    assert [row[0].hour for row in values(store)] == [12, 13, 14]
    assert [row[4:9] for row in rows(store, Query("runs"))][1:] == [
        ("unchanged", None, None, 304, 0)
    ] * 2
    answered = store.answered("dapp_expert")
    assert answered is not None
    assert answered.slot == SLOT
    [lead, _] = store.headlines("dapp_expert", None, None, 9)
    assert (lead.first_seen_at.hour, lead.last_seen_at.hour) == (12, 14)
    clock.time += timedelta(hours=1)
    site.answers["/"] = moods.remembering('"two"')
    assert run(settings, clock).outcome == "stored"


def test_page_that_does_not_change_is_read_anew_each_day(
    settings: Settings, clock: Clock, site: Site
) -> None:
    """304 upon 304 would keep a figure fresh that its reader would call too old by now."""
    site.answers["/"] = moods.remembering('"one"')
    told = []
    for _ in range(50):
        told.append(run(settings, clock).outcome)
        clock.time += timedelta(hours=1)
    assert [hour for hour, outcome in enumerate(told) if outcome == "stored"] == [0, 24, 48]
    assert told.count("unchanged") == 47


def test_unchanged_page_waits_for_a_store_that_went_away(
    settings: Settings, clock: Clock, site: Site, tmp_path: Path
) -> None:
    """A 304 whose snapshot cannot be stored goes to the outbox with its readings, then in."""
    site.answers["/"] = moods.remembering('"one"')
    run(settings, clock)
    clock.time += timedelta(hours=1)
    with sqlite3.connect(tmp_path / "store" / "masthead.db") as other:
        other.execute("ALTER TABLE rollups_day RENAME TO elsewhere")
    result = run(settings, clock)
    assert (result.outcome, site.requests[-1][1]["if-none-match"]) == ("outbox", '"one"')
    other.execute("ALTER TABLE elsewhere RENAME TO rollups_day")
    other.close()
    clock.time += timedelta(hours=1)
    run(settings, clock)
    store = open_store(settings.database)
    assert [row[1] for row in values(store)] == [16230.0] * 3
    assert sorted(outcomes(store)) == ["outbox", "stored", "unchanged"]


def test_partial_page_is_asked_for_whole(settings: Settings, clock: Clock, site: Site) -> None:
    """What was not read fully is fetched again, whatever validators it came with."""
    partial = Answer(page(Dapps=""), headers={"Content-Type": moods.HTML, "ETag": '"one"'})
    site.answers["/"] = partial
    run(settings, clock)
    clock.time += timedelta(hours=1)
    assert run(settings, clock).outcome == "partial"
    assert "if-none-match" not in site.requests[-1][1]


def test_other_address_is_asked_for_whole(settings: Settings, clock: Clock, site: Site) -> None:
    """Validators belong to the address they came from."""
    site.answers["/"] = moods.remembering('"one"')
    run(settings, clock)
    clock.time += timedelta(hours=1)
    site.answers["/ru"] = Answer(page())
    [job] = jobs(settings, url=f"{site.url}ru")
    assert Runner(settings, clock).run(job).outcome == "stored"
    assert "if-none-match" not in site.requests[-1][1]


def test_site_that_wants_peace_gets_it(settings: Settings, clock: Clock, site: Site) -> None:
    """A Retry-After too long to wait for holds for later runs too, and for no longer."""
    site.answers["/"] = moods.busy("1200")
    first = run(settings, clock)
    assert (first.outcome, first.exit_code, first.kind) == ("failed", 4, "wait")
    site.answers["/"] = Answer(page())
    clock.time += timedelta(minutes=19)
    second = run(settings, clock)
    assert (second.outcome, second.kind, pages(site)) == ("failed", "wait", 1)
    assert "until 2026-01-31T12:40:00Z" in (second.error or "")
    clock.time += timedelta(minutes=1)
    assert run(settings, clock).outcome == "stored"
    clock.time += timedelta(hours=1)
    assert run(settings, clock).outcome == "stored"


def test_a_clock_set_back_ends_the_wait(settings: Settings, clock: Clock, site: Site) -> None:
    """What was wished for by a clock that ran three hours ahead keeps nobody from the page."""
    clock.time += timedelta(hours=3)
    site.answers["/"] = moods.busy("7200")
    assert run(settings, clock).kind == "wait"
    site.answers["/"] = Answer(page())
    clock.time -= timedelta(hours=3)
    assert run(settings, clock).outcome == "stored"


def test_robots_are_heeded(settings: Settings, clock: Clock, site: Site) -> None:
    """A page that robots.txt disallows is not asked for; the run says so."""
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /")
    result = run(settings, clock)
    assert (result.outcome, result.exit_code, result.kind) == ("failed", 4, "robots")
    assert pages(site) == 0


def test_jump_is_no_value_until_it_is_confirmed(
    settings: Settings, clock: Clock, site: Site
) -> None:
    """A figure a thousand times off is NULL with its text, its page kept, until others say so."""
    run(settings, clock)
    site.answers["/"] = Answer(page(Dapps="16.23M"))
    clock.time += timedelta(hours=1)
    result = run(settings, clock)
    assert (result.outcome, result.exit_code) == ("partial", 3)
    assert "dapps: suspect: 1000 times off, it was 16230" in (result.error or "")
    store = open_store(settings.database)
    assert values(store)[1][1:3] == (None, 78.0)
    doubted = store.snapshot("dapp_expert", SLOT + timedelta(hours=1))
    assert doubted is not None
    assert doubted.look.readings["dapps"].shown == "16.23M"
    assert store.page_count("dapp_expert") == 1
    clock.time += timedelta(days=2)
    assert run(settings, clock).outcome == "stored"
    assert [row[1] for row in values(store)] == [16230.0, None, 16.23e6]
    reread(store, "dapp_expert")
    assert [row[1] for row in values(store)] == [16230.0, 16.23e6, 16.23e6]


def test_what_waited_is_judged_when_it_is_stored(
    settings: Settings, clock: Clock, site: Site, tmp_path: Path
) -> None:
    """A jump read while the store was away is doubted as soon as there is a history to ask."""
    run(settings, clock)
    away = (tmp_path / "store").rename(tmp_path / "elsewhere")
    (tmp_path / "store").write_text("a file where the folder should be")
    site.answers["/"] = Answer(page(Dapps="16.23M"))
    clock.time += timedelta(hours=1)
    assert run(settings, clock).outcome == "outbox"
    (tmp_path / "store").unlink()
    away.rename(tmp_path / "store")
    site.answers["/"] = Answer(page())
    clock.time += timedelta(hours=1)
    run(settings, clock)
    store = open_store(settings.database)
    assert [row[1] for row in values(store)] == [16230.0, None, 16230.0]
    assert sorted(outcomes(store)) == ["outbox", "stored", "stored"]
    assert store.page_count("dapp_expert") == 1


def test_neither_store_nor_outbox_is_said(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    """When the snapshot can be kept nowhere, the run fails with the store's code and says so."""
    (tmp_path / "store").write_text("a file where the folder should be")
    settings.outbox.write_text("a file too")
    result = run(settings, clock)
    assert (result.outcome, result.exit_code) == ("failed", 5)
    assert "this snapshot is lost" in (result.error or "")


def test_several_sources_at_once(settings: Settings, clock: Clock, site: Site) -> None:
    """Many sources run side by side over one store; one that fails does not touch the others."""
    reader = jobs(settings)[0].collector
    many = [
        Job(replace(reader, name=f"source_{number}"), f"{site.url}{number}", reader.every)
        for number in range(40)
    ]
    for number in range(39):
        site.answers[f"/{number}"] = Answer(page(Blockchains=str(number + 1)))
    found = list(Runner(settings, clock).run_all(many))
    assert [result.outcome for result in found] == ["stored"] * 39 + ["failed"]
    store = open_store(settings.database)
    for number, job in enumerate(many[:39]):
        kept = store.snapshot(job.source, SLOT)
        assert kept is not None
        assert kept.look.readings["blockchains"].value == number + 1
    assert site.paths.count("/robots.txt") == 1


def test_source_that_fails_from_its_first_day_is_known(
    settings: Settings, clock: Clock, site: Site
) -> None:
    """The store knows what it is and how often it is looked at, though it holds nothing of it."""
    site.answers["/"] = moods.failing()
    [job] = jobs(settings)
    job = replace(job, every=timedelta(days=1))
    assert Runner(settings, clock).run(job).outcome == "failed"
    info = open_store(settings.database).source("dapp_expert")
    assert info is not None
    assert (info.every, info.about) == (timedelta(days=1), job.collector.about)
    assert (info.first_slot, info.last_slot) == (None, None)


def test_busy_store_is_waited_for_once(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    """A store that another holds for long costs a run its wait once; nothing is lost."""
    run(settings, clock)
    clock.time += timedelta(hours=1)
    [job] = jobs(settings)
    job = replace(job, every=timedelta(seconds=2))
    other = sqlite3.connect(tmp_path / "store" / "masthead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = stopwatch()
    result = Runner(settings, clock).run(job)
    assert (result.outcome, result.exit_code) == ("outbox", 5)
    assert 2 <= stopwatch() - begun < 4
    other.execute("ROLLBACK")
    other.close()
    clock.time += timedelta(hours=1)
    run(settings, clock)
    store = open_store(settings.database)
    assert len(values(store)) == 3
    assert sorted(outcomes(store)) == ["outbox", "stored", "stored"]


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


def test_a_bug_in_the_outbox_costs_no_run(
    settings: Settings,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What waits there waits on, and is told of; the page is read all the same."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("data.outbox.flush", broken)
    assert run(settings, clock).outcome == "stored"
    assert "cannot be emptied, on a bug" in caplog.text
    assert "on purpose" in caplog.text


def test_machine_without_files_is_no_bug(
    settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """What the machine refuses is told in a sentence, without a trace and a plea for a report."""
    job = jobs(settings)[0]

    def spent(_: Page) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    result = Runner(settings, clock).run(
        replace(job, collector=replace(job.collector, read=spent))  # type: ignore[arg-type]
    )
    assert (result.outcome, result.exit_code) == ("failed", 4)
    assert result.error == "The machine has no more for Masthead: Too many open files."
    assert caplog.text == ""


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
    with pytest.raises(UsageError, match="does not begin with http"):
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
        (b"x", datetime(1, 1, 1, tzinfo=UTC), "would be a page of 0001-01-01T00:00:00Z: say with"),
    ],
)
def test_saved_page_refuses(
    settings: Settings, tmp_path: Path, body: bytes, at: datetime, words: str
) -> None:
    """Empty and huge files and times to come are refused by name."""
    with pytest.raises(UsageError, match=words):
        saved_page(job_of(settings), BytesIO(body), "saved.html", at, NOON)
