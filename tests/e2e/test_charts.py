"""The charts in a real browser: lines, gaps, bands, zoom, comparison, and what a pointer reads."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from data import clock
from data.model import About, Headline
from data.store import Store
from tests import scenes
from tests.e2e.visits import box_of, day, drag, keep, look_again, open_full
from tests.looks import HOUR, SEEN, snapshot
from tests.waiting import until

LINE = "#chart-box .xy{} .js-line"
FIGURE = """(() => {
  const { data, layout } = document.querySelector(".js-plotly-plot");
  return { data: JSON.parse(JSON.stringify(data)), layout: JSON.parse(JSON.stringify(layout)) };
})()"""


def figure(page: Page) -> Any:
    """What plotly was given: its data and layout."""
    return page.evaluate(FIGURE)


def wave(store: Store) -> None:
    """Two hundred days of hourly snapshots in a slow wave."""
    now = clock.now()
    store.add(scenes.walk("dapp_expert", now - timedelta(days=200), now), {"dapp_expert": HOUR})


@pytest.mark.scene(fill=wave)
def test_five_charts_on_one_axis(page: Page) -> None:
    """One figure, one time axis; each axis its own unit, its marks inside what it shows."""
    open_full(page, "/?range=7d&daily=0")
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    drawn = figure(page)
    axes = [name for name in drawn["layout"] if name.startswith(("xaxis", "yaxis"))]
    assert sorted(axes) == ["xaxis", "yaxis", "yaxis2", "yaxis3", "yaxis4", "yaxis5"]
    assert {trace["xaxis"] for trace in drawn["data"]} == {"x"}
    for name in axes:
        axis = drawn["layout"][name]
        low, high = axis["range"]
        assert len(axis["tickvals"]) >= 2, name
        assert all(low <= mark <= high for mark in axis["tickvals"]), name
        assert axis.get("type") == "linear"
    titles = page.locator("#chart-box .annotation-text")
    for title in ("Dapps", "Blockchains", "Active users", "30d volume", "30d transactions"):
        expect(titles.filter(has_text=re.compile(f"^{title}$"))).to_have_count(1)
    expect(page.locator("#trend-note")).to_contain_text("Axes do not start at zero")


@pytest.mark.scene(fill=wave)
def test_counts_step_and_sums_do_not(page: Page) -> None:
    """Dapps and blockchains are drawn as steps: between two looks nothing is known."""
    open_full(page, "/?range=7d&daily=0")
    shapes = [
        trace["line"]["shape"]
        for trace in figure(page)["data"]
        if trace["mode"] == "lines" and "fill" not in trace
    ]
    assert shapes == ["hv", "hv", "linear", "linear", "linear"]


@pytest.mark.scene(fill=day)
def test_direct_labels(page: Page) -> None:
    """At its right end each line says its value and how far it moved."""
    open_full(page, "/?range=24h")
    ends = page.locator("#chart-box .annotation-text")
    expect(ends.filter(has_text="16.23K")).to_contain_text("+1.2%")
    expect(ends.filter(has_text="66.47M")).to_contain_text("within")


def test_a_gap_is_a_gap_with_its_band(page: Page, store: Store) -> None:
    """No line crosses hours without a reading; a band through all charts marks them."""
    keep(store, [*range(20, 10, -1), *range(5, -1, -1)])
    for hours in range(10, 5, -1):
        failed_at(store, hours)
    open_full(page, "/?range=24h")
    expect(page.locator(LINE.format(""))).to_have_count(2)
    bands = [shape for shape in figure(page)["layout"]["shapes"] if shape["name"] == "gap"]
    assert len(bands) == 1
    assert all((band["y0"], band["y1"]) == (0, 1) for band in bands)


def test_a_dot_is_of_its_lines_colour(page: Page, store: Store) -> None:
    """Of several sources each has its lines' colour beside its name; without lines it has none."""
    keep(store, [3, 2, 1, 0])
    store.save(snapshot(clock.now(), source="second"), HOUR)
    store.describe(About("barren", "Barren", ("dapps",)), HOUR)
    dots = page.locator("#status .of-source").filter(has=page.locator(".dot"))
    names = "source=barren&source=dapp_expert&source=second"
    open_full(page, f"/?{names}&range=24h&metric=dapps")
    expect(page.locator("#status .of-source")).to_have_count(3)
    expect(dots).to_have_text([re.compile("^dapp"), re.compile("^second")])
    lines = [trace["line"]["color"] for trace in figure(page)["data"] if trace["mode"] == "lines"]
    seen = page.locator("#status .dot").evaluate_all(
        "all => all.map(({ style }) => getComputedStyle(document.documentElement)"
        ".getPropertyValue(style.background.match(/--[^)]+/)[0]))"
    )
    assert seen == lines
    open_full(page, f"/?{names}&range=24h&view=compare")
    expect(page.locator("#status .of-source")).to_have_count(3)
    expect(dots).to_have_count(0)


def failed_at(store: Store, hours: int) -> None:
    """A run that failed so many hours ago."""
    scenes.fail(store, clock.now() - hours * HOUR)


def test_a_span_in_a_gap_shows_no_number(page: Page, store: Store) -> None:
    """Where nothing was read no axis has marks, and no figure is called the first."""
    keep(store, [*range(100, 60, -1), 0])
    since, until = (f"{clock.now() - ago * HOUR:%Y-%m-%dT%H:%M:%SZ}" for ago in (50, 20))
    page.goto(f"/?from={since}&to={until}")
    expect(page.locator("#trend-note")).to_have_text("Nothing was read in this span.")
    expect(page.locator("#card-dapps .change")).to_have_text("nothing read in this span")
    expect(page.get_by_text("nothing read in this span")).to_have_count(10)
    axes = {name: axis for name, axis in figure(page)["layout"].items() if "yaxis" in name}
    assert {name: axis["ticktext"] for name, axis in axes.items()} == {name: [] for name in axes}
    page.goto(f"/?from={since}&to={clock.now():%Y-%m-%dT%H:%M:%SZ}")
    expect(page.locator("#trend-note")).to_have_text("Only one reading in this span.")
    expect(page.locator("#card-dapps .change")).to_have_text("only one reading in this span")


def test_zero_has_no_sign(page: Page, store: Store) -> None:
    """An axis that reaches below zero writes "0" at zero."""
    now = clock.now()
    for ago in range(9, -1, -1):
        store.save(snapshot(now - ago * HOUR, (SEEN[0], SEEN[1], 1e6 * (ago % 2), *SEEN[3:])), HOUR)
    open_full(page, "/?range=24h")
    marks = figure(page)["layout"]["yaxis3"]["ticktext"]
    assert "0" in marks
    assert not [mark for mark in marks if mark.endswith("0") and mark[:-1] in ("−", "-")]


def test_a_figure_missing_once_breaks_its_own_line(page: Page, store: Store) -> None:
    """One figure not read: its line alone is broken, and the tip says why."""
    keep(store, [6, 5, 4])
    store.save(snapshot(clock.now() - 3 * HOUR, (None, *SEEN[1:])), HOUR)
    keep(store, [2, 1, 0])
    open_full(page, "/?range=24h")
    expect(page.locator(LINE.format(""))).to_have_count(2)
    expect(page.locator(LINE.format("2"))).to_have_count(1)
    page.locator("#chart-box").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#tip .row").first).to_have_text("Dappsnot readthe page left it empty")


@pytest.mark.scene(fill=day)
def test_rounding_is_a_band_where_it_can_be_seen(page: Page) -> None:
    """±5 on a line that moves by tens is drawn; on one that moves by thousands it is not."""
    open_full(page, "/?range=24h")
    filled = [trace for trace in figure(page)["data"] if trace.get("fill") == "toself"]
    assert "y" in {trace["yaxis"] for trace in filled}
    dapps = next(trace for trace in filled if trace["yaxis"] == "y")
    assert max(dapps["y"]) == SEEN[0] + 5
    assert "y2" not in {trace["yaxis"] for trace in filled}


@pytest.mark.scene(fill=wave)
def test_envelope_where_points_stand_for_several(page: Page) -> None:
    """A year has fewer points than snapshots: lowest and highest stand behind the line."""
    open_full(page, "/?range=1y")
    expect(page.locator("#trend-note")).to_contain_text("its range shaded")
    drawn = figure(page)["data"]
    volume = [trace for trace in drawn if trace["yaxis"] == "y4"]
    area, line = volume[0], volume[1]
    assert area["fill"] == "toself"
    high = [value for value in line["y"] if value is not None]
    assert max(value for value in area["y"] if value is not None) >= max(high)
    assert len(line["y"]) <= 1000
    page.locator("#chart-box").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")  # a day that is over: today may have had one look so far
    expect(page.locator("#tip")).to_contain_text("between")


def test_zoom_is_in_the_address(page: Page, store: Store) -> None:
    """A drag zooms to finer points, a new snapshot keeps it, back and the button undo it."""
    wave(store)
    open_full(page, "/?range=1y")
    expect(page.locator("#trend-note")).to_contain_text("One point every")
    drag(page, 0.90, 0.92)
    expect(page).to_have_url(re.compile(r"range=1y&from=20.*&to=20"))
    reset = page.get_by_role("button", name="Whole span")
    expect(reset).to_be_visible()
    expect(page.locator("#trend-note")).not_to_contain_text("One point every")
    zoomed = figure(page)["layout"]["xaxis"]["range"]
    assert zoomed[1] - zoomed[0] < timedelta(days=10) / timedelta(milliseconds=1)
    keep(store, [-1])
    look_again(page)
    expect(page.locator("#card-dapps .value")).to_have_text("16.24K")
    assert figure(page)["layout"]["xaxis"]["range"] == zoomed
    expect(page.get_by_role("button", name="1y")).to_have_attribute("aria-pressed", "false")
    reset.click()
    expect(reset).to_be_hidden()
    expect(page).to_have_url("/?range=1y")
    page.go_back()
    expect(reset).to_be_visible()
    page.get_by_role("button", name="7d").click()
    expect(page).to_have_url("/?range=7d")
    expect(reset).to_be_hidden()


def test_a_span_selects_its_headlines(page: Page, store: Store) -> None:
    """The list follows the zoom."""
    keep(store, [30], [Headline("Old story", "https://dapp.expert/news/old")])
    keep(store, [2], [Headline("New story", "https://dapp.expert/news/new")])
    keep(store, [1, 0])
    open_full(page, "/?range=7d")
    expect(page.locator("#headlines li")).to_have_count(2)
    drag(page, 0.95, 0.9999)
    expect(page.get_by_role("button", name="Whole span")).to_be_visible()
    expect(page.locator("#headlines li")).to_have_count(1)
    expect(page.locator("#headlines li")).to_contain_text("New story")
    page.locator("#chart-box .nsewdrag").first.dblclick()
    expect(page.locator("#headlines li")).to_have_count(2)
    expect(page).to_have_url("/?range=7d")


@pytest.mark.scene(fill=day)
def test_compare(page: Page) -> None:
    """Every line as a share of its first reading; lines can be switched off; all in the address."""
    open_full(page, "/?range=24h")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url("/?range=24h&view=compare")
    expect(page.locator("#lines .chip")).to_have_count(5)
    expect(page.locator("#chart-box .xy2")).to_have_count(0)
    lines = [one for one in figure(page)["data"] if one["mode"] == "lines" and "fill" not in one]
    assert [line["y"][0] for line in lines] == [100] * 5
    assert round(lines[0]["y"][-1], 6) == round(100 * SEEN[0] / (SEEN[0] - 200), 6)
    page.locator("#lines").get_by_role("button", name="Dapps").click()
    expect(page.locator("#lines [aria-pressed=true]")).to_have_count(4)
    expect(page.locator(LINE.format(""))).to_have_count(4)
    expect(page.locator("#lines").get_by_role("button", name="Dapps")).to_be_focused()
    page.reload()
    expect(page.locator(LINE.format(""))).to_have_count(4)
    page.get_by_role("button", name="Side by side").click()
    expect(page).to_have_url("/?range=24h")
    expect(page.locator(LINE.format("5"))).to_have_count(1)


@pytest.mark.scene(fill=scenes.several)
def test_log_scale(page: Page) -> None:
    """Log: every axis a logarithm with marks in the readings' own count; in the address."""
    open_full(page, "/?source=dapp_expert&source=defillama")
    page.get_by_role("button", name="Log").click()
    expect(page).to_have_url(re.compile("scale=log"))
    expect(page.get_by_role("button", name="Log")).to_have_attribute("aria-pressed", "true")
    until(lambda: figure(page)["layout"]["yaxis2"]["type"] == "log", 20)
    axis = figure(page)["layout"]["yaxis2"]
    assert axis["type"] == "log"
    assert 10 ** axis["range"][0] < 78 < 400 < 10 ** axis["range"][1]
    assert len(axis["tickvals"]) >= 2


def test_no_logarithm_of_zero(page: Page, store: Store) -> None:
    """A chart that reaches zero stays as it is under Log, and says so."""
    keep(store, [3, 2])
    store.save(snapshot(clock.now() - HOUR, (*SEEN[:2], 0.0, *SEEN[3:])), HOUR)
    keep(store, [0])
    open_full(page, "/?range=24h&scale=log")
    titles = page.locator("#chart-box .annotation-text")
    expect(titles.filter(has_text="it reaches zero")).to_have_text(
        ["Active users, not logarithmic: it reaches zero"]
    )
    assert figure(page)["layout"]["yaxis3"]["type"] == "linear"
    assert figure(page)["layout"]["yaxis4"]["type"] == "log"


@pytest.mark.scene(fill=day)
def test_enlarge_one_metric(page: Page) -> None:
    """A button makes one chart of the whole width and height, and back; the focus stays."""
    open_full(page, "/?range=24h")
    page.get_by_role("button", name="Enlarge 30d volume").click()
    expect(page).to_have_url("/?range=24h&metric=volume_30d")
    expect(page.locator("#chart-box .xy2")).to_have_count(0)
    titles = page.locator("#chart-box .annotation-text").filter(has_text=re.compile("^30d"))
    expect(titles).to_have_text(["30d volume"])
    news, charts = (box_of(page.locator(name)) for name in ("#news", "#charts"))
    assert news["width"] == charts["width"]
    back = page.get_by_role("button", name="Back to all charts")
    expect(back).to_be_focused()
    back.click()
    expect(page.locator(LINE.format("5"))).to_have_count(1)
    expect(page.get_by_role("button", name="Enlarge 30d volume")).to_be_focused()


@pytest.mark.scene(fill=day)
def test_the_pointer_reads_all_charts(page: Page) -> None:
    """The nearest reading of every figure, its time and its rounding; gone when it leaves."""
    open_full(page, "/?range=24h")
    plot = box_of(page.locator("#chart-box .nsewdrag").first)
    page.mouse.move(plot["x"] + plot["width"] - 2, plot["y"] + 20)
    tip = page.locator("#tip")
    expect(tip).to_be_visible()
    expect(tip.locator(".when")).to_contain_text("UTC")
    expect(tip.locator(".row b")).to_have_text(
        ["16.23K ± 5", "78", "66.47M ± 5K", "$303.26B ± $5M", "879.24M ± 5K"]
    )
    expect(page.locator("#cursor i")).to_have_count(5)
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_between_captures_nothing_was_due(page: Page, store: Store) -> None:
    """A history from an archive is open between its captures, without bands or bars of outages."""
    now = clock.now()
    captures = [
        replace(snapshot(now - timedelta(days=days)), origin="wayback") for days in range(60, 8, -9)
    ]
    store.add(captures, {"dapp_expert": HOUR})
    keep(store, [0])
    open_full(page, "/?range=90d")
    expect(page.locator("#chart-box .xy .point")).to_have_count(7)
    named = [shape["name"] for shape in figure(page)["layout"]["shapes"]]
    assert named == ["gap"]  # from the last capture on, when the collector was not there yet
    expect(page.locator("#outages .mark")).to_have_count(1)
    dots = page.locator("#card-dapps .spark path").get_attribute("d")
    assert dots is not None
    assert dots.count("h0") == 7
