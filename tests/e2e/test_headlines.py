"""Headlines beside the charts in a real browser: the list, its search, the rail, the outages."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from data import clock, journal
from data.model import Headline, Run, slot_of
from data.outages import CAUSES
from data.store import Store
from tests.e2e.visits import box_of, look_again, violations
from tests.looks import HOUR, SEEN, snapshot

NOW = clock.now().replace(microsecond=0)
GAP = range(50, 40, -1)
SHORT_GAPS = (30, 28)
FILLERS = 45
OWNED = "<img src=x onerror=alert(1)> \u202eelttil\u202c " + "w" * 300
SLOW = "dapp_expert: https://dapp.expert/ did not answer within 30 s."


def story(title: str, hours: float, **more: Any) -> Headline:
    """A headline published exactly so many hours ago."""
    at = NOW - timedelta(hours=hours)
    known = {"url": f"https://dapp.expert/news/{quote(title)}", **more}
    return Headline(title, published_from=at, published_to=at, **known)


def stories() -> list[Headline]:
    """One of each kind, three close together, and more than the list shows at first."""
    old = NOW - timedelta(days=730)
    return [
        story(
            "Ålesund opens its ledger", 1, author="Zoë Writer", summary="Ships, chains and Ёлки."
        ),
        story("A toll road takes tokens", 8),
        story("A choir sells its first song", 8.05),
        story("A ferry counts in blocks", 8.1, lead=True),
        story("A quiet harbour", 13),
        story(OWNED, 18, url="javascript:alert(1)", author="<b>Bold</b>", summary=OWNED),
        Headline("An undated note"),
        Headline(
            "A vague memory",
            published_from=old - timedelta(days=150),
            published_to=old + timedelta(days=150),
        ),
        *(story(f"Filler {number}", 60 + number / 10) for number in range(FILLERS)),
    ]


def fill(store: Store) -> None:
    """Hourly snapshots of three days with a long gap, whose tries timed out, and two short ones."""
    for ago in range(71, -1, -1):
        at = NOW - ago * HOUR
        if ago in GAP:
            fail(store, at)
        elif ago not in SHORT_GAPS:
            store.save(snapshot(at, SEEN, stories() if ago == 0 else ()), HOUR)


def fail(store: Store, at: datetime) -> None:
    """A try that ended without a page."""
    run = Run("dapp_expert", slot_of(at, HOUR), at)
    number, _ = journal.start(store, run)
    journal.finish(
        store, number, Run(run.source, run.slot, at, at, "failed", "timeout", SLOW, attempts=3)
    )


@pytest.fixture
def news(scene: Callable[..., Page]) -> Page:
    """A desk-sized page of headlines that the tests share: they only look."""
    page = scene(fill)
    page.set_viewport_size({"width": 1440, "height": 1000})
    return page


def show(page: Page, path: str = "/?range=24h") -> None:
    """Open and wait until charts, list and rail are drawn."""
    page.goto(path)
    expect(page.locator("#chart-box .js-line").first).to_be_attached()
    expect(page.locator("#rail .mark").first).to_be_visible()


def item(page: Page, title: str) -> Locator:
    """A headline of the list."""
    return page.locator("#headlines li").filter(has_text=title)


def mark(page: Page, name: str) -> Locator:
    """A mark of the rail by its accessible name."""
    return page.locator("#rail").get_by_role("button", name=re.compile(name))


def middle(element: Locator) -> float:
    """Where on the screen its middle is, from the left."""
    box = box_of(element)
    return box["x"] + box["width"] / 2


LIT = re.compile(r"\blit\b")


def test_the_list_tells_what_is_known_of_each(news: Page) -> None:
    """By day, newest first; a doubtful date is said; links are of the web and tell nobody."""
    show(news)
    titles = news.locator("#headlines .title").all_inner_texts()
    assert titles.index("Ålesund opens its ledger") < titles.index("A quiet harbour")
    expect(news.locator("#headlines h3").first).to_be_visible()
    first = item(news, "Ålesund")
    expect(first.locator(".when")).to_have_text(f"{NOW - HOUR:%H:%M}")
    link = first.get_by_role("link")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    expect(item(news, "An undated note")).to_contain_text("date not given")
    expect(item(news, "An undated note").locator(".when")).to_contain_text("seen")
    expect(item(news, "A vague memory")).to_contain_text("published about 2 years ago")
    expect(item(news, "A vague memory").get_by_role("link")).to_have_count(0)
    weight = "element => Number(getComputedStyle(element).fontWeight)"
    lead = item(news, "A ferry").locator(".title").evaluate(weight)
    assert lead > item(news, "A toll").locator(".title").evaluate(weight)


def test_days_are_the_readers(news: Page) -> None:
    """The days of the list are those of the chosen time zone."""
    show(news, "/?range=7d&tz=utc")
    days = {NOW - timedelta(hours=hours) for hours in (1, 8, 13, 18)}
    for at in days:
        expect(news.locator("#headlines h3", has_text=f"{at:%A} {at.day} {at:%B}")).to_be_visible()


def test_a_summary_is_opened_on_demand(news: Page) -> None:
    """The text is hidden until the line of the author is pressed."""
    show(news)
    first = item(news, "Ålesund")
    expect(first.get_by_text("Ships, chains")).to_be_hidden()
    first.get_by_text("Summary").click()
    expect(first.get_by_text("Ships, chains")).to_be_visible()


def test_forty_first_and_the_rest_on_demand(news: Page) -> None:
    """A long list begins short; the focus goes on where the button was."""
    show(news, "/?range=7d")
    entries = news.locator("#headlines li")
    expect(entries).to_have_count(40)
    whole = len(stories())
    news.get_by_role("button", name=f"Show {whole - 40} more").click()
    expect(entries).to_have_count(whole)
    expect(entries.nth(40).get_by_role("link")).to_be_focused()


def test_hostile_titles_are_only_text(news: Page) -> None:
    """Markup is shown, a script address is no link, direction and long words stay inside."""
    show(news)
    hostile = item(news, "onerror")
    expect(hostile.locator(".title")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(hostile.locator("img, b, a")).to_have_count(0)
    expect(hostile.locator("bdi")).to_have_text("<b>Bold</b>")
    mark(news, "onerror").focus()
    expect(news.locator("#hint img")).to_have_count(0)
    expect(news.locator("#hint")).to_contain_text("<img src=x")
    width = news.evaluate("document.documentElement.scrollWidth")
    assert width == 1440
    box, panel = box_of(hostile), box_of(news.locator("#news"))
    assert box["x"] + box["width"] <= panel["x"] + panel["width"]


def test_the_search_filters_list_and_rail(news: Page) -> None:
    """All words, whatever case and accents, in title, author and summary; marked and counted."""
    show(news)
    steps = news.evaluate("history.length")
    field = news.get_by_role("searchbox", name="Search headlines")
    field.press_sequentially("елки ALE zoe")
    expect(news.locator("#headlines li")).to_have_count(1)
    expect(news.locator("#rail .mark")).to_have_count(1)
    expect(item(news, "Ålesund").locator("mark")).to_have_text(["Åle", "Zoë", "Ёлки"])
    expect(news.locator("#news-found")).to_have_text("1 of 8 found")
    expect(news.locator("#news-found")).to_have_attribute("aria-live", "polite")
    expect(field).to_be_focused()
    expect(news).to_have_url(re.compile(r"\?range=24h&q=.+zoe$"))
    assert news.evaluate("history.length") == steps
    field.press("Escape")
    expect(field).to_have_value("")
    expect(news.locator("#headlines li")).to_have_count(8)
    expect(news).to_have_url(re.compile(r"\?range=24h$"))
    expect(news.locator("#news-found")).to_have_text("")


def test_typing_keeps_the_caret_and_the_charts(news: Page) -> None:
    """A letter in the middle stays there, and a search draws no chart again."""
    show(news)
    field = news.get_by_role("searchbox")
    line = news.locator("#chart-box .js-line").first.element_handle()
    field.press_sequentially("habour")
    expect(news.locator("#headlines li")).to_have_count(0)
    for _ in range(4):
        field.press("ArrowLeft")
    field.press("r")
    expect(news.locator("#headlines li")).to_have_count(1)
    expect(field).to_have_value("harbour")
    assert field.evaluate("input => input.selectionStart") == 3
    assert line.evaluate("path => path.isConnected")


def test_a_search_is_reopened_by_its_address(news: Page) -> None:
    """The words come from the address; another range keeps them; nothing found can be undone."""
    show(news, "/?range=24h&q=harbour")
    expect(news.get_by_role("searchbox")).to_have_value("harbour")
    expect(news.locator("#headlines li")).to_have_count(1)
    news.get_by_role("button", name="7d").click()
    expect(news).to_have_url(re.compile("range=7d"))
    expect(news.locator("#headlines li")).to_have_count(1)
    news.get_by_role("searchbox").fill("nowhere to be seen")
    expect(news.locator("#headlines")).to_contain_text("No headline here has all these words.")
    expect(news.locator("#rail .mark")).to_have_count(0)
    news.get_by_role("button", name="Clear the search").click()
    expect(news.locator("#headlines li")).to_have_count(40)
    expect(news.get_by_role("searchbox")).to_be_focused()


def test_marks_stand_at_their_time_and_never_touch(news: Page) -> None:
    """Aligned to the axis; what is closer than 24 px is one mark with a count."""
    show(news)
    expect(mark(news, "^3 headlines, ")).to_have_text("3")
    news.locator("#chart-box").hover(position={"x": 300, "y": 100})
    boxes = [box_of(one) for one in news.locator("#rail .mark").all()]
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes]
    assert len(edges) == news.locator("#rail .mark").count() > 3
    assert all(right - left >= 23.9 for left, right in edges)
    assert all(box["height"] >= 24 for box in boxes if box)
    assert all(one[1] <= other[0] + 0.1 for one, other in pairwise(edges))
    item(news, "A quiet harbour").hover()
    assert middle(mark(news, "A quiet")) == pytest.approx(middle(news.locator("#news-line")), abs=1)
    before = middle(mark(news, "A quiet"))
    news.get_by_role("button", name="7d").click()
    expect(news.locator("#headlines li")).to_have_count(40)
    item(news, "Ålesund").hover()
    lit = news.locator("#rail .mark.lit")
    expect(lit).to_have_count(1)
    assert middle(lit) > before
    assert middle(lit) == pytest.approx(middle(news.locator("#news-line")), abs=24)
    news.set_viewport_size({"width": 1000, "height": 900})
    expect(news.locator("#news-line")).to_be_attached()
    right = "document.querySelector('#rail .marks').getBoundingClientRect().right"
    assert news.evaluate(right) < 1000


def test_the_list_lights_the_rail(news: Page) -> None:
    """Hover or focus on a headline: its mark, and a dashed line at its hour through all charts."""
    show(news)
    line = news.locator("#news-line")
    expect(line).to_be_hidden()
    item(news, "A quiet harbour").hover()
    expect(mark(news, "A quiet harbour")).to_have_class(LIT)
    expect(line).to_be_visible()
    expect(line).to_have_css("border-left-style", "dashed")
    box, charts = box_of(line), box_of(news.locator("#chart-box"))
    assert box["height"] > charts["height"] - 60
    news.mouse.move(5, 5)
    expect(line).to_be_hidden()
    expect(mark(news, "A quiet harbour")).not_to_have_class(LIT)
    item(news, "A toll road").get_by_role("link").focus()
    expect(mark(news, "^3 headlines")).to_have_class(LIT)
    expect(line).to_be_visible()


def test_the_rail_lights_the_list(news: Page) -> None:
    """Hover on a mark lights all of its headlines, draws the line and says the titles."""
    show(news)
    mark(news, "^3 headlines").hover()
    expect(news.locator("#headlines li.lit")).to_have_count(3)
    expect(item(news, "A choir")).to_have_class(LIT)
    expect(news.locator("#news-line")).to_be_visible()
    expect(news.locator("#hint")).to_contain_text("A ferry counts in blocks")
    expect(mark(news, "^3 headlines")).to_have_attribute("aria-describedby", "hint")
    news.mouse.move(5, 5)
    expect(news.locator("#hint")).to_be_hidden()
    expect(news.locator("#headlines li.lit")).to_have_count(0)


def test_a_click_keeps_a_mark_lit_and_scrolls_the_list(news: Page) -> None:
    """The list goes to the headline, the page stays; Escape brings the focus back to the mark."""
    show(news, "/?range=7d")
    fillers = news.locator("#rail .mark.several").first
    fillers.click()
    entry = news.locator("#headlines li:focus-within")
    expect(entry).to_contain_text("Filler")
    expect(entry).to_be_in_viewport()
    assert news.evaluate("scrollY") == 0
    assert news.locator("#headlines").evaluate("list => list.scrollTop") > 100
    news.mouse.move(5, 5)
    expect(news.locator("#news-line")).to_be_visible()
    expect(entry).to_have_class(LIT)
    news.keyboard.press("Escape")
    expect(fillers).to_be_focused()
    expect(news.locator("#headlines li.lit").first).to_be_attached()
    news.mouse.click(5, 5)
    expect(news.locator("#headlines li.lit")).to_have_count(0)


def test_the_rail_is_one_tab_stop_with_arrows(news: Page) -> None:
    """One mark is in the Tab order; arrows, Home and End move; Enter goes to the list."""
    show(news)
    marks = news.locator("#rail .mark")
    expect(news.locator("#rail .mark[tabindex='0']")).to_have_count(1)
    marks.last.focus()
    news.keyboard.press("Home")
    expect(marks.first).to_be_focused()
    news.keyboard.press("ArrowRight")
    expect(marks.nth(1)).to_be_focused()
    expect(marks.nth(1)).to_have_attribute("tabindex", "0")
    expect(news.locator("#rail .mark[tabindex='0']")).to_have_count(1)
    news.keyboard.press("End")
    news.keyboard.press("ArrowRight")
    expect(marks.last).to_be_focused()
    mark(news, "A quiet").focus()
    news.keyboard.press("Enter")
    expect(item(news, "A quiet").get_by_role("link")).to_be_focused()


def test_the_cursor_lights_what_is_near(news: Page) -> None:
    """Reading the charts lights the headlines of that hour, without a line of their own."""
    show(news)
    chart = news.locator("#chart-box")
    chart.focus()
    lit = mark(news, "A quiet harbour")
    for _ in range(25):
        news.keyboard.press("ArrowLeft")
        if "lit" in (lit.get_attribute("class") or "").split():
            break
    expect(lit).to_have_class(LIT)
    expect(item(news, "A quiet harbour")).to_have_class(LIT)
    expect(news.locator("#news-line")).to_be_hidden()
    chart.press("Escape")
    expect(lit).not_to_have_class(LIT)


def test_a_chosen_span_is_followed(news: Page) -> None:
    """After a zoom list and rail hold the headlines of that span alone."""
    begin, end = NOW - timedelta(hours=14), NOW - timedelta(hours=12)
    show(news, f"/?from={begin:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}")
    expect(news.locator("#headlines li")).to_have_count(1)
    expect(news.locator("#rail .mark")).to_have_count(1)
    assert "A quiet harbour" in news.locator("#headlines li").inner_text()
    begin, end = NOW - timedelta(hours=26), NOW - timedelta(hours=22)
    news.goto(f"/?from={begin:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}")
    expect(news.locator("#headlines")).to_contain_text("No headlines in this span.")


def test_an_outage_is_named(news: Page) -> None:
    """Its cause stands on its bar; focus says when, why and after how many tries, and shades it."""
    show(news, "/?range=7d")
    lane = news.locator("#outages")
    long = lane.get_by_role("button", name=re.compile("Nothing read .*did not answer in time"))
    expect(long).to_have_accessible_name(re.compile(r" UTC: .* in time \(10 tries\)$"))
    long.focus()
    expect(news.locator("#hint")).to_contain_text("the site did not answer in time (10 tries)")
    expect(news.locator("#outage-bands i")).to_have_count(1)
    assert middle(news.locator("#outage-bands i")) == pytest.approx(middle(long), abs=2)
    news.keyboard.press("ArrowRight")
    short = lane.get_by_role("button", name=re.compile("^2 gaps, "))
    expect(short).to_be_focused()
    expect(news.locator("#outage-bands i")).to_have_count(2)
    expect(news.locator("#hint")).to_contain_text("nobody looked")
    begin, end = NOW - timedelta(hours=56), NOW - timedelta(hours=36)
    news.goto(f"/?from={begin:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}")
    expect(lane).to_have_text("the site did not answer in time")


def test_an_unknown_cause_is_told_by_its_message(news: Page) -> None:
    """Codes that this page does not know fall back to the collector's words, as text."""
    show(news)
    outage = {"from": 0, "to": 3_600_000, "cause": "<i>new</i>", "message": OWNED, "runs": 1}
    said = news.evaluate("outage => masthead.outages.words(outage)", outage)
    assert said.startswith("Nothing read 1 Jan 1970, 00:00 – 01:00 UTC: \u2068<img src=x")
    assert said.endswith("\u2069 (1 try)")
    causes = news.evaluate("Object.keys(masthead.words.ru)")
    assert {f"outage_{cause}" for cause in CAUSES} <= set(causes)


def test_new_data_leave_focus_scroll_and_summaries(page: Page, store: Store) -> None:
    """A new snapshot adds its headline; what is open, focused, lit and in sight stays."""
    fill(store)
    page.set_viewport_size({"width": 1440, "height": 1000})
    show(page, "/?range=7d")
    page.locator("#rail .mark.several").first.click()
    link = page.locator("#headlines li:focus-within a")
    expect(link).to_be_focused()
    page.locator("#headlines summary").first.evaluate("summary => summary.click()")
    before = box_of(link)
    late = snapshot(clock.now(), SEEN, [story("Just in", 0.01)])
    store.save(replace(late, slot=late.slot + HOUR), HOUR)
    look_again(page)
    expect(item(page, "Just in")).to_be_attached()
    expect(link).to_be_focused()
    after = box_of(link)
    assert after["y"] == pytest.approx(before["y"], abs=2)
    expect(page.locator("#headlines details[open]")).to_have_count(1)
    expect(page.locator("#headlines li.lit").first).to_be_attached()
    expect(page.locator("#news-line")).to_be_visible()


@pytest.mark.scene(fill=fill)
def test_by_touch_a_mark_brings_the_page_to_its_headline(reader: Callable[..., Page]) -> None:
    """On a phone the list is below the charts: a tap scrolls there and lights."""
    phone = reader("/?range=24h", viewport={"width": 390, "height": 844}, has_touch=True)
    expect(phone.locator("#rail .mark").first).to_be_visible()
    mark(phone, "A quiet").tap()
    expect(item(phone, "A quiet")).to_be_in_viewport()
    expect(item(phone, "A quiet")).to_have_class(LIT)
    assert phone.evaluate("scrollY") > 500
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(news: Page, width: int) -> None:
    """With a search, an open summary and a lit mark, light and dark, at a desk and on a phone."""
    news.set_viewport_size({"width": width, "height": 900})
    news.emulate_media(reduced_motion="reduce")
    show(news, "/?range=7d&q=a")
    news.locator("#headlines summary").first.click()
    news.locator("#rail .mark").first.focus()
    expect(news.locator("#hint")).to_be_visible()
    for theme in ("light", "dark"):
        news.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        expect(news.locator("html")).to_have_attribute("data-theme", theme)
        assert violations(news, "#news, #rail, #outages, #hint") == []


def test_several_sources_name_themselves(page: Page, store: Store) -> None:
    """Each headline of an overlay says whose it is; one source alone need not."""
    store.save(snapshot(NOW, SEEN, [story("Ours", 1)]), HOUR)
    store.save(snapshot(NOW, SEEN, [story("Theirs", 2)], source="other_site"), HOUR)
    show(page, "/?source=dapp_expert&source=other_site&range=24h")
    expect(item(page, "Theirs").locator(".by")).to_have_text("other site")
    expect(item(page, "Ours").locator(".by")).to_have_text("dapp.expert")
    show(page, "/?source=other_site&range=24h")
    expect(page.locator("#headlines li")).to_have_count(1)
    expect(page.locator("#headlines .by")).to_have_count(0)


def test_the_first_snapshot_brings_its_marks(page: Page, store: Store) -> None:
    """A page that was opened on an empty store draws the rail as wide as the charts."""
    page.goto("/?range=24h")
    expect(page.locator("html")).to_have_attribute("data-page", "empty")
    for hours in (12, 0):
        at = NOW - hours * HOUR
        store.save(snapshot(at, SEEN, [story("Early", 11), story("Late", 1)]), HOUR)
    expect(page.locator("#rail .mark")).to_have_count(2, timeout=30_000)
    item(page, "Early").hover()
    assert middle(mark(page, "Early")) == pytest.approx(middle(page.locator("#news-line")), abs=1)


def test_a_source_without_headlines_says_so(page: Page, store: Store) -> None:
    """A source that never gave one is told apart from a quiet span."""
    for ago in (2, 1, 0):
        store.save(snapshot(clock.now() - ago * HOUR, SEEN), HOUR)
    page.goto("/?lang=en")
    expect(page.locator("#headlines")).to_have_text("This source has given no headlines so far.")
    expect(page.locator("#news-search")).to_be_hidden()
    expect(page.locator("#rail .mark")).to_have_count(0)
