"""What is taken away from the page in a real browser: files, and the menu that gives them."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from pyarrow import parquet

from data import clock
from data.model import Headline, iso, slot_of
from data.schema import snapshots
from data.statements import select
from data.store import Store
from tests import scenes
from tests.e2e.taking import fetch, keep_other, keep_sample, open_menu
from tests.e2e.visits import day, keep, look_again, open_full, violations
from tests.looks import HOUR, SEEN, snapshot

MINUTE = timedelta(minutes=1)


def slots(store: Store, source: str, start: datetime, end: datetime) -> list[str]:
    """The slots of a source from ``start`` to ``end``, both included, oldest first."""
    slot = snapshots.c.slot
    with store.reading() as connection:
        query = select(slot).where(snapshots.c.source == source).order_by(slot)
        times = list(connection.scalars(query))
    return [iso(one) for one in times if start <= one <= end]


def table(path: Path) -> list[dict[str, Any]]:
    """The rows of a downloaded file by its kind; times as ISO 8601, empty cells None."""
    if path.suffix == ".csv":
        text = path.read_text("utf-8-sig")
        return [
            {name: value or None for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(text))
        ]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if path.suffix == ".parquet":
        rows = parquet.read_table(path).to_pylist()
        return [{**row, "slot": iso(row["slot"])} for row in rows]
    sheet = openpyxl.load_workbook(path).active
    head, *lines = sheet.iter_rows(values_only=True)
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    return [{**row, "slot": iso(row["slot"].replace(tzinfo=UTC))} for row in rows]


def test_every_format_holds_what_is_shown(page: Page, store: Store) -> None:
    """A zoom that ends on a slot: each file holds it and the first, and nothing beside them."""
    keep(store, range(40, -1, -1))
    keep_other(store)
    keep_sample(store)
    start, end = (slot_of(clock.now(), HOUR) - ago * HOUR for ago in (30, 20))
    wanted = slots(store, "dapp_expert", start, end)
    assert len(wanted) == 11
    open_menu(page, f"/?{urlencode({'from': iso(start), 'to': iso(end)})}")
    for name in ("CSV", "CSV for Excel", "XLSX", "Parquet", "JSON"):
        path = fetch(page, "take_shown", name)
        rows = table(path)
        assert [row["slot"] for row in rows] == wanted, name
        assert {row["source"] for row in rows} == {"dapp_expert"}
        assert {float(row["volume_30d"]) for row in rows} == {SEEN[3]}
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") == (name == "CSV for Excel")
        span = f"{start:%Y%m%d}-{end:%Y%m%d}"
        assert path.stem == f"masthead-dapp_expert-snapshots-{span}"


def test_a_range_and_everything(page: Page, store: Store) -> None:
    """A range ends now and so holds the newest slot; everything holds the oldest as well."""
    keep(store, range(40, -1, -1))
    now = clock.now()
    open_menu(page, "/?range=24h")
    rows = table(fetch(page, "take_shown", "CSV"))
    assert [row["slot"] for row in rows] == slots(store, "dapp_expert", now - 24 * HOUR, now)
    path = fetch(page, "take_all", "CSV")
    assert path.name == "masthead-dapp_expert-snapshots.csv"
    assert len(table(path)) == 41


def test_overlaid_sources_and_an_enlarged_metric(page: Page, store: Store) -> None:
    """All sources on screen by time, of the enlarged metric alone."""
    keep(store, range(40, -1, -1))
    keep_other(store)
    now = clock.now()
    open_menu(page, "/?source=dapp_expert&source=other&metric=dapps&range=7d")
    rows = table(fetch(page, "take_shown", "CSV"))
    for source in ("dapp_expert", "other"):
        found = [row["slot"] for row in rows if row["source"] == source]
        assert found == slots(store, source, now - timedelta(days=7), now)
    assert [row["slot"] for row in rows] == sorted(row["slot"] for row in rows)
    assert list(rows[0])[6:] == ["dapps"]
    assert {row["source"] for row in table(fetch(page, "take_all", "JSON"))} == {
        "dapp_expert",
        "other",
    }


def test_a_comparison_of_some_lines(page: Page, store: Store) -> None:
    """The figures and the sources of the lines that are on, as they were read."""
    keep(store, range(10, -1, -1))
    keep_other(store)
    lines = "line=other.volume_30d&line=other.dapps"
    open_menu(page, f"/?source=dapp_expert&source=other&view=compare&{lines}")
    rows = table(fetch(page, "take_shown", "CSV"))
    assert {row["source"] for row in rows} == {"other"}
    assert list(rows[0])[6:] == ["dapps", "volume_30d"]
    assert rows[-1]["dapps"] == "897"


def test_the_sample_alone(page: Page, store: Store) -> None:
    """What is made up is taken away only while it is shown, and then alone."""
    keep(store, range(3, -1, -1))
    keep_sample(store)
    open_menu(page, "/?source=sample&source=dapp_expert&range=24h")
    for group in ("take_shown", "take_all"):
        assert {row["source"] for row in table(fetch(page, group, "CSV"))} == {"sample"}


def test_too_long_for_a_sheet(page: Page, store: Store) -> None:
    """Two years at one a minute fit no XLSX sheet: it is offered for the day on screen alone."""
    now = clock.now()
    for ago in (timedelta(days=730), timedelta(minutes=1)):
        store.save(snapshot(now - ago), MINUTE)
    open_menu(page, "/?range=24h")
    offered = page.locator(".take[aria-labelledby='take_shown'] a")
    expect(offered).to_have_text(["CSV", "CSV for Excel", "XLSX", "Parquet", "JSON"])
    offered = page.locator(".take[aria-labelledby='take_all'] a")
    expect(offered).to_have_text(["CSV", "CSV for Excel", "Parquet", "JSON"])


def test_headlines_of_the_span(page: Page, store: Store) -> None:
    """Those that stand in the span, wherever they were seen; the search leaves nothing out."""
    now = clock.now()
    early, before = now - 30 * HOUR, now - 90 * HOUR
    told = (
        Headline("Told in the span", "https://dapp.expert/a", None, None, early, early),
        Headline("Seen in the span", "https://dapp.expert/b"),
        Headline("=Told before", "https://dapp.expert/c", None, None, before, before),
    )
    store.save(snapshot(now - 28 * HOUR, headlines=told), HOUR)
    late = (
        Headline(
            "Told in the span and read late", "https://dapp.expert/d", None, None, early, early
        ),
    )
    store.save(snapshot(now, headlines=late), HOUR)
    start, end = now - 32 * HOUR, now - 20 * HOUR
    panel = open_menu(page, f"/?{urlencode({'from': iso(start), 'to': iso(end)})}")
    titles = {"Told in the span", "Seen in the span", "Told in the span and read late"}
    for name in ("CSV", "JSON"):
        assert {row["title"] for row in table(fetch(page, "take_news", name))} == titles
    expect(panel).not_to_contain_text("the search hides")
    panel = open_menu(page, f"/?{urlencode({'from': iso(start), 'to': iso(end), 'q': 'late'})}")
    expect(panel).to_contain_text("also those that the search hides")
    assert {row["title"] for row in table(fetch(page, "take_news", "CSV"))} == titles


@pytest.mark.scene(fill=day)
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible(page: Page, language: str, theme: str) -> None:
    """Axe finds nothing in the open menu nor in the embed view; both fit a phone."""
    page.set_viewport_size({"width": 390, "height": 844})
    open_menu(page, f"/?lang={language}&theme={theme}&q=story")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    open_full(page, f"/?embed=1&lang={language}&theme={theme}")
    assert violations(page) == []


def test_by_keyboard(page: Page, store: Store) -> None:
    """The menu opens, is walked and closes by keys; a new snapshot leaves the focus where it is."""
    keep(store, range(5, 0, -1))
    open_full(page)
    summary = page.locator("#take-menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator("#take-menu-panel a").first
    expect(first).to_be_focused()
    before = str(first.get_attribute("href"))
    keep(store, range(0, -1, -1))
    look_again(page)
    expect(first).not_to_have_attribute("href", before)
    expect(first).to_be_focused()
    with page.expect_download() as arrived:
        page.keyboard.press("Enter")
    assert (
        len(
            table(Path(arrived.value.path()).rename(Path(arrived.value.path()).with_suffix(".csv")))
        )
        == 6
    )
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.locator("#take-menu-panel")).to_be_hidden()


def test_nothing_to_take_away_yet(page: Page) -> None:
    """Without a reading there is no such menu."""
    page.goto("/")
    expect(page.get_by_role("heading", name="No reading yet")).to_be_visible()
    expect(page.locator("#take-menu")).to_be_hidden()


@pytest.mark.scene(fill=scenes.full)
def test_what_was_worked_out_is_a_file_too(page: Page) -> None:
    """The moves and the days on screen, as the page draws them."""
    open_menu(page, "/?source=sample&range=90d")
    expect(page.locator("#chart-box .annotation-text").filter(has_text="per day")).to_have_count(2)
    moves = table(fetch(page, "take_moves", "CSV"))
    expect(page.locator("#moves-link")).to_contain_text(f"{len(moves)} moves")
    days = table(fetch(page, "take_daily", "CSV"))
    assert {row["metric"] for row in days} == {"volume_30d", "transactions_30d"}
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in days)
