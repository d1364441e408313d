"""The page in English and Russian: chosen, kept, changed at run time, and whole."""

import json
import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from dashboard.words import words
from tests import scenes
from tests.e2e.visits import open_full

Reader = Callable[..., Page]
SAID: Final = """
() => {
  const foreign = "code, #headlines .title, #headlines .by, #headlines details p, .credit, time";
  const hidden = "script, style, noscript, [lang]:not(html)";
  const seen = (one) => one && !one.closest(hidden) && !one.closest(foreign);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  while (walk.nextNode()) {
    if (seen(walk.currentNode.parentElement)) said.push(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll("*")) {
    if (!seen(one)) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt", "aria-roledescription"]) {
      if (one.getAttribute(name)) said.push(one.getAttribute(name));
    }
  }
  return said.map((text) => text.trim()).filter(Boolean);
}
"""
"""Every text and label on the page that is the page's own."""
SHIFT: Final = """
() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) sum += hadRecentInput ? 0 : value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})
"""
"""How far what was seen has moved since the page was asked for."""


def english() -> list[re.Pattern[str]]:
    """What an English text of the page looks like with any values in its places."""
    found = []
    for key, text in words("page", "en").items():
        if text == words("page", "ru")[key]:
            continue
        for form in text.values() if isinstance(text, dict) else (text,):
            if re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", form)):
                parts = map(re.escape, re.split(r"\{\w+\}", form))
                found.append(re.compile(".+".join(parts)))
    return found


def left_over(page: Page) -> list[str]:
    """The texts of the page that are English ones."""
    patterns = english()
    return [said for said in page.evaluate(SAID) if any(one.fullmatch(said) for one in patterns)]


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("path", ["/?lang=ru", "/?lang=ru&view=compare", "/?lang=ru&metric=dapps"])
def test_no_english_is_left_in_russian(page: Page, path: str) -> None:
    """Texts, titles and labels: each is Russian, also in the menus and under the charts."""
    open_full(page, path)
    page.get_by_text("Графики словами").click()
    page.locator("#texts .line summary").first.click()
    page.locator("#settings-menu > summary").click()
    assert left_over(page) == []
    expect(page.locator("html")).to_have_attribute("lang", "ru")


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("empty", marks=pytest.mark.scene(fill=scenes.empty)),
        pytest.param("full", marks=pytest.mark.scene(fill=scenes.stale)),
    ],
)
def test_no_english_is_left_in_other_states(page: Page, state: str) -> None:
    """Also where there is nothing, and where the newest reading is old."""
    page.goto("/?lang=ru")
    expect(page.locator("html")).to_have_attribute("data-page", state)
    assert left_over(page) == []


@pytest.mark.scene(fill=scenes.several)
def test_english_is_found_where_it_is(page: Page) -> None:
    """The search above finds the English page full of English."""
    open_full(page, "/?lang=en")
    assert len(left_over(page)) > 50


@pytest.mark.scene(fill=scenes.several)
def test_the_language_changes_at_once_and_is_remembered(page: Page) -> None:
    """A choice in the menu changes every word without a reload; the next visit begins with it."""
    open_full(page, "/")
    page.evaluate("window.same = true")
    page.locator("#settings-menu > summary").click()
    page.get_by_label("Русский").check()
    expect(page.locator("#card-dapps .value")).to_contain_text(" тыс.")
    expect(page.locator("#charts h2")).to_have_text("Динамика")
    expect(page.locator("#chart-box .annotation-text").filter(has_text="Блокчейны")).to_have_count(
        1
    )
    expect(page.locator("#chart-box")).to_have_accessible_name(re.compile("^Графики: Dapps, Блок"))
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert left_over(page) == []
    assert page.evaluate("window.same") is True
    open_full(page, "/")
    expect(page.locator("#charts h2")).to_have_text("Динамика")
    open_full(page, "/?lang=en")
    expect(page.locator("#charts h2")).to_have_text("Trend")


@pytest.mark.scene(fill=scenes.several)
def test_the_browsers_language_is_the_first(reader: Reader) -> None:
    """Without a choice the page speaks the reader's language where it can, else English."""
    expect(reader("/", locale="ru-RU").locator("#charts h2")).to_have_text("Динамика")
    expect(reader("/", locale="fr-FR").locator("#charts h2")).to_have_text("Trend")


@pytest.mark.scene(fill=scenes.several)
def test_numbers_and_times_are_of_the_language(page: Page) -> None:
    """Figures, shares, ages and spans are the browser's own words for the language."""
    open_full(page, "/?lang=ru&range=7d")
    expect(page.locator("#card-volume_30d .value")).to_have_text(
        re.compile(r"^\d+,\d\d\sмлрд\s\$$")
    )
    expect(page.locator("#card-volume_30d .change")).to_contain_text(re.compile(r"\d,\d\s%"))
    expect(page.locator("#card-dapps .age")).to_have_text(re.compile("назад|только что"))
    expect(page.locator("#status")).to_contain_text("снимок раз в час")
    spoken = {
        json.dumps(seconds): page.evaluate("(one) => masthead.format.every(one)", seconds)
        for seconds in (60, 300, 3600, 21_600, 86_400, 75_600)
    }
    assert list(spoken.values()) == [
        "раз в минуту",
        "раз в 5 минут",
        "раз в час",
        "раз в 6 часов",
        "раз в день",
        "раз в 21 час",
    ]


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_russian_fits(page: Page, width: int) -> None:
    """Longer words run over no box, and out of neither the page nor the charts."""
    page.set_viewport_size({"width": width, "height": 900})
    open_full(page, "/?lang=ru&source=dapp_expert&source=defillama")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".card, .card > *, .choice, button, .panel-head")]
          .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert cut == []
    outside = page.evaluate(
        """() => { const frame = document.getElementById("chart-box").getBoundingClientRect();
          return [...document.querySelectorAll("#chart-box text")]
            .filter((one) => { const at = one.getBoundingClientRect();
              return at.width && (at.left < frame.left - 1 || at.right > frame.right + 1); })
            .map((one) => one.textContent); }"""
    )
    assert outside == []


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_nothing_moves_while_it_loads(reader: Reader, width: int, language: str) -> None:
    """The words, their font and the figures find their places kept: layout shift under 0.02."""
    page = reader(f"/?range=30d&lang={language}", viewport={"width": width, "height": 900})
    page.evaluate("document.fonts.ready")
    assert page.evaluate(SHIFT) < 0.02
