"""What Chromium asks for to show the page: little, each thing once, nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from dashboard import scripts
from dashboard.scripts import ASSETS
from dashboard.server import listen
from data import clock
from data.store import Store
from tests.looks import HOUR, snapshot

SCRIPTS = sorted(path.name for path in ASSETS.glob("*.js"))
WITHOUT_BUNDLE = """
import logging, socket, sys
from dashboard import bundle
from dashboard.server import run
from data.settings import Settings
logging.basicConfig()
bundle.VERSION = "0.0.0"
run(Settings(database=sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), workers=2)
"""
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
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/", wait_until="networkidle")
    expect(page.locator("#chart-box .js-line").first).to_be_attached()
    assert len(asked) == len(set(asked)), sorted(asked)
    [drawing] = [url for url in asked if "plotly" in url]
    assert re.search(r"/static/plotly-basic\.[0-9a-f]{16}\.js$", drawing)
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(entry => entry.transferSize)"
    )
    assert sum(sizes) < 700_000


def test_without_the_bundle(browser: Browser, database: str, store: Store, tmp_path: Path) -> None:
    """The charts are drawn by the whole plotly.js; the log says so once, and what mends it."""
    store.save(snapshot(clock.now()), HOUR)
    log = tmp_path / "log"
    with listen("127.0.0.1", 0) as listener, log.open("wb") as file:
        port, number = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-c", WITHOUT_BUNDLE, database, str(number)]
        with subprocess.Popen(command, pass_fds=[number], stderr=file) as process:
            page = browser.new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(urlsplit(request.url).path))
            try:
                page.goto(f"http://127.0.0.1:{port}/")
                expect(page.locator("#chart-box .point").first).to_be_attached()
            finally:
                page.close()
                process.terminate()
            assert process.wait(timeout=20) == 0
    whole = "/_dash-component-suites/plotly/package_data/plotly.min.js"
    assert [path for path in asked if "plotly" in path] == [whole]
    said = re.findall(r"The page sends the whole plotly\.js, .*", log.read_text())
    assert len(said) == 1
    assert re.search(r": call '\S+ -m dashboard\.bundle'\.$", said[0])
