"""What the figures do not say, in a real browser: the daily flow, the moves, two sources' ratio."""

import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from data import clock
from data.model import Headline, Snapshot
from data.store import Store
from tests import scenes
from tests.e2e.conftest import Fill
from tests.e2e.test_charts import figure
from tests.e2e.visits import box_of, day, open_full, violations
from tests.looks import HOUR, SEEN, snapshot

SIX: Final = timedelta(hours=6)
SAMPLE: Final = "/?source=sample&range=90d"
PAIR: Final = "/?source=dapp_expert&source=defillama&range=90d"
SUMS: Final = ("Daily volume, reconstructed", "Daily transactions, reconstructed")
HOSTILE: Final = "<img src=x onerror=\"document.title='owned'\"> <b>fell</b>"
DAILY: Final = "**/api/v1/daily?*"
PARTS: Final = (DAILY, "**/api/v1/moves?*", "**/api/v1/ratio?*")
WATCH_DATES: Final = """
window.met = new Set();
window.frames_seen = 0;
const look = () => {
  const places = (chosen) =>
    [...document.querySelectorAll(chosen)].map((one) => [one, one.getBoundingClientRect()]);
  const meet = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const dates = places("#chart-box .xtick text");
  for (const [title, above] of places("#chart-box .annotation-text"))
    for (const [date, below] of dates)
      if (meet(above, below)) window.met.add(`${date.textContent} over ${title.textContent}`);
  window.frames_seen += dates.length > 0;
  requestAnimationFrame(look);
};
look();
"""


def titles(page: Page) -> list[str]:
    """The panels' titles from above to below."""
    notes = figure(page)["layout"]["annotations"]
    bold = [note for note in notes if re.fullmatch("<b>[^<]+</b>", note["text"])]
    return [note["text"][3:-4] for note in sorted(bold, key=lambda note: -note["y"])]


def flow(page: Page) -> list[dict[str, Any]]:
    """The lines of the reconstructed days."""
    return [trace for trace in figure(page)["data"] if trace.get("name") == "daily"]


def drawn_flow(page: Page) -> list[dict[str, Any]]:
    """The same, once they are there."""
    ends = page.locator("#chart-box .annotation-text").filter(has_text="per day")
    expect(ends).to_have_count(2)
    return flow(page)


def jump(store: Store) -> None:
    """A scene: a hundred days in which the dapps step up once; a hostile story of that hour."""
    now = clock.now()
    told = (
        Headline(HOSTILE, "javascript:document.title='owned'"),
        Headline("A story told fairly", "https://dapp.expert/news/fair"),
    )

    def look(ago: int) -> Snapshot:
        level = SEEN[0] + (1000 if ago <= 40 else 0) + random.Random(ago).randrange(-40, 40)
        return snapshot(now - ago * SIX, (level, *SEEN[1:]), told if ago == 40 else ())

    days = range(timedelta(days=100) // SIX, -1, -1)
    store.add((look(ago) for ago in days if ago != 40), {"dapp_expert": SIX})
    store.save(look(40), SIX)


@pytest.mark.scene(fill=scenes.full)
def test_the_daily_flow_stands_under_its_sum(page: Page) -> None:
    """Bars with their band, an axis of their own from zero, on the one time axis; only of sums."""
    open_full(page, SAMPLE)
    lines = drawn_flow(page)
    first, second = SUMS
    assert titles(page)[3:] == ["30d volume", first, "30d transactions", second]
    assert [line["yaxis"] for line in lines] == ["y5", "y7"]
    drawn = figure(page)
    assert {trace["xaxis"] for trace in drawn["data"]} == {"x"}
    assert drawn["layout"]["yaxis5"]["range"][0] == 0
    hatched = [trace for trace in drawn["data"] if "fillpattern" in trace]
    assert [trace["yaxis"] for trace in hatched] == ["y5", "y7"]


@pytest.mark.scene(fill=scenes.full)
def test_days_too_narrow_for_bars_are_a_line(page: Page) -> None:
    """Two years: the days join into steps, and what is not known stays open."""
    open_full(page, "/?source=sample&range=all")
    [line, _] = drawn_flow(page)
    known = [value for value in line["y"] if value is not None]
    assert len(known) > 2 * 600
    assert 0 < line["y"].count(None) < 100


@pytest.mark.scene(fill=scenes.full)
def test_the_dates_stand_at_the_foot_before_the_flow_came(page: Page) -> None:
    """While its place is still empty, and when it is drawn, no date lies over a panel's title."""
    held: list[Route] = []
    page.route(DAILY, lambda route: held.append(route))
    page.add_init_script(WATCH_DATES)
    with page.expect_request(DAILY):
        open_full(page, SAMPLE)
    lowest = page.locator("#chart-box .annotation-text").filter(has_text=SUMS[1])
    dates = page.locator("#chart-box .xtick text")
    before = [box_of(one) for one in (dates.first, dates.last)]
    title = box_of(lowest)
    assert all(box["y"] > title["y"] + title["height"] for box in before)
    page.route(DAILY, lambda route: route.continue_())
    for route in held:
        route.continue_()
    drawn_flow(page)
    assert [box_of(one) for one in (dates.first, dates.last)] == before
    assert page.evaluate("[window.frames_seen > 0, ...window.met]") == [True]


@pytest.mark.scene(fill=scenes.full)
def test_the_daily_flow_is_read_like_the_rest(page: Page) -> None:
    """The tip says value and band, the text a sentence and a table, the button how it is made."""
    open_full(page, SAMPLE)
    drawn_flow(page)
    page.locator("#chart-box").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    row = page.locator("#tip .row").filter(has_text="Daily volume")
    expect(row.locator("b")).to_have_text(re.compile(r"^about \$\d+\.\d\dB$"))
    expect(row.locator("small")).to_have_text(re.compile(r"^between \$.*B and \$.*B$"))
    page.get_by_text("The charts as text").click()
    words = page.get_by_role("region", name=SUMS[0], exact=True)
    expect(words.locator("p").first).to_contain_text("Daily volume, reconstructed: about $")
    words.get_by_text("Days as a table").click()
    heads = ["Time", "Value", "From", "To"]
    expect(words.get_by_role("columnheader")).to_have_text(heads)
    page.get_by_role("button", name="how? Daily volume, reconstructed").focus()
    expect(page.locator("#hint")).to_contain_text("9 days of 10 the true value lies in the band")
    page.keyboard.press("Escape")
    expect(page.locator("#hint")).to_be_hidden()


@pytest.mark.scene(fill=scenes.full)
def test_the_daily_flow_can_be_switched_off(page: Page) -> None:
    """The switch is in the address; there is none where figures are compared or logarithmic."""
    open_full(page, SAMPLE)
    drawn_flow(page)
    switch = page.get_by_role("button", name="Daily", exact=True)
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(page).to_have_url(re.compile("daily=0"))
    expect(page.locator("#chart-tools .how")).to_have_count(0)
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.go_back()
    expect(page.locator("#chart-tools .how")).to_have_count(2)
    for path in ("&view=compare", "&scale=log"):
        open_full(page, SAMPLE + path)
        expect(switch).to_be_hidden()
        assert flow(page) == []


@pytest.mark.scene(fill=day)
def test_a_short_history_has_no_flow(page: Page) -> None:
    """A sentence says why; no empty axis, no switch; and no day stands out."""
    open_full(page, "/?range=24h")
    expect(page.locator("#derived")).to_contain_text("Daily flow, reconstructed:")
    expect(page.locator("#derived p")).to_have_count(1)
    assert len(titles(page)) == 5
    expect(page.get_by_role("button", name="Daily", exact=True)).to_be_hidden()
    expect(page.locator("#moves")).to_contain_text("No day in this span stands out.")
    expect(page.locator("#moves-link")).to_have_text("no moves")


@pytest.mark.scene(fill=jump)
def test_a_move_opens_its_day(page: Page) -> None:
    """By key: the days around it, the day marked, its headlines lit; Back undoes it."""
    open_full(page, "/?range=90d")
    move = page.locator(".move")
    expect(move).to_have_count(1)
    expect(move).to_contain_text(re.compile(r"Dapps \+6\.\d% \+\d"))
    expect(move).to_contain_text("× the usual day")
    expect(move).to_contain_text("2 headlines within 24 h")
    expect(page.locator("#move-marks i.up")).to_have_count(1)
    move.get_by_role("button").press("Enter")
    expect(page).to_have_url(re.compile(r"range=90d&from=.*&to=.*&day=20"))
    expect(page.locator("#move-marks b")).to_have_count(1)
    expect(page.locator("#headlines li.lit")).to_have_count(2)
    expect(page.locator("#charts")).to_be_in_viewport()
    expect(page.locator("#charts")).to_be_focused()
    low, high = figure(page)["layout"]["xaxis"]["range"]
    assert timedelta(days=24) < timedelta(milliseconds=high - low) <= timedelta(days=30)
    page.go_back()
    expect(page.locator("#move-marks b")).to_have_count(0)
    expect(page).to_have_url("/?range=90d")


@pytest.mark.scene(fill=jump)
def test_hostile_headlines_of_a_move(page: Page) -> None:
    """Titles are text, only web addresses are links, and these tell nobody where from."""
    open_full(page, "/?range=90d")
    stories = page.locator(".move ul li")
    expect(stories.filter(has_text="onerror")).to_contain_text(HOSTILE)
    expect(page.locator(".move ul a")).to_have_count(1)
    expect(page.locator(".move ul a")).to_have_attribute("rel", "noopener noreferrer")
    assert page.title() == "Masthead"


@pytest.mark.scene(fill=scenes.full)
def test_many_moves(page: Page) -> None:
    """Six of them, then all by a button, which leaves the focus where the list goes on."""
    open_full(page, "/?source=sample&range=all")
    moves = page.locator(".move")
    expect(moves).to_have_count(6)
    page.locator("#moves-more").click()
    expect(page.locator("#moves-more")).to_be_hidden()
    assert moves.count() > 6
    expect(moves.nth(6).get_by_role("button")).to_be_focused()


@pytest.mark.scene(fill=scenes.several)
def test_the_ratio_of_two_sources(page: Page) -> None:
    """Chosen together: one divided by the other, a line at 1, what differs; never of one alone."""
    open_full(page, PAIR)
    title = "30d volume: dapp.expert ÷ DefiLlama"
    expect(page.locator("#derived p").filter(has_text=title)).to_have_count(1)
    assert titles(page).count(title) == 1
    [line] = [one for one in figure(page)["data"] if one.get("name") == "ratio"]
    [even] = [one for one in figure(page)["data"] if one.get("name") == "one"]
    assert even["y"] == [1, 1]
    assert even["yaxis"] == line["yaxis"]
    assert all(1.1 < value < 1.4 for value in line["y"] if value is not None)
    gaps = [at for at, value in enumerate(line["y"]) if value is None]
    assert gaps, "the outage of three days is no line"
    page.goto(f"{PAIR}&metric=blockchains")
    expect(page.locator("#chart-tools .how")).to_have_count(1)
    assert titles(page) == ["Blockchains", "Blockchains: dapp.expert ÷ DefiLlama"]
    open_full(page, PAIR)
    page.locator("#source-menu summary").click()
    panel = page.locator("#source-menu-panel")
    expect(panel).to_contain_text("Choose it with DefiLlama and growthepie to see")
    page.get_by_role("checkbox", name="DefiLlama").uncheck()
    expect(page).not_to_have_url(re.compile("defillama"))
    expect(page.locator("#trend-note")).to_contain_text("Change over 90 days")
    assert title not in titles(page)


@pytest.mark.scene(fill=scenes.several)
def test_parts_that_do_not_answer(page: Page, console: list[str]) -> None:
    """The charts stand without them, each says so in words, and the next poll tries again."""
    refusal = {"status": 503, "json": {"error": "The store did not answer."}}
    for part in PARTS:
        page.route(part, lambda route: route.fulfill(**refusal))
    open_full(page, PAIR)
    expect(page.locator("#moves-note")).to_have_text("The moves could not be loaded.")
    said = page.locator("#derived p")
    expect(said.filter(has_text="Daily flow")).to_contain_text("could not be loaded.")
    expect(said.filter(has_text="÷")).to_contain_text("the ratio could not be loaded.")
    assert len(titles(page)) == 5
    for part in PARTS:
        page.unroute(part)
    page.get_by_role("button", name="30d", exact=True).click()
    expect(page.locator("#moves-note")).not_to_have_text("The moves could not be loaded.")
    expect(page.locator("#chart-tools .how")).not_to_have_count(0)
    assert all("503" in line for line in console)
    console.clear()


def test_a_comparison_knows_the_rounding(page: Page, store: Store) -> None:
    """An index that rounding alone could make is called so, in label, tip, sentence and table."""
    now = clock.now()
    for ago in (4, 3, 2, 1):
        store.save(snapshot(now - ago * HOUR, SEEN), HOUR)
    store.save(snapshot(now, (*SEEN[:2], 66_480_000.0, *SEEN[3:])), HOUR)
    open_full(page, "/?range=24h&view=compare&line=dapp_expert.active_users")
    expect(page.locator("#card-active_users .change")).to_have_text("within rounding")
    label = page.locator("#chart-box .annotation-text").filter(has_text="Active users")
    expect(label).to_contain_text("≈100")
    page.locator("#chart-box").focus()
    page.keyboard.press("End")
    expect(page.locator("#tip .row")).to_contain_text("≈100 (66.48M)")
    expect(page.locator("#tip .row small")).to_have_text("within rounding")
    page.get_by_text("The charts as text").click()
    line = page.locator("#texts .line")
    expect(line.locator("p")).to_contain_text("index 100, within rounding on ")
    expect(line.locator("p")).to_contain_text("it never moved beyond rounding")
    line.get_by_text("Readings as a table").click()
    expect(line.get_by_role("row").nth(1)).to_contain_text("100, within rounding")
    page.get_by_role("button", name="Side by side").click()
    users = page.get_by_role("region", name="Active users", exact=True)
    expect(users.locator("p").first).to_contain_text("; it never moved beyond rounding;")


def test_nothing_is_held_against_it(scene: Callable[[Fill], Page]) -> None:
    """Axe finds no fault with the flow, the moves and the ratio, dark or light."""
    page = scene(scenes.full)
    open_full(page, f"{SAMPLE}&theme=dark")
    drawn_flow(page)
    expect(page.locator(".move")).not_to_have_count(0)
    assert violations(page) == []
    page = scene(scenes.several)
    open_full(page, PAIR)
    expect(page.locator("#chart-tools .how")).not_to_have_count(0)
    assert violations(page) == []
