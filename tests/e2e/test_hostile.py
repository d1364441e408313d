"""A store full of attacks in a real browser: nothing runs, nobody else is asked, all stays text."""

from typing import Final
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.taking import fetch
from tests.e2e.visits import box_of, open_full
from tests.hostile.attacks import LINKS, MARKER, SCRIPTS, TURNS, keep

pytestmark = pytest.mark.scene(fill=keep)

FOUND: Final = """(marker) => {
  const all = [...document.querySelectorAll("*")];
  const names = ["href", "src", "action", "formaction", "xlink:href", "srcdoc", "data"];
  const links = all.flatMap((one) => names.filter((name) => one.hasAttribute(name))
    .map((name) => one.getAttribute(name)));
  return {
    ran: marker in window,
    handlers: all.flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith("on"))),
    frames: document.querySelectorAll("iframe, object, embed, base, meta[content*=url]").length,
    schemes: [...new Set(links.map((one) => new URL(one, document.baseURI).protocol))]
      .filter((one) => !["http:", "https:", "data:", "blob:"].includes(one)),
    strangers: links.map((one) => new URL(one, document.baseURI)).filter((one) =>
      one.protocol.startsWith("http") && one.host !== location.host && one.host !== "dapp.expert")
      .map(String),
    data: links.filter((one) => /^\\s*(data|blob):/i.test(one) && !one.startsWith("data:image/")
      && !one.startsWith(`blob:${location.origin}`)),
  };
}"""
"""What stands in the page that could act."""
ALONE: Final = """(turns) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const acting = /[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!acting.test(node.data) || node.parentElement.closest("script, style")) continue;
    let one = node.parentElement;
    while (one && !/isolate/.test(getComputedStyle(one).unicodeBidi)) {
      // What stands in a block or a cell of its own has no neighbours to turn.
      if (!/^inline/.test(getComputedStyle(one).display)) break;
      one = one.parentElement;
    }
    const own = one && [...one.childNodes].every((each) => each.nodeType !== 3 || each === node
      || each.data.trim() === "");
    if (!one || !(/isolate/.test(getComputedStyle(one).unicodeBidi) || own)) found.push(node.data);
  }
  return found;
}"""
"""Texts with signs of direction that could turn their neighbours."""


def harmless(page: Page) -> None:
    """No script of theirs ran or could, no link leads to a script or was taken from a text."""
    found = page.evaluate(FOUND, MARKER)
    nothing: list[str] = []
    assert found == {
        "ran": False,
        "handlers": nothing,
        "frames": 0,
        "schemes": nothing,
        "strangers": nothing,
        "data": nothing,
    }
    assert page.evaluate(ALONE, [*TURNS]) == []


@pytest.fixture(autouse=True)
def no_dialog(page: Page) -> None:
    """A dialog is a script that ran."""

    def met(dialog: Dialog) -> None:
        dialog.dismiss()
        raise AssertionError(dialog.message)

    page.on("dialog", met)


@pytest.mark.parametrize("view", ["", "embed=1", "view=compare&lang=ru&theme=dark"])
def test_page(page: Page, view: str) -> None:
    """Headlines, cards, notes and hover texts say what was sent, and do nothing."""
    open_full(page, f"/?range=7d&{view}")
    titles = page.locator(".story .title, #headlines .title")
    if "embed" not in view:
        expect(titles.first).to_be_visible()
        page.mouse.wheel(0, 5_000)
        shown = " ".join(page.locator("body").all_text_contents())
        assert "<script>owned=1</script>" in shown
    harmless(page)
    plot = page.locator("#chart-box .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = box_of(plot)
    for share in (0.1, 0.5, 0.9):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        expect(page.locator("#tip")).to_be_visible()
        harmless(page)


def test_search_and_stories(page: Page) -> None:
    """Searching marks parts of a text; each part stays text."""
    open_full(page, "/?range=7d")
    field = page.locator("input[type=search]").first
    marks = page.locator("#headlines mark")
    for words in ("script", "<img", "onerror=", "\\", "&lt;"):
        field.fill(words)
        field.press("Enter")
        expect(marks.first).to_have_text(words, ignore_case=True)
        harmless(page)
    field.fill("(.*)")
    field.press("Enter")
    expect(marks).to_have_count(0)
    harmless(page)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_health(page: Page, lang: str) -> None:
    """Errors of runs, problems and labels on the collectors' page."""
    page.goto(f"/health?lang={lang}")
    for more in page.locator("summary").all():
        more.click()
    expect(page.locator("body")).to_contain_text("<script>owned=1</script>")
    harmless(page)


def test_parameters(page: Page) -> None:
    """Whatever stands in the page's own address is not run, nor written into the page."""
    names = (
        "source",
        "range",
        "metric",
        "view",
        "line",
        "q",
        "search",
        "lang",
        "tz",
        "from",
        "embed",
    )
    for text in (SCRIPTS[1], SCRIPTS[6], TURNS[0], LINKS[0]):
        page.goto(f"/?{urlencode(dict.fromkeys(names, text))}#{quote(text)}")
        expect(page.locator("html")).to_have_attribute("data-page", "full")
        harmless(page)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/{}",
        "/export/{}",
        "/export/snapshots.csv?source={}",
        "/{}",
        "/api/v1/series?source={}",
        "/health?lang={}",
        "/static/{}",
    ],
)
def test_refusals(page: Page, console: list[str], path: str) -> None:
    """An answer that repeats what was asked is no page that runs it."""
    for text in (SCRIPTS[1], SCRIPTS[9], "..%2f..%2fetc%2fpasswd"):
        page.goto(path.format(quote(text, safe="%")))
        assert page.evaluate("window.owned") is None
        assert page.locator("iframe, [onerror], [onload], a[href^=javascript]").count() == 0
    # The browser tells of answers that are no page.
    console[:] = [line for line in console if "Failed to load resource" not in line]


def test_picture(page: Page) -> None:
    """A picture that is taken away holds text alone."""
    open_full(page, "/?range=7d")
    page.locator("#take-menu summary").click()
    content = fetch(page, "take_picture", "SVG").read_text("utf-8")
    assert "<script" not in content
    assert "<foreignObject" not in content
    assert "<image" not in content
    page.goto("about:blank")
    page.set_content(content)
    assert page.evaluate("window.owned") is None
    assert page.locator("[onload], [onerror], a, script").count() == 0
