"""The page for whoever comes: by axe, without motion, with few colours, large and widely set."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests import scenes
from tests.e2e.visits import day, open_full, violations

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
OVERLAY: Final = "source=dapp_expert&source=growthepie"
STATES: Final = {
    "full": (scenes.full, "/?source=sample", None),
    "texts": (scenes.full, "/?source=sample&range=7d", "The charts as text"),
    "several": (scenes.several, f"/?{OVERLAY}&source=defillama", None),
    "compare": (scenes.several, f"/?view=compare&{OVERLAY}", None),
    "enlarged": (scenes.several, "/?metric=dapps", None),
    "stale": (scenes.stale, "/", None),
    "russian": (scenes.several, "/?lang=ru&range=7d", "Графики словами"),
}
"""A scene, an address, and what is opened there."""
LOOKS: Final = [
    pytest.param(path, opened, marks=pytest.mark.scene(fill=fill), id=name)
    for name, (fill, path, opened) in STATES.items()
]


@pytest.mark.parametrize(("path", "opened"), LOOKS)
def test_axe_finds_nothing(page: Page, path: str, opened: str | None) -> None:
    """In both themes, on a phone and a desk, with the menus closed and open."""
    page.emulate_media(reduced_motion="reduce")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        open_full(page, path)
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


@pytest.mark.scene(fill=scenes.empty)
def test_axe_finds_nothing_where_there_is_nothing(page: Page) -> None:
    """The empty page, in both languages and themes."""
    page.emulate_media(reduced_motion="reduce")
    for language in ("en", "ru"):
        page.goto(f"/?lang={language}")
        expect(page.locator("html")).to_have_attribute("data-page", "empty")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            assert violations(page) == [], (language, theme)


@pytest.mark.scene(fill=day)
def test_nothing_moves_for_who_asked_for_rest(reader: Reader) -> None:
    """With reduced motion no element has a transition or an animation."""
    assert reader("/", reduced_motion="reduce").evaluate(TRANSITIONS) == []
    assert reader("/", reduced_motion="no-preference").evaluate(TRANSITIONS) != []


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_few_colours_are_enough(reader: Reader, scheme: str) -> None:
    """With the system's own colours lines differ and what is pressed looks pressed."""
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


@pytest.mark.scene(fill=scenes.several)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_twice_the_size_and_wide_text_cut_nothing(reader: Reader, language: str) -> None:
    """At 200 % and with the spacing that some readers need, nothing is cut or runs out."""
    page = reader(
        f"/?lang={language}", viewport={"width": 720, "height": 450}, device_scale_factor=2
    )
    assert page.evaluate(CUT) == []
    page.add_style_tag(content=SPACING)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 720
