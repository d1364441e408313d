"""What the tests of the page share: opening it, filling its store, asking axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data import clock
from data.store import Store
from tests.looks import HOUR, SEEN, snapshot


def drawn(page: Page, path: str) -> None:
    """Go there and wait for the charts."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-page", "full")
    expect(page.locator("#chart-box .point").first).to_be_attached()


def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def keep(store: Store, hours: range, unread: int | None = None) -> None:
    """Hourly snapshots, so many hours ago; one of them without its transactions."""
    now = clock.now()
    looks = [
        snapshot(
            now - ago * HOUR,
            (SEEN[0] - 10 * ago, *SEEN[1:4], None if ago == unread else SEEN[4]),
        )
        for ago in hours
    ]
    store.add(looks, {"dapp_expert": HOUR})
