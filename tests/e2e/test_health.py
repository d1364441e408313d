"""The collectors' page in a real browser: found from the figures, legible for everyone."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from data import clock, sample
from data.model import About, Outcome, Run, slot_of
from data.store import Store
from tests.e2e.visits import failed_run, violations
from tests.looks import HOUR, snapshot


def keep(store: Store, hours: Iterable[int]) -> None:
    """Hourly snapshots, so many hours ago, each taken in time."""
    slot = slot_of(clock.now(), HOUR)
    store.add([snapshot(slot - ago * HOUR) for ago in hours], {"dapp_expert": HOUR})


def keep_all_outcomes(store: Store) -> None:
    """A source of each state, and slots of most outcomes."""
    keep(store, [n for n in range(30) if n not in (4, 5, 9, 10, 14)])
    now = clock.now()
    slot = slot_of(now, HOUR)
    lost: list[tuple[int, Outcome]] = [(4, "failed"), (5, "outbox")]
    for ago, outcome in lost:
        at = slot - ago * HOUR
        store.add_runs([Run("dapp_expert", at, at, at, outcome, "store", "It was away.")])
    store.save(snapshot(slot - 14 * HOUR + HOUR / 2, (1.0, None, None, None, None)), HOUR)
    failed_run(store)
    day = timedelta(days=1)
    old = snapshot(now - 5 * day, source="defillama")
    store.save(old, day)
    store.describe(About("growthepie", "growthepie", ("transactions_30d",)), day)
    sample.load(store, now)


@pytest.mark.scene(fill=keep_all_outcomes)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_accessible(page: Page, theme: str, width: int) -> None:
    """Reached by a link of the figures' page; axe finds nothing, and nothing has to be scrolled."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    page.get_by_role("link", name="the collectors’ page").click()
    expect(page.get_by_role("heading", name="dapp_expert")).to_be_visible()
    expect(page.get_by_text("did not answer within 30 s")).to_be_visible()
    page.get_by_text("earlier error").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", name="Masthead")).to_be_visible()


@pytest.mark.scene(fill=keep_all_outcomes)
def test_states(page: Page) -> None:
    """Each state has its word and its shape; the sample is marked and has no strip."""
    page.goto("/health?lang=en")
    assert page.locator(".state").all_inner_texts() == ["failing", "stale", "no data", "sample"]
    shapes = page.evaluate(
        """[...document.querySelectorAll(".state")].map((one) => {
          const { clipPath, borderRadius, transform } = getComputedStyle(one, "::before");
          return clipPath + borderRadius + transform;
        })"""
    )
    assert len(set(shapes)) == 4
    assert page.get_by_role("region", name="sample (synthetic)").get_by_role("img").count() == 0


def test_strip(page: Page, store: Store) -> None:
    """A picture that a sentence names; outcomes differ by more than colour; none takes focus."""
    keep_all_outcomes(store)
    page.goto("/health?lang=en")
    strip = page.get_by_role("region", name="dapp_expert").get_by_role("img")
    expect(strip).to_have_accessible_name(
        "Slots of the last 30 days 30 slots: 25 whole, 1 partial, 1 in the outbox, 2 not run, "
        "1 failed."
    )
    heights = page.evaluate(
        """[...document.querySelectorAll(".legend i")].map((one) => {
          const { backgroundSize, backgroundImage } = getComputedStyle(one);
          return backgroundSize + backgroundImage.replace(/(rgb|color)[^)]*\\)/g, "");
        })"""
    )
    assert len(set(heights)) == 6
    assert strip.locator("[tabindex], a, button").count() == 0
    assert strip.locator("i").evaluate_all("all => all.every((one) => one.title !== '')")


def test_without_scripts(browser: Browser, server: str, store: Store) -> None:
    """All of it is there without scripts, and another language is a link."""
    context = browser.new_context(java_script_enabled=False, base_url=server, locale="en-GB")
    page = context.new_page()
    keep(store, [1, 0])
    page.goto("/health")
    expect(page.get_by_role("heading", name="Collectors")).to_be_visible()
    page.get_by_role("link", name="RU").click()
    expect(page.get_by_role("heading", name="Сборщики")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_text("2 слота: полностью — 2.")).to_be_visible()
    context.close()
