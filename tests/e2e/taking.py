"""What the tests of taking away share: stores to take from, the open menu, a download."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from data import clock, sample
from data.model import METRICS, About, Look, Reading, Snapshot, slot_of
from data.store import Store
from tests.e2e.visits import open_full
from tests.looks import HOUR

HOSTILE = '<a href="https://evil.test/">win</a> & <script>x</script>'


def keep_other(store: Store) -> None:
    """Three days of a source of two metrics, whose label is markup."""
    now = clock.now()
    for ago in (70, 46, 22, 3):
        readings = {
            metric.key: Reading(900.0 - ago, 0.0, metric.unit)
            for metric in (METRICS[0], METRICS[3])
        }
        slot = slot_of(now - ago * HOUR, HOUR)
        store.save(Snapshot("other", slot, slot, "live", Look(readings, "api")), HOUR)
    credit = "Data: Other, CC BY 4.0"
    about = About("other", HOSTILE, ("dapps", "volume_30d"), credit, "https://other.test/about")
    store.describe(about, HOUR)


def keep_sample(store: Store) -> None:
    """Three days of the sample."""
    now = clock.now()
    chosen = [one for one in sample.history(now) if one.slot > now - timedelta(days=3)]
    store.add(chosen, {"sample": HOUR})


def open_menu(page: Page, path: str = "/") -> Locator:
    """Open the page and its menu; the menu's panel."""
    open_full(page, path)
    page.locator("#take-menu summary").click()
    panel = page.locator("#take-menu-panel")
    expect(panel).to_be_visible()
    return panel


def fetch(page: Page, group: str, name: str) -> Path:
    """Click one of the files or pictures of a group and wait for what arrives."""
    chosen = page.locator(f".take[aria-labelledby='{group}']").get_by_text(name, exact=True)
    with page.expect_download() as arrived:
        chosen.click()
    path = Path(arrived.value.path()).with_name(arrived.value.suggested_filename)
    arrived.value.save_as(path)
    return path
