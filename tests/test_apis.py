"""The sources that are APIs, from the request to the store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import COLLECTORS, defillama
from collectors.jobs import Job
from collectors.parts import opened
from collectors.reread import Reread, reread
from collectors.result import Result
from collectors.runner import Runner
from data.kept import kept_pages
from data.model import Page, Reading
from data.settings import Settings
from data.status import status
from data.store import Store
from data.tables import Query, rows
from tests.conftest import database
from tests.moods import busy
from tests.site import Answer, Site, serving

FIXTURES = Path(__file__).parent / "fixtures"
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with the documents of both APIs."""
    folder = FIXTURES / "defillama"
    with serving() as running:
        for part, file in zip(
            defillama.COLLECTOR.parts, ("protocols.json", "chains.json", "dexs.json"), strict=True
        ):
            running.answers[f"/{part}"] = Answer((folder / file).read_bytes(), headers=JSON)
        body = (FIXTURES / "growthepie" / "fundamentals.json").read_bytes()
        running.answers["/v1/fundamentals.json"] = Answer(body, headers=JSON)
        yield running


def collect(site: Site, tmp_path: Path, name: str, page: Page | None = None) -> Result:
    """One run of a source against the site, without its pauses."""
    collector = replace(COLLECTORS[name], pause=timedelta())
    address = site.url if name == "defillama" else f"{site.url}v1/fundamentals.json"
    settings = Settings(database=database(tmp_path), outbox=tmp_path / "outbox")
    return Runner(settings, lambda: AT).run(Job(collector, address, collector.every), page)


def figures(result: Result) -> dict[str, float | None]:
    """The values of a run's look."""
    assert result.snapshot is not None
    return {key: one.value for key, one in result.snapshot.look.readings.items()}


def test_defillama_is_collected(site: Site, tmp_path: Path, file_store: Store) -> None:
    """Three requests, one snapshot of three figures; the file_store knows what the source is."""
    result = collect(site, tmp_path, "defillama")
    assert (result.outcome, result.error) == ("stored", None)
    assert figures(result) == {"dapps": 7, "blockchains": 3, "volume_30d": 303_261_234_567.89}
    asked = [path for path, _ in site.requests if path != "/robots.txt"]
    assert asked == [f"/{part}" for part in defillama.COLLECTOR.parts]
    info = file_store.source("defillama")
    assert info is not None
    assert info.about == defillama.COLLECTOR.about
    kept = file_store.latest("defillama")
    assert kept is not None
    assert kept.look.complete
    assert file_store.page_count("defillama") == 0
    assert collect(site, tmp_path, "defillama").outcome == "duplicate"
    told = status(file_store, "defillama", DAY, AT)
    assert (told.last_success, told.stale) == (AT, False)


def test_part_that_fails_is_a_partial_snapshot(
    site: Site, tmp_path: Path, file_store: Store
) -> None:
    """Two figures are stored, the third has its reason; the page is kept and reads back whole."""
    site.answers["/v2/chains"] = Answer(b"<html>nothing here</html>", 404)
    result = collect(site, tmp_path, "defillama")
    assert (result.outcome, result.exit_code) == ("partial", 3)
    assert figures(result)["blockchains"] is None
    assert f"blockchains: {site.url}v2/chains answered 404" in str(result.error)
    [kept] = kept_pages(file_store, "defillama")
    assert opened(kept.page)["v2/chains"].error is not None
    saved = tmp_path / "kept.json"
    saved.write_bytes(kept.page.body)
    again = collect(site, tmp_path, "defillama", Page(saved.read_bytes(), site.url, AT + DAY))
    assert (again.outcome, figures(again)) == ("partial", figures(result))
    assert reread(file_store, "defillama") == Reread("defillama", pages=2, filled=0, left=2)


def test_outage_at_200(site: Site, tmp_path: Path, store: Store) -> None:
    """A page of HTML where JSON should be is a reason for that figure, not a figure."""
    outage = (FIXTURES / "defillama" / "outage.html").read_bytes()
    site.answers["/protocols"] = Answer(outage)
    result = collect(site, tmp_path, "defillama")
    assert result.outcome == "partial"
    assert figures(result)["dapps"] is None
    assert figures(result)["blockchains"] == 3


def test_all_parts_fail(site: Site, tmp_path: Path, store: Store) -> None:
    """Nothing is stored, and the run says why."""
    site.answers.clear()
    result = collect(site, tmp_path, "defillama")
    assert (result.outcome, result.exit_code) == ("failed", 4)
    assert "answered 404" in str(result.error)
    assert store.latest("defillama") is None


def test_growthepie_is_collected(site: Site, tmp_path: Path, file_store: Store) -> None:
    """One snapshot of one figure, as of the end of the last day summed, with its credit."""
    result = collect(site, tmp_path, "growthepie")
    assert (result.outcome, figures(result)) == ("stored", {"transactions_30d": 50_655})
    kept = file_store.latest("growthepie")
    assert kept is not None
    assert kept.look.readings == {"transactions_30d": Reading(50_655, 0.0, "count")}
    assert kept.look.as_of == datetime(2026, 1, 31, tzinfo=UTC)
    info = file_store.source("growthepie")
    assert info is not None
    assert info.about.credit == "Data: growthepie, CC BY 4.0"
    assert [row[3:5] for row in rows(file_store, Query(shape="tidy"))] == [
        ("transactions_30d", 50_655)
    ]


def test_a_server_that_wants_peace_is_not_asked_for_the_other_parts(
    site: Site, tmp_path: Path, file_store: Store
) -> None:
    """A long Retry-After holds for the parts that follow and for the next visit."""
    second = f"/{defillama.COLLECTOR.parts[1]}"
    site.answers[second] = busy("3600")
    result = collect(site, tmp_path, "defillama")
    assert (result.outcome, figures(result)["dapps"]) == ("partial", 7)
    assert figures(result)["volume_30d"] is None
    assert site.paths[-1] == second
    known = file_store.answered("defillama")
    assert known is not None
    assert (known.not_before, known.wished_at) == (AT + timedelta(hours=1), AT)


def test_a_pause_that_outlasts_the_interval_is_not_waited_for(
    site: Site, tmp_path: Path, store: Store
) -> None:
    """What robots.txt wants between two requests may take days: a run takes an interval at most."""
    rules = b"User-agent: *\nCrawl-delay: 86400\n"
    site.answers["/robots.txt"] = Answer(rules, headers={"Content-Type": "text/plain"})
    result = collect(site, tmp_path, "defillama")
    assert (result.outcome, figures(result)["dapps"]) == ("partial", 7)
    assert "wants a pause of 1d between two requests" in str(result.error)
    assert site.paths == ["/robots.txt", f"/{defillama.COLLECTOR.parts[0]}"]
