"""The page in a real browser: what is seen, what is done with it, what it withstands."""

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data import clock, journal, sample
from data.model import METRICS, About, Headline, Look, Reading, Run, Snapshot, slot_of
from data.store import Store
from tests.looks import HOUR, SEEN, snapshot

DAY = timedelta(days=1)
TWO_CHARTS = re.compile(
    r"^Two charts from .*\. Dapps: 905, up 0\.6%\. Blockchains: 40, no change\.$"
)
SHOWN = ("16.23K", "78", "66.47M", "$303.26B", "879.24M")
HOSTILE = (
    '<script>document.title="owned"</script> <img src=x onerror=alert(1)> '
    '<a href="https://evil.test/">win</a> %{y} &lt;b&gt;'
)


def keep(store: Store, hours: Iterable[int], headlines: Iterable[Headline] = ()) -> None:
    """Hourly snapshots, so many hours ago; the dapps grow by ten an hour."""
    now = clock.now()
    for ago in hours:
        values = (SEEN[0] - 10 * ago, *SEEN[1:])
        store.save(snapshot(now - ago * HOUR, values, headlines), HOUR)


def failed_run(store: Store) -> None:
    """A run that ended without a page."""
    now = clock.now()
    run = Run("dapp_expert", slot_of(now, HOUR), now)
    number, _ = journal.start(store, run)
    message = "dapp_expert: https://dapp.expert/ did not answer within 30 s."
    ended = Run(run.source, run.slot, now, now, "failed", "timeout", message, attempts=3)
    journal.finish(store, number, ended)


def open_full(page: Page, path: str = "/") -> None:
    """Open and wait until the charts are drawn."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-page", "full")
    expect(page.locator("#chart-box .point").first).to_be_attached()


def test_a_first_snapshot_is_shown_whole(page: Page, store: Store) -> None:
    """Five values, a visible point in each chart, the headlines; no line pretends a history."""
    published = clock.now() - timedelta(days=700)
    headlines = (
        Headline(
            "A harbour town asks a chip maker for help",
            "https://dapp.expert/news/harbour-town",
            "A summary.",
            "Test Writer",
            published - timedelta(days=150),
            published + timedelta(days=150),
            lead=True,
        ),
        Headline("A toy shop lists its first token"),
    )
    keep(store, [0], headlines)
    open_full(page)
    expect(page.locator(".card .value")).to_have_text(SHOWN)
    expect(page.locator(".card .rounding")).to_have_text(["±5", "", "±5K", "±$5M", "±5K"])
    expect(page.locator(".card .change")).to_have_text(["first reading"] * 5)
    for index in range(5):
        panel = page.locator(f"#chart-box .xy{index + 1 if index else ''} .point")
        expect(panel).to_have_count(1)
    expect(page.locator("#headlines li")).to_have_count(2)
    lead = page.get_by_role("link", name="A harbour town asks")
    expect(lead).to_have_attribute("href", "https://dapp.expert/news/harbour-town")
    expect(lead).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator("#headlines li").first).to_contain_text("published about 2 years ago")
    expect(page.get_by_text("A toy shop lists")).not_to_have_attribute("href", "")
    expect(page.locator("#status")).to_contain_text("dapp.expert")
    expect(page.locator("#status")).to_contain_text("sampled every hour")


def test_change_and_gap(page: Page, store: Store) -> None:
    """A change is shown with its size, one inside the rounding as such; a gap breaks the line."""
    keep(store, [*range(20, 10, -1), *range(5, -1, -1)])
    open_full(page, "/?range=24h")
    expect(page.locator("#card-dapps .change")).to_contain_text("+200")
    expect(page.locator("#card-active_users .change")).to_have_text("within rounding")
    expect(page.locator("#card-blockchains .change")).to_have_text("no change")
    path = page.locator("#card-dapps .spark path").get_attribute("d")
    assert path is not None
    assert path.count("M") == 2
    expect(page.locator("#chart-box .xy .js-line")).to_have_count(2)


def test_range_is_in_the_address_and_back_works(page: Page, store: Store) -> None:
    """A button changes the address and the charts; back and a bad value are understood."""
    keep(store, range(40, -1, -1))
    open_full(page)
    month = page.get_by_role("button", name="30d")
    day = page.get_by_role("button", name="24h")
    expect(month).to_have_attribute("aria-pressed", "true")
    long = page.locator("#csv").get_attribute("href")
    day.click()
    expect(page).to_have_url("/?range=24h")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(month).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#trend-note")).to_contain_text("over 24 hours")
    expect(page.locator("#csv")).not_to_have_attribute("href", str(long))
    expect(page.get_by_role("button", name="Whole span")).to_be_hidden()
    page.go_back()
    expect(month).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#trend-note")).to_contain_text("since")
    open_full(page, "/?range=nonsense&source=nobody")
    expect(page.get_by_role("button", name="30d")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#card-dapps .value")).to_have_text(SHOWN[0])


def test_zoom_fits_the_panels_and_the_csv(page: Page, store: Store) -> None:
    """Dragging zooms, the CSV follows, a new snapshot keeps it, a button brings all back."""
    keep(store, range(40, 0, -1))
    open_full(page, "/?range=7d")
    whole = page.locator("#csv").get_attribute("href")
    plot = page.locator("#chart-box .nsewdrag").first.bounding_box()
    assert plot is not None
    across = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + plot["width"] * 0.85, across)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.95, across, steps=4)
    page.mouse.up()
    reset = page.get_by_role("button", name="Whole span")
    expect(reset).to_be_visible()
    expect(page.locator("#csv")).not_to_have_attribute("href", str(whole))
    zoomed = str(page.locator("#csv").get_attribute("href"))
    points = page.locator("#chart-box .xy .point")
    expect(points).to_have_count(40)
    keep(store, [0])
    look_again(page)
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")
    expect(points).to_have_count(41)
    expect(page.locator("#csv")).to_have_attribute("href", zoomed)
    reset.click()
    expect(reset).to_be_hidden()
    expect(page.locator("#csv")).not_to_have_attribute("href", zoomed)


def test_theme_is_kept(page: Page, store: Store) -> None:
    """The system's theme until another is chosen, which outlives a reload and asks no server."""
    keep(store, [0])
    open_full(page)
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(html).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(html).to_have_attribute("data-theme", "dark")


def test_empty_says_why_and_fills_by_itself(page: Page, store: Store) -> None:
    """No data: the reason, the commands; the first snapshot appears without a reload."""
    page.goto("/")
    expect(page.get_by_role("heading", name="No reading yet")).to_be_visible()
    expect(page.locator("#empty")).to_contain_text("Nothing has been collected so far.")
    expect(page.locator("#empty code")).to_have_text(["masthead collect", "masthead sample load"])
    failed_run(store)
    expect(page.locator("#empty")).to_contain_text("did not answer within 30 s")
    keep(store, [0])
    expect(page.locator(".card .value")).to_have_text(SHOWN)
    expect(page.get_by_role("heading", name="No reading yet")).to_be_hidden()


def test_live(page: Page, store: Store) -> None:
    """A new snapshot appears without a reload and keeps the range."""
    keep(store, [3, 2])
    open_full(page, "/?range=24h")
    expect(page.locator("#card-dapps .value")).to_have_text("16.21K")
    keep(store, [0])
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")
    expect(page.locator("#card-dapps .change")).to_contain_text("+30")
    expect(page.locator("#chart-box .xy .point")).to_have_count(3)
    expect(page).to_have_url("/?range=24h")


def test_stale_is_said(page: Page, store: Store) -> None:
    """Three missed readings: an amber notice with the age and what went wrong."""
    keep(store, [9, 8, 7])
    failed_run(store)
    open_full(page)
    notice = page.locator(".notice.amber")
    expect(notice).to_contain_text("The newest reading is from 7 hours ago.")
    expect(notice).to_contain_text("did not answer within 30 s")


def test_a_figure_that_was_not_read(page: Page, store: Store) -> None:
    """The newest look lacks a figure: a dash and the reason, never the older value or a zero."""
    keep(store, [2, 1])
    store.save(snapshot(clock.now(), (*SEEN[:4], None)), HOUR)
    open_full(page)
    card = page.locator("#card-transactions_30d")
    expect(card.locator(".value")).to_have_text("—")
    expect(card.locator(".change")).to_have_text("Not read: the page left it empty")


def test_sample_is_marked(page: Page, store: Store) -> None:
    """Synthetic data can't be taken for real; with real data beside it there is a choice."""
    now = clock.now()
    chosen = [one for one in sample.history(now) if one.slot > now - timedelta(days=3)]
    store.add(chosen, {"sample": HOUR})
    open_full(page)
    expect(page.locator(".notice.sample")).to_contain_text("Sample data — synthetic.")
    expect(page.get_by_label("Source")).to_have_count(0)
    keep(store, [1, 0])
    open_full(page)
    expect(page.locator(".notice.sample")).to_have_count(0)
    page.get_by_label("Source").select_option("sample")
    expect(page.locator(".notice.sample")).to_be_visible()
    expect(page).to_have_url("/?source=sample")


def keep_other(store: Store, credit_url: str) -> None:
    """A source of two metrics, read twice, beside the usual one."""
    keep(store, [1, 0])
    for hours, values in ((30, (900.0, 40.0)), (1, (905.0, 40.0))):
        taken_at = clock.now() - hours * HOUR
        readings = {
            metric.key: Reading(value, 0.0, metric.unit)
            for metric, value in zip(METRICS, values, strict=False)
        }
        look = Look(readings, "api")
        store.save(Snapshot("other", slot_of(taken_at, DAY), taken_at, "live", look), DAY)
    about = About(
        "other", "The Other Source", tuple(readings), "Data: Other, CC BY 4.0", credit_url
    )
    store.describe(about, DAY)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_source_of_two_metrics(page: Page, store: Store, width: int) -> None:
    """Two cards, two charts, its label and its credit; nothing is said of what it never gives."""
    page.set_viewport_size({"width": width, "height": 900})
    keep_other(store, "https://other.test/about")
    open_full(page, "/?source=other")
    expect(page.locator(".card:visible .value")).to_have_text(["905", "40"])
    expect(page.locator(".card:visible .change")).to_have_text(["0.6%+5", "no change"])
    expect(page.locator("#status")).to_contain_text("The Other Source")
    expect(page.locator("#status")).to_contain_text("sampled every day")
    credit = page.get_by_role("link", name="Data: Other, CC BY 4.0")
    expect(credit).to_have_attribute("href", "https://other.test/about")
    expect(credit).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator("#chart-box .xy2 .point")).to_have_count(2)
    expect(page.locator("#chart-box .xy4")).to_have_count(0)
    expect(page.locator("#chart-box")).to_have_attribute("aria-label", TWO_CHARTS)
    page.get_by_text("Show the newest figures as a table").click()
    expect(page.get_by_role("columnheader")).to_have_text(["Time (UTC)", "Dapps", "Blockchains"])
    assert "not read" not in page.locator("main").inner_text().lower()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("Source").select_option("dapp_expert")
    expect(page.locator(".card:visible .value")).to_have_text(SHOWN)
    expect(page.locator("#chart-box .xy5 .point").first).to_be_attached()
    expect(credit).to_have_count(0)
    page.get_by_label("Source").select_option(label="The Other Source")
    expect(page.locator(".card:visible .value")).to_have_text(["905", "40"])
    expect(page.locator("#chart-box .xy4")).to_have_count(0)


def test_transactions_of_an_api_are_not_disputed(page: Page, store: Store) -> None:
    """The note on the site's dollar sign stands on the site's figure only."""
    keep(store, [1, 0])
    taken_at = clock.now()
    look = Look({"transactions_30d": Reading(50_655.0, 0.0, "count")}, "api")
    store.save(Snapshot("other", slot_of(taken_at, DAY), taken_at, "live", look), DAY)
    store.describe(About("other", "Other", ("transactions_30d",)), DAY)
    open_full(page, "/?source=other")
    expect(page.locator(".card:visible .value")).to_have_text(["50.66K"])
    expect(page.locator(".card .note")).to_be_hidden()
    open_full(page, "/?source=dapp_expert")
    expect(page.locator(".card .note")).to_be_visible()


def test_source_that_only_failed_says_why(page: Page, store: Store) -> None:
    """Asked for by name, a source without a reading is not passed over for one that has some."""
    keep(store, [1, 0])
    store.describe(About("other", "The Other Source", ("dapps",)), DAY)
    at = clock.now()
    failed = Run(
        "other", slot_of(at, DAY), at, at, "failed", "network", "No such host.", attempts=3
    )
    store.add_runs([failed])
    page.goto("/?source=other")
    expect(page.get_by_role("heading", name="No reading yet")).to_be_visible()
    expect(page.locator("#empty")).to_contain_text("No such host.")
    expect(page.get_by_label("Source")).to_have_value("other")
    page.get_by_label("Source").select_option("dapp_expert")
    expect(page.locator(".card:visible .value")).to_have_text(SHOWN)


def test_a_credit_leads_nowhere_but_to_the_web(page: Page, store: Store) -> None:
    """A credit whose address is a script is text."""
    keep_other(store, "javascript:document.title='owned'")
    open_full(page, "/?source=other")
    expect(page.locator("#status .credit")).to_have_text("Data: Other, CC BY 4.0")
    expect(page.locator("#status a")).to_have_count(0)


def test_headline_and_charts_point_at_each_other(page: Page, store: Store) -> None:
    """Focus on a headline draws one line through all panels; a click on a dot marks it."""
    keep(store, [5, 4], [Headline("A story", "https://dapp.expert/news/a")])
    keep(store, [3, 2, 1, 0])
    open_full(page, "/?range=24h")
    page.get_by_role("link", name="A story").focus()
    line = page.locator('#chart-box .shapelayer path[style*="stroke-dasharray"]')
    expect(line).to_have_count(1)
    page.get_by_role("button", name="24h").focus()
    expect(line).to_have_count(0)
    dot = page.locator("#chart-box .xy6 .point")
    expect(dot).to_have_count(1)
    dot.hover(force=True)
    expect(page.locator("#headlines li.marked")).to_contain_text("A story")


def test_hostile_headline_is_inert(page: Page, store: Store) -> None:
    """Markup in a title stays text in the list and in the chart; a script link is no link."""
    hostile = [
        Headline(HOSTILE, "javascript:document.title='owned'", HOSTILE, HOSTILE),
        Headline("Plain", "data:text/html,<script>alert(1)</script>"),
    ]
    keep(store, [2], hostile)
    keep(store, [1, 0])
    open_full(page, "/?range=24h")
    expect(page.locator("#headlines .title").filter(has_text="<script>")).to_contain_text(HOSTILE)
    expect(page.locator("#headlines a, #headlines img, #headlines script")).to_have_count(0)
    page.locator("#chart-box .xy6 .point").first.hover(force=True)
    hover = page.locator("#chart-box .hoverlayer .legend").first
    expect(hover).to_contain_text("<script>document.title")
    expect(page.locator("#chart-box .hoverlayer a")).to_have_count(0)
    expect(page).to_have_title("Masthead")


def test_connection_lost_and_back(page: Page, store: Store, console: list[str]) -> None:
    """A poll that gets no answer says so and keeps what is shown; the next one takes it back."""
    keep(store, [1, 0])
    open_full(page)
    page.route("**/api/v1/sources", lambda route: route.abort())
    look_again(page)
    notice = page.locator(".notice.red")
    expect(notice).to_contain_text("Connection lost. The server does not answer.")
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")
    page.unroute("**/api/v1/sources")
    look_again(page)
    expect(notice).to_have_count(0)
    assert {line.partition(":")[0] for line in console} == {"error"}
    assert all("net::ERR_FAILED" in line for line in console)
    console.clear()


def test_charts_that_do_not_come(page: Page, store: Store, console: list[str]) -> None:
    """Figures without their history: the reason is on the page, and the next poll tries again."""
    keep(store, [1, 0])
    refusal = {"status": 503, "json": {"error": "The store did not answer."}}
    page.route("**/api/v1/series?*", lambda route: route.fulfill(**refusal))
    page.goto("/")
    expect(page.locator(".notice.red")).to_contain_text("The store did not answer.")
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")
    page.unroute("**/api/v1/series?*")
    look_again(page)
    expect(page.locator(".notice.red")).to_have_count(0)
    expect(page.locator("#chart-box .point").first).to_be_attached()
    assert all("503" in line for line in console)
    console.clear()


def look_again(page: Page) -> None:
    """What happens when the reader comes back to the tab: it polls at once."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_accessible(page: Page, store: Store, theme: str, width: int) -> None:
    """Axe finds nothing, with data and without, in both themes, on a phone and a desk."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    expect(page.get_by_role("heading", name="No reading yet")).to_be_visible()
    assert violations(page) == []
    keep(store, [5, 4], [Headline("A story", "https://dapp.expert/news/a", "Summary", "Author")])
    failed_run(store)
    open_full(page)
    page.get_by_text("Show the newest figures as a table").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    assert violations(page) == []
    scroll = page.evaluate("document.documentElement.scrollWidth")
    assert scroll == width


def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def test_no_upload_is_offered(page: Page, store: Store) -> None:
    """Plotly's buttons, one of which would upload the figures, are not there."""
    keep(store, [1, 0])
    open_full(page)
    expect(page.locator(".modebar, .modebar-btn")).to_have_count(0)


def test_the_csv_is_linked_for_the_shown_span(page: Page, store: Store, tmp_path: Path) -> None:
    """The link names the source and exactly what is on screen."""
    keep(store, [1, 0])
    open_full(page, "/?range=24h")
    href = page.locator("#csv").get_attribute("href")
    assert href is not None
    assert href.startswith("/export/snapshots.csv?source=dapp_expert&from=20")
    assert "&to=20" in href
