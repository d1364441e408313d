"""What Chromium asks for to show the page: little, each thing once, nothing from elsewhere."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from dashboard import scripts
from dashboard.scripts import ASSETS
from data import clock
from data.store import Store
from tests.looks import HOUR, snapshot

SCRIPTS = sorted(path.name for path in ASSETS.glob("*.js"))
COMPILES = """
text => { try { new Function(text); return ""; } catch (error) { return String(error); } }
"""


def test_scripts_can_be_joined(browser: Browser) -> None:
    """Each script is whole by itself: one that is not would take all others with it."""
    page = browser.new_page()
    said = {name: page.evaluate(COMPILES, scripts.source(name)) for name in SCRIPTS}
    cut = page.evaluate(COMPILES, scripts.source(SCRIPTS[0])[:-9])
    page.close()
    assert {name: error for name, error in said.items() if error} == {}
    assert "SyntaxError" in cut


def test_what_the_page_asks_for(page: Page, store: Store) -> None:
    """Each address once, the basic bundle and never the whole one, at most 700 kB in all."""
    for ago in range(48):
        store.save(snapshot(clock.now() - ago * HOUR), HOUR)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto("/", wait_until="networkidle")
    expect(page.locator("#chart-box .js-line").first).to_be_attached()
    assert len(asked) == len(set(asked)), sorted(asked)
    [drawing] = [path for path in asked if "plotly" in path]
    assert re.fullmatch(r"/static/plotly-basic\.[0-9a-f]{16}\.js", drawing)
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(entry => entry.transferSize)"
    )
    assert sum(sizes) < 700_000
