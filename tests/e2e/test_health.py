"""The collectors' page in a real browser: found from the figures, legible for everyone."""

import pytest
from playwright.sync_api import Page, expect

from data.store import Store
from tests.e2e.visits import failed_run, keep, violations


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_accessible(page: Page, store: Store, theme: str, width: int) -> None:
    """Reached by a link of the figures' page; axe finds nothing, and nothing has to be scrolled."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    keep(store, [5, 4])
    failed_run(store)
    page.goto("/")
    page.get_by_role("link", name="the collectors’ page").click()
    expect(page.get_by_role("heading", name="dapp_expert")).to_be_visible()
    expect(page.get_by_text("did not answer within 30 s")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_role("heading", name="Masthead")).to_be_visible()
