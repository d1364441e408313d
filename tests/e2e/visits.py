"""What the browser's tests share: snapshots of the last hours, and ways to look at the page."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FloatRect, Locator, Page, expect

from data import clock, journal
from data.model import Headline, Run, slot_of
from data.store import Store
from tests.looks import HOUR, SEEN, snapshot
from tests.waiting import until

REPORT_VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violated:", event.violatedDirective, event.blockedURI));
"""
LIGHT_ROOM: Final = {"color_scheme": "light", "timezone_id": "Asia/Tokyo"}
"""What holds of a reader who needs nothing else."""
SHOWN: Final = ("16.23K", "78", "66.47M", "$303.26B", "879.24M")
"""What the cards show of ``SEEN``."""


def context_of(browser: Browser, address: str, **needs: Any) -> BrowserContext:
    """A context of its own for a reader with these needs; it also tells what the policy forbids."""
    context = browser.new_context(base_url=address, **{**LIGHT_ROOM, **needs})
    context.add_init_script(REPORT_VIOLATIONS)
    return context


@contextmanager
def visit(context: BrowserContext, address: str, console: list[str]) -> Iterator[Page]:
    """A page that asks nobody but ``address``, after which the console is empty.

    What the reader chose is forgotten, so that the context can be visited again.
    """
    page = context.new_page()
    page.set_default_timeout(20_000)
    asked: list[str] = []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    if page.url.startswith(address):
        page.evaluate("localStorage.clear()")
    page.close()
    assert console == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def keep(
    store: Store,
    hours: Iterable[int],
    headlines: Iterable[Headline] = (),
    source: str = "dapp_expert",
    unread: int | None = None,
) -> None:
    """Hourly snapshots, so many hours ago; the dapps grow by ten an hour.

    One may be ``unread``: so many hours ago there were no transactions.
    """
    now = clock.now()
    for ago in hours:
        values = (SEEN[0] - 10 * ago, *SEEN[1:4], None if ago == unread else SEEN[4])
        store.save(snapshot(now - ago * HOUR, values, headlines, source), HOUR)


def day(store: Store) -> None:
    """A scene: the last twenty hours."""
    keep(store, range(20, -1, -1))


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


def violations(page: Page, parts: str | None = None) -> list[str]:
    """What axe holds against the page as it stands, or against some ``parts`` of it."""
    found = Axe().run(page, context=parts).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def box_of(element: Locator) -> FloatRect:
    """Where an element that is seen is, also one of a chart that is drawn again just then."""
    found: list[FloatRect] = []

    def is_seen() -> bool:
        found.extend(box for box in [element.bounding_box()] if box)
        return bool(found)

    until(is_seen, 10)
    return found[0]


def drag(page: Page, start: float, end: float) -> None:
    """Drag over the charts, from one share of their width to another."""
    plot = box_of(page.locator("#chart-box .nsewdrag").first)
    across = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + plot["width"] * start, across)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * end, across, steps=4)
    page.mouse.up()
