"""The page for whoever comes: by axe, without motion, with few colours, large and widely set."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from data.store import Store
from tests import scenes
from tests.e2e.looking import drawn, keep, violations

Reader = Callable[..., Page]
TRANSITIONS: Final = """
() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return style.animationName !== "none" || !/^(0s(, )?)+$/.test(style.transitionDuration);
}).map((one) => one.outerHTML.slice(0, 90))
"""
CUT: Final = """
() => {
  const boxes = "h1, h2, h3, button, summary, .card p, .card div, .hint, .notice, #status";
  const wide = (one) => one.scrollWidth > one.clientWidth + 1;
  return [...document.querySelectorAll(boxes)]
    .filter((one) => one.checkVisibility() && !one.closest(".unseen") && wide(one))
    .filter((one) => getComputedStyle(one).display !== "inline")
    .map((one) => `${one.outerHTML.slice(0, 90)} ${one.scrollWidth} ${one.clientWidth}`);
}
"""
SPACING: Final = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; }
* { word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
STATES: Final = {
    "full": ("full", "/?source=sample", None),
    "texts": ("full", "/?source=sample&range=7d", "The charts as text"),
    "several": ("several", "/?source=dapp_expert&source=defillama&source=growthepie", None),
    "compare": ("several", "/?view=compare&source=dapp_expert&source=growthepie", None),
    "enlarged": ("several", "/?metric=dapps", None),
    "stale": ("stale", "/", None),
    "russian": ("several", "/?lang=ru&range=7d", "Графики словами"),
}
"""A scene, an address, and what is opened there."""


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(page: Page, store: Store, state: str) -> None:
    """In both themes, on a phone and a desk, with the menus closed and open."""
    scene, path, opened = STATES[state]
    scenes.SCENES[scene](store)
    page.emulate_media(reduced_motion="reduce")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        drawn(page, path)
        if opened:
            page.get_by_text(opened).click()
            page.locator("#texts .line summary").first.click()
            expect(page.locator("#texts table")).to_have_count(1)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            assert violations(page) == [], (width, theme)
        page.locator("#settings-menu > summary").click()
        assert violations(page) == [], (width, "menu")
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_axe_finds_nothing_where_there_is_nothing(page: Page, store: Store) -> None:
    """The empty page, in both languages and themes."""
    scenes.empty(store)
    page.emulate_media(reduced_motion="reduce")
    for language in ("en", "ru"):
        page.goto(f"/?lang={language}")
        expect(page.locator("html")).to_have_attribute("data-page", "empty")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            assert violations(page) == [], (language, theme)


def test_nothing_moves_for_who_asked_for_rest(reader: Reader, store: Store) -> None:
    """With reduced motion no element has a transition or an animation."""
    keep(store, range(5, -1, -1))
    assert reader("/", reduced_motion="reduce").evaluate(TRANSITIONS) == []
    assert reader("/", reduced_motion="no-preference").evaluate(TRANSITIONS) != []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_few_colours_are_enough(reader: Reader, store: Store, scheme: str) -> None:
    """With the system's own colours lines differ and what is pressed looks pressed."""
    scenes.several(store)
    page = reader("/?view=compare", forced_colors="active", color_scheme=scheme)
    strokes = page.locator("#chart-box .js-line").evaluate_all(
        "(lines) => [...new Set(lines.map((one) => getComputedStyle(one).stroke))].length"
    )
    assert strokes == 5
    style = "(one) => [getComputedStyle(one).borderTopWidth, getComputedStyle(one).backgroundColor]"
    pressed = page.locator("#view-compare").evaluate(style)
    assert pressed != page.locator("#view-panels").evaluate(style)
    page.locator("#lines .chip").first.click()
    off = page.locator('#lines .chip[aria-pressed="false"]')
    on = page.locator('#lines .chip[aria-pressed="true"]')
    expect(off).to_have_count(1)
    assert off.evaluate(style) != on.first.evaluate(style)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_twice_the_size_and_wide_text_cut_nothing(
    reader: Reader, store: Store, language: str
) -> None:
    """At 200 % and with the spacing that some readers need, nothing is cut or runs out."""
    scenes.several(store)
    page = reader(
        f"/?lang={language}", viewport={"width": 720, "height": 450}, device_scale_factor=2
    )
    assert page.evaluate(CUT) == []
    page.add_style_tag(content=SPACING)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 720
