"""The page in a real browser: the strip, the sources, its states, and that it is live."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from data import clock, sample
from data.model import METRICS, About, Headline, Look, Reading, Run, Snapshot, slot_of
from data.store import Store
from tests.e2e.visits import SHOWN, day, failed_run, keep, look_again, open_full
from tests.looks import HOUR, SEEN, snapshot

DAY = timedelta(days=1)


def test_a_first_snapshot_is_shown_whole(page: Page, store: Store) -> None:
    """Five values, a visible point in each chart, the headlines; no line pretends a history."""
    keep(store, [0], (Headline("A story", "https://dapp.expert/news/a", lead=True), Headline("B")))
    open_full(page)
    expect(page.locator(".card h2")).to_have_text(
        ["Dapps", "Blockchains", "Active users", "30d volume", "30d transactions"]
    )
    expect(page.locator(".card .value")).to_have_text(SHOWN)
    expect(page.locator(".card .value").nth(3)).to_have_attribute(
        "title", "$303,260,000,000 · the source showed “$303.26B”"
    )
    expect(page.locator(".card .rounding")).to_have_text(["±5", "", "±5K", "±$5M", "±5K"])
    expect(page.locator(".card .change")).to_have_text(["first reading"] * 5)
    expect(page.locator(".card .age")).to_have_text(["read just now"] * 5)
    expect(page.locator(".card .note")).to_have_text("Count; the site prints $")
    for index in range(5):
        panel = page.locator(f"#chart-box .xy{index + 1 if index else ''} .point")
        expect(panel).to_have_count(1)
    expect(page.locator("#headlines li")).to_have_count(2)
    expect(page.locator("#status")).to_have_text("dapp.expertupdated just nowsampled every hour")
    expect(page.locator("#trend-note")).to_have_text(
        "One reading so far; lines begin with the next."
    )


def test_change(page: Page, store: Store) -> None:
    """A change is shown with its size and its ends; one inside the rounding as such."""
    keep(store, [*range(20, 10, -1), *range(5, -1, -1)])
    open_full(page, "/?range=24h")
    expect(page.locator("#card-dapps .change")).to_have_text("1.2%+200")
    ends = page.locator("#card-dapps .change .up")
    expect(ends).to_have_attribute("title", re_ends())
    expect(page.locator("#card-active_users .change")).to_have_text("within rounding")
    expect(page.locator("#card-blockchains .change")).to_have_text("no change")
    path = page.locator("#card-dapps .spark path").get_attribute("d")
    assert path is not None
    assert path.count("M") == 2


def re_ends() -> re.Pattern[str]:
    """From 16,030 then to 16,230 now, with both times."""
    return re.compile(r"^from 16,030 \(.* UTC\) to 16,230 \(.* UTC\)$")


def test_range_is_in_the_address_and_back_works(page: Page, store: Store) -> None:
    """A button changes the address and the charts; back and a bad value are understood."""
    keep(store, range(40, -1, -1))
    open_full(page)
    month = page.get_by_role("button", name="30d", exact=True)
    day = page.get_by_role("button", name="24h")
    expect(month).to_have_attribute("aria-pressed", "true")
    day.click()
    expect(page).to_have_url("/?range=24h")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(month).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#trend-note")).to_contain_text("over 24 hours")
    expect(page.get_by_role("button", name="Whole span")).to_be_hidden()
    page.go_back()
    expect(month).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#trend-note")).to_contain_text("since")
    open_full(page, "/?range=nonsense&source=nobody&metric=no&from=x&to=y&line=z&tz=q&lang=xx")
    expect(page.get_by_role("button", name="30d", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("#card-dapps .value")).to_have_text(SHOWN[0])
    expect(page.locator("#chart-box .xy5 .point").first).to_be_attached()


@pytest.mark.scene(fill=day)
def test_theme_is_kept(page: Page) -> None:
    """The system's theme until another is chosen, which outlives a reload and asks no server."""
    open_full(page)
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    light = page.locator("#chart-box .js-line, #chart-box .point").first.get_attribute("style")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page.locator("#chart-box .point").first).not_to_have_attribute("style", str(light))
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
    expect(page.locator("#empty code")).to_have_text("masthead collect")
    failed_run(store)
    expect(page.locator("#empty")).to_contain_text("did not answer within 30 s")
    keep(store, [0])
    expect(page.locator(".card .value")).to_have_text(SHOWN)
    expect(page.get_by_role("heading", name="No reading yet")).to_be_hidden()


def test_empty_says_when_the_next_slot_begins(page: Page, store: Store) -> None:
    """The next try is at the next slot, not one interval after the last try."""
    store.describe(About("dapp_expert", "dapp.expert", ()), DAY)
    failed_run(store)
    page.goto("/?tz=utc")
    expect(page.locator("#empty p").first).to_have_text(
        re.compile(r"The next try is due .*\b(00:00|12:00 AM) UTC\.$")
    )


def test_the_sample_is_one_click_away(page: Page, store: Store) -> None:
    """Without any data a button shows the sample, marked; the store stays empty."""
    page.goto("/")
    page.get_by_role("button", name="Show the sample").click()
    expect(page.locator(".notice.sample")).to_contain_text("Sample data — synthetic.")
    expect(page.locator("#chart-box .point").first).to_be_attached()
    expect(page).to_have_url("/?source=sample")
    expect(page.locator("#headlines li").first).to_contain_text("(sample")
    assert store.sources() == []
    page.get_by_role("button", name="Back to the real figures").click()
    expect(page.get_by_role("heading", name="No reading yet")).to_be_visible()


def test_live(page: Page, store: Store) -> None:
    """A new snapshot appears within 15 s without a reload; zoom, focus and choices stay."""
    keep(store, [9, 8, 7, 6, 3, 2])
    since = (clock.now() - 4 * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (clock.now() + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    open_full(page, f"/?from={since}&to={until}&scale=log")
    expect(page.locator("#card-dapps .value")).to_have_text("16.21K")
    page.get_by_role("button", name="Log").focus()
    keep(store, [0])
    fifteen = 15_000
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K", timeout=fifteen)
    expect(page.locator("#chart-box .xy .point")).to_have_count(3)
    expect(page.get_by_role("button", name="Log")).to_be_focused()
    expect(page.get_by_role("button", name="Whole span")).to_be_visible()
    assert since in page.url.replace("%3A", ":")


def test_hidden_page_asks_nothing(page: Page, store: Store) -> None:
    """A page in the background does not poll; coming back it looks at once."""
    keep(store, [1])
    open_full(page)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("dash_clientside.set_props('poll', {n_intervals: 99})")
    page.evaluate("new Promise((done) => requestIdleCallback(done))")
    assert [url for url in asked if "pulse" in url] == []
    keep(store, [0])
    page.evaluate("delete document.hidden")
    look_again(page)
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")


def test_stale_is_said(page: Page, store: Store) -> None:
    """From three intervals on an amber notice with the age and what went wrong; before, none."""
    keep(store, [9, 8, 7])
    failed_run(store)
    open_full(page)
    notice = page.locator(".notice.amber")
    expect(notice).to_contain_text("dapp.expert: the newest reading is from 7 hours ago.")
    expect(notice).to_contain_text("did not answer within 30 s")
    keep(store, [2])
    failed_run(store, 1)
    failed_run(store)
    look_again(page)
    expect(page.locator(".notice.amber")).to_have_count(0)
    expect(page.locator(".notice.quiet")).to_contain_text("dapp.expert: the last try failed.")


def test_a_figure_that_was_not_read(page: Page, store: Store) -> None:
    """The newest look lacks a figure: a dash and the reason, never the older value or a zero."""
    keep(store, [2, 1])
    store.save(snapshot(clock.now(), (*SEEN[:4], None)), HOUR)
    open_full(page)
    card = page.locator("#card-transactions_30d")
    expect(card.locator(".value")).to_have_text("—")
    expect(card.locator(".change")).to_have_text("Not read: the page left it empty")
    expect(card.locator(".age")).to_have_text(re.compile("read [12] hr. ago"))
    expect(page.locator(".notice.quiet")).to_have_text(
        "dapp.expert: not everything could be read. Missing: 30d transactions."
    )


def test_sample_is_marked_and_stands_alone(page: Page, store: Store) -> None:
    """Synthetic data can't be taken for real, nor be drawn beside it, whatever the address says."""
    now = clock.now()
    chosen = [one for one in sample.history(now) if one.slot > now - timedelta(days=3)]
    store.add(chosen, {"sample": HOUR})
    open_full(page)
    expect(page.locator(".notice.sample")).to_contain_text("Sample data — synthetic.")
    expect(page.locator("#source-menu")).to_be_hidden()
    keep(store, [1, 0])
    open_full(page)
    expect(page.locator(".notice.sample")).to_have_count(0)
    page.locator("#source-menu summary").click()
    page.get_by_role("checkbox", name="Sample data").check()
    expect(page.locator(".notice.sample")).to_be_visible()
    expect(page).to_have_url("/?source=sample")
    expect(page.get_by_role("checkbox", name="dapp.expert")).not_to_be_checked()
    page.get_by_role("checkbox", name="dapp.expert").check()
    expect(page).to_have_url("/?source=dapp_expert")
    expect(page.locator(".notice.sample")).to_have_count(0)
    open_full(page, "/?source=dapp_expert&source=sample&view=compare")
    expect(page.locator(".notice.sample")).to_be_visible()
    expect(page.locator("#status")).not_to_contain_text("dapp.expert")
    expect(page.locator("#lines .chip")).to_have_count(5)


def two_sources(store: Store, credit_url: str = "https://other.test/about") -> None:
    """A source of two metrics, read twice, beside the usual one."""
    keep(store, [1, 0])
    for hours, values in ((25, (900.0, 40.0)), (1, (905.0, 40.0))):
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


@pytest.mark.scene(fill=two_sources)
@pytest.mark.parametrize("width", [390, 1440])
def test_a_source_of_two_metrics(page: Page, width: int) -> None:
    """Two cards, two charts, its label and its credit; nothing is said of what it never gives."""
    page.set_viewport_size({"width": width, "height": 900})
    open_full(page, "/?source=other")
    expect(page.locator(".card:visible .value")).to_have_text(["905", "40"])
    expect(page.locator(".card:visible .change")).to_have_text(["0.6%+5", "no change"])
    expect(page.locator("#status")).to_contain_text("The Other Source")
    expect(page.locator("#status")).to_contain_text("sampled every day")
    credit = page.locator("#status").get_by_role("link", name="Data: Other, CC BY 4.0")
    expect(credit).to_have_attribute("href", "https://other.test/about")
    expect(credit).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator("#chart-box .xy2 .point")).to_have_count(2)
    expect(page.locator("#chart-box .xy4")).to_have_count(0)
    assert "not read" not in page.locator("main").inner_text().lower()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.scene(fill=two_sources)
def test_sources_overlaid(page: Page) -> None:
    """Two sources at once: a line of its own colour each, its name at its end, both credits."""
    open_full(page)
    page.locator("#source-menu summary").click()
    page.get_by_role("checkbox", name="The Other Source").check()
    expect(page).to_have_url("/?source=dapp_expert&source=other")
    expect(page.locator("#source-menu-label")).to_have_text("2 sources")
    expect(page.get_by_role("checkbox", name="The Other Source")).to_be_focused()
    expect(page.locator("#status .of-source")).to_have_count(2)
    expect(page.locator("#status .credit")).to_have_text("Data: Other, CC BY 4.0")
    lines = page.locator("#chart-box .xy .js-line")
    expect(lines).to_have_count(2)
    colours = {line.evaluate("(one) => getComputedStyle(one).stroke") for line in lines.all()}
    assert len(colours) == 2
    ends = page.locator("#chart-box .annotation-text")
    expect(ends.filter(has_text="905")).to_contain_text("The Other Source")
    expect(ends.filter(has_text="16.23K")).to_contain_text("dapp.expert")
    expect(page.locator("#chart-box .xy3 .js-line")).to_have_count(1)
    expect(page.locator(".card:visible .value")).to_have_text(SHOWN)
    page.get_by_role("checkbox", name="dapp.expert").uncheck()
    expect(page.locator(".card:visible .value")).to_have_text(["905", "40"])


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
    expect(page.locator("#source-menu-label")).to_have_text("The Other Source")
    page.locator("#source-menu summary").click()
    page.get_by_role("checkbox", name="dapp.expert").check()
    expect(page.locator(".card:visible .value")).to_have_text(SHOWN)


def test_a_credit_leads_nowhere_but_to_the_web(page: Page, store: Store) -> None:
    """A credit whose address is a script is text."""
    two_sources(store, "javascript:document.title='owned'")
    open_full(page, "/?source=other")
    expect(page.locator("#status .credit")).to_have_text("Data: Other, CC BY 4.0")
    expect(page.locator("#status a")).to_have_count(0)


@pytest.mark.scene(fill=day)
def test_connection_lost_and_back(page: Page, console: list[str]) -> None:
    """A poll that gets no answer says so and keeps what is shown; the next one takes it back."""
    open_full(page)
    page.route("**/api/v1/pulse", lambda route: route.abort())
    look_again(page)
    notice = page.locator(".notice.red")
    expect(notice).to_contain_text("Connection lost. The server does not answer.")
    expect(page.locator("#card-dapps .value")).to_have_text("16.23K")
    page.unroute("**/api/v1/pulse")
    look_again(page)
    expect(notice).to_have_count(0)
    assert {line.partition(":")[0] for line in console} == {"error"}
    assert all("net::ERR_FAILED" in line for line in console)
    console.clear()


@pytest.mark.scene(fill=day)
def test_charts_that_do_not_come(page: Page, console: list[str]) -> None:
    """Figures without their history: the reason is on the page, and the next poll tries again."""
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


@pytest.mark.scene(fill=day)
def test_no_upload_is_offered(page: Page) -> None:
    """Plotly's buttons, one of which would upload the figures, are not there, nor is its place."""
    open_full(page)
    expect(page.locator(".modebar, .modebar-btn")).to_have_count(0)
    context = page.evaluate("document.querySelector('.js-plotly-plot')._context")
    assert context["showSendToCloud"] is False
    assert context["plotlyServerURL"] == ""


def test_a_server_that_hangs_is_lost_too(page: Page, store: Store) -> None:
    """A poll that gets neither answer nor refusal ends, and says so; the next one takes it back."""
    keep(store, [1, 0])
    page.add_init_script(
        "const patient = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = (ms) => patient(ms / 100);"
    )
    open_full(page)
    held: list[Route] = []
    page.route("**/api/v1/pulse", lambda route: held.append(route))
    look_again(page)
    notice = page.locator(".notice.red")
    expect(notice).to_contain_text("Connection lost. The server does not answer.")
    page.unroute("**/api/v1/pulse")
    look_again(page)
    expect(notice).to_have_count(0)
    assert held


def test_a_window_that_changes_size_before_the_page_is_there(page: Page, store: Store) -> None:
    """The page's scripts run before its parts are there; a new size then is no error."""
    keep(store, [1, 0])
    turned = (
        "document.addEventListener('DOMContentLoaded', () => dispatchEvent(new Event('resize')))"
    )
    page.add_init_script(turned)
    open_full(page)
