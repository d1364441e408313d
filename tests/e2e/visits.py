"""What the browser's tests share: snapshots of the last hours, and ways to look at the page."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data import clock, journal
from data.model import Headline, Run, slot_of
from data.store import Store
from tests.looks import HOUR, SEEN, snapshot

SHOWN = ("16.23K", "78", "66.47M", "$303.26B", "879.24M")
"""What the cards show of ``SEEN``."""


def keep(
    store: Store,
    hours: Iterable[int],
    headlines: Iterable[Headline] = (),
    source: str = "dapp_expert",
) -> None:
    """Hourly snapshots, so many hours ago; the dapps grow by ten an hour."""
    now = clock.now()
    for ago in hours:
        values = (SEEN[0] - 10 * ago, *SEEN[1:])
        store.save(snapshot(now - ago * HOUR, values, headlines, source), HOUR)


def failed_run(store: Store, hours: int = 0) -> None:
    """A run, so many hours ago, that ended without a page."""
    at = clock.now() - hours * HOUR
    run = Run("dapp_expert", slot_of(at, HOUR), at)
    number, _ = journal.start(store, run)
    message = "dapp_expert: https://dapp.expert/ did not answer within 30 s."
    ended = Run(run.source, run.slot, at, at, "failed", "timeout", message, attempts=3)
    journal.finish(store, number, ended)


def open_full(page: Page, path: str = "/") -> None:
    """Open and wait until the charts are drawn."""
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("data-page", "full")
    expect(page.locator("#chart-box .point").first).to_be_attached()


def look_again(page: Page) -> None:
    """What happens when the reader comes back to the tab: it polls at once."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def drag(page: Page, start: float, end: float) -> None:
    """Drag over the charts, from one share of their width to another."""
    plot = page.locator("#chart-box .nsewdrag").first.bounding_box()
    assert plot is not None
    across = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + plot["width"] * start, across)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * end, across, steps=4)
    page.mouse.up()
