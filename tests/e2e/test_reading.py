"""Reading the charts as text, by keys and by touch."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from data.store import Store
from tests import scenes
from tests.e2e.visits import box_of, day, keep, look_again, open_full

Reader = Callable[..., Page]
HELD: Final = """
() => {
  const key = { key: "ArrowLeft", bubbles: true, repeat: true };
  const step = () => new KeyboardEvent("keydown", key);
  const box = document.getElementById("chart-box");
  for (let count = 0; count < 10; count += 1) box.dispatchEvent(step());
}
"""
TWO_FRAMES: Final = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
"""


def test_each_chart_is_a_name_a_sentence_and_a_table(page: Page, store: Store) -> None:
    """The sentence gives the newest reading, change, extremes and gaps; the table the readings."""
    keep(store, range(20, 10, -1))
    keep(store, range(5, -1, -1), unread=2)
    open_full(page, "/?range=24h")
    page.get_by_text("The charts as text").click()
    dapps = page.get_by_role("region", name="Dapps", exact=True)
    words = dapps.locator("p").first
    expect(words).to_contain_text("Dapps stood at 16,230 ± 5 on ")
    expect(words).to_contain_text("UTC, up 1.2% (+200) since ")
    expect(words).to_contain_text("; lowest 16,030 on ")
    expect(words).to_contain_text(", highest 16,230 on ")
    expect(words).to_contain_text("; 1 gap of 5 hours.")
    users = page.get_by_role("region", name="Active users", exact=True)
    expect(users.locator("p").first).to_contain_text("a change within rounding since")
    chains = page.get_by_role("region", name="Blockchains", exact=True)
    expect(chains.locator("p").first).to_contain_text("unchanged since")
    expect(page.locator("#texts table")).to_have_count(0)
    sums = page.get_by_role("region", name="30d transactions", exact=True)
    expect(sums.locator("p").first).to_contain_text("; not read 1 time.")
    sums.get_by_text("Readings as a table").click()
    expect(sums.get_by_role("caption")).to_have_text("30d transactions")
    expect(sums.get_by_role("columnheader")).to_have_text(["Time", "Value", "Rounding, ±"])
    expect(sums.get_by_role("rowheader")).to_have_count(17)
    expect(sums.get_by_role("row").nth(1)).to_contain_text("879,240,000")
    expect(sums.get_by_role("row").nth(3)).to_contain_text("Not read: the page left it empty")
    expect(sums.get_by_role("row").nth(7)).to_contain_text(": nobody looked")


def test_tables_stay_open_and_keep_the_focus(page: Page, store: Store) -> None:
    """A new snapshot comes into an open table; nothing closes and the focus stays."""
    keep(store, range(9, 0, -1))
    open_full(page, "/?range=24h")
    page.get_by_text("The charts as text").click()
    dapps = page.get_by_role("region", name="Dapps", exact=True)
    opener = dapps.get_by_text("Readings as a table")
    opener.click()
    opener.focus()
    expect(dapps.get_by_role("rowheader")).to_have_count(9)
    keep(store, range(1))
    look_again(page)
    expect(dapps.get_by_role("rowheader")).to_have_count(10)
    expect(opener).to_be_focused()


@pytest.mark.scene(fill=scenes.full)
def test_long_tables_say_where_the_rest_is(page: Page) -> None:
    """The newest hundred rows, and where all of them are; rolled points with their extremes."""
    open_full(page, "/?source=sample&range=all")
    page.get_by_text("The charts as text").click()
    dapps = page.get_by_role("region", name="Dapps", exact=True)
    dapps.get_by_text("Readings as a table").click()
    expect(dapps.get_by_role("rowheader")).to_have_count(100)
    expect(dapps.get_by_role("caption")).to_contain_text("The newest 100 of ")
    expect(dapps.get_by_role("caption")).to_contain_text("CSV under “Take away”")
    heads = ["Time", "Value", "Lowest", "Highest"]
    expect(dapps.get_by_role("columnheader")).to_have_text(heads)


@pytest.mark.scene(fill=day)
def test_a_comparison_is_text_too(page: Page) -> None:
    """In a comparison each line has its index and its value."""
    open_full(page, "/?range=24h&view=compare&line=dapp_expert.dapps")
    page.get_by_text("The charts as text").click()
    line = page.locator("#texts .line")
    expect(line).to_have_count(1)
    expect(line.locator("p")).to_contain_text("Dapps: index 101.2 on ")
    expect(line.locator("p")).to_contain_text("(16,230 ± 5; 16,030 = 100)")
    line.get_by_text("Readings as a table").click()
    expect(line.get_by_role("columnheader")).to_have_text(["Time", "Index", "Value"])


def test_the_charts_are_named_and_read_by_keys(page: Page, store: Store) -> None:
    """The name says which charts and which span; arrows read, and zoom, move and escape work."""
    keep(store, range(30, -1, -1), unread=1)
    open_full(page, "/?range=24h")
    box = page.locator("#chart-box")
    name = "Charts: Dapps, Blockchains, Active users, 30d volume and 30d transactions; "
    expect(box).to_have_accessible_name(re.compile("^" + name))
    expect(box).to_have_accessible_description(re.compile("^Left and right arrows read"))
    box.focus()
    spoken = page.locator("#spoken")
    page.keyboard.press("ArrowLeft")
    expect(spoken).to_contain_text("Dapps 16.23K ± 5. Blockchains 78.")
    page.keyboard.press("ArrowLeft")
    expect(spoken).to_contain_text("30d transactions not read, the page left it empty")
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.keyboard.press("Home")
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("from="))
    expect(page.locator("#reset")).to_be_visible()
    expect(spoken).to_contain_text(" – ")
    before = page.url
    page.keyboard.press("Shift+ArrowRight")
    expect(page).not_to_have_url(before)
    expect(box).to_be_focused()
    page.keyboard.press("0")
    expect(page.locator("#reset")).to_be_hidden()


@pytest.mark.scene(fill=day)
def test_a_held_key_does_not_flood_the_voice(page: Page) -> None:
    """Ten quick steps are said once, when they are over."""
    open_full(page, "/?range=24h")
    page.evaluate(
        """() => {
          window.said = [];
          new MutationObserver(() => said.push(document.getElementById("spoken").textContent))
            .observe(document.getElementById("spoken"), { childList: true });
        }"""
    )
    page.locator("#chart-box").focus()
    page.evaluate(HELD)
    expect(page.locator("#spoken")).to_contain_text("Dapps 16.14K")
    assert len(page.evaluate("said")) == 1


@pytest.mark.scene(fill=scenes.several)
def test_everything_is_reached_by_tab(page: Page) -> None:
    """Tab goes through controls, cards, charts, texts and headlines in the order they stand."""
    open_full(page, "/?source=dapp_expert&source=defillama")
    stops: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const one = document.activeElement;
              const style = getComputedStyle(one);
              const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
              const name = one.id || one.dataset.range || one.closest("[id]")?.id || one.tagName;
              return [name, seen || one === document.body];
            }"""
        )
        if stop[0] == "BODY" or stop[0] in stops[:1]:
            break
        assert stop[1], f"no visible focus on {stop[0]}"
        stops.append(stop[0])
    wanted = [
        "source-menu",
        "24h",
        "all",
        "take-menu",
        "settings-menu",
        "theme-button",
        "view-panels",
        "view-compare",
        "log",
        "chart-box",
        "chart-tools",
        "texts",
        "headlines",
    ]
    places = [stops.index(one) for one in wanted]
    assert places == sorted(places)


@pytest.mark.scene(fill=scenes.several)
def test_menus_close_on_escape_and_give_the_focus_back(page: Page) -> None:
    """Escape inside an open menu closes it and the focus is on its button again."""
    open_full(page, "/")
    for name in ("source-menu", "settings-menu"):
        summary = page.locator(f"#{name} > summary")
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{name}-panel")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator(f"#{name}-panel :focus")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(f"#{name}-panel")).to_be_hidden()
        expect(summary).to_be_focused()


@pytest.mark.scene(fill=scenes.several)
def test_targets_are_large_enough(page: Page) -> None:
    """Every button, option and opener is at least 24 pixels wide and high.

    The marks over the charts are smaller and stand apart instead; links in the text are text.
    """
    open_full(page, "/")
    page.locator("#settings-menu > summary").click()
    page.get_by_text("The charts as text").click()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, label.option")]
          .filter((one) => one.checkVisibility())
          .filter((one) => !one.closest("#headlines, #rail, #outages"))
          .filter((one) => { const { width, height } = one.getBoundingClientRect();
            return width < 24 || height < 24; }).map((one) => one.outerHTML.slice(0, 90))"""
    )
    assert small == []


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("width", [390, 1440])
def test_the_tip_stays_in_the_frame_and_off_the_pointer(page: Page, width: int) -> None:
    """Wherever the pointer is, the tip is inside the frame and not under it."""
    page.set_viewport_size({"width": width, "height": 1400})
    open_full(page, "/?source=dapp_expert&source=defillama&source=growthepie&range=30d")
    box = page.locator("#chart-box")
    box.scroll_into_view_if_needed()
    plot = box_of(page.locator("#chart-box .nsewdrag").first)
    tip = page.locator("#tip")
    for across in (0.01, 0.3, 0.5, 0.7, 0.99):
        for down in (0.1, 0.9):
            x, y = plot["x"] + across * plot["width"], plot["y"] + down * plot["height"]
            page.mouse.move(x, y)
            expect(tip).to_be_visible()
            page.evaluate(TWO_FRAMES)
            at, frame = box_of(tip), box_of(page.locator("#chart-frame"))
            assert frame["x"] - 0.5 <= at["x"]
            assert at["x"] + at["width"] <= frame["x"] + frame["width"] + 0.5
            assert frame["y"] - 0.5 <= at["y"]
            assert at["y"] + at["height"] <= frame["y"] + frame["height"] + 0.5
            inside = at["x"] < x < at["x"] + at["width"] and at["y"] < y < at["y"] + at["height"]
            assert not inside


def test_a_gap_says_so_under_the_pointer(page: Page, store: Store) -> None:
    """Where nothing was read the tip names the gap and shows no figure of its edges."""
    keep(store, range(40, 30, -1))
    keep(store, range(9, -1, -1))
    open_full(page, "/?range=7d")
    plot = box_of(page.locator("#chart-box .nsewdrag").first)
    share = page.evaluate("masthead.chart.share(Date.now() - 20 * 3600e3)")
    page.mouse.move(plot["x"] + share * plot["width"], plot["y"] + plot["height"] / 2)
    expect(page.locator("#tip")).to_contain_text(re.compile(r"Nothing read .* UTC: nobody looked"))
    expect(page.locator("#tip .row")).to_have_count(0)


@pytest.mark.scene(fill=day)
def test_touch_reads_and_the_page_still_scrolls(reader: Reader) -> None:
    """A tap on the charts shows the tip, a tap elsewhere hides it; a swipe scrolls the page."""
    page = reader("/?range=24h", viewport={"width": 390, "height": 844}, has_touch=True)
    drag = page.locator("#chart-box .nsewdrag").first
    drag.scroll_into_view_if_needed()
    plot = box_of(drag)
    x, y = plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2
    page.touchscreen.tap(x, y)
    expect(page.locator("#tip")).to_be_visible()
    expect(page.locator("#tip .row")).to_have_count(5)
    heading = box_of(page.locator("#charts h2"))
    page.touchscreen.tap(heading["x"] + 4, heading["y"] + 4)
    expect(page.locator("#tip")).to_be_hidden()
    before = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    for kind, up in (("touchStart", 0), *(("touchMove", 20 * n) for n in range(1, 11))):
        points = [{"x": x, "y": y - up}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.evaluate(TWO_FRAMES)
    assert page.evaluate("scrollY") > before + 100
    expect(page.locator("#tip")).to_be_hidden()


@pytest.mark.scene(fill=day)
def test_six_sources_are_read_fast(page: Page) -> None:
    """Finding the reading under the pointer among nine thousand times takes no time."""
    open_full(page, "/?range=24h")
    counted = page.evaluate(
        """() => {
          const lines = Array.from({ length: 30 }, (_, place) => ({
            t: Array.from({ length: 1500 }, (_, at) => at * 60000 + (place % 6) * 997) }));
          const one = { span: [0, 1e12], panels: [{ lines }] };
          const first = masthead.reading.stops(one);
          return [first.length, masthead.reading.stops(one) === first,
            first.every((ms, at) => !at || ms > first[at - 1])];
        }"""
    )
    assert counted == [9000, True, True]
