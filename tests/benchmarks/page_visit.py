"""One visit to a page in a cold browser: what was sent, when the first chart stood, what moved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page
from playwright.sync_api import Error as BrowserError

LINE: Final = ".js-plotly-plot path.js-line"
WATCH: Final = """
(() => {
  const line = () => document.querySelector("LINE")?.getAttribute("d") || null;
  const frame = (then) => requestAnimationFrame(() => setTimeout(() => then(performance.now())));
  // Resolves a frame after the first line is another than `before`.
  const changed = (before) =>
    new Promise((resolve) => {
      const look = () => {
        const now = line();
        if (!now || now === before) return;
        watch.disconnect();
        frame(resolve);
      };
      const watch = new MutationObserver(look);
      watch.observe(document, { subtree: true, childList: true, attributeFilter: ["d"] });
      look();
    });
  const seen = { shift: 0, tasks: [] };
  const observe = (type, take) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type, buffered: true });
  };
  observe("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
  observe("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
  const within = (promise, limit, what) =>
    Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(Error(what)), limit))]);
  const first = changed(null);
  const chart = (limit) => within(first, limit, "no chart was drawn");
  const press = async ([selector, limit]) => {
    const before = line();
    const begun = performance.now();
    document.querySelector(selector).click();
    return (await within(changed(before), limit, `${selector} changed nothing`)) - begun;
  };
  window.bench = { chart, press, seen };
})();
""".replace("LINE", LINE)


@dataclass(frozen=True, slots=True)
class Net:
    """How slow the line and the processor are made."""

    name: str
    kbit_s: float = 0
    latency_ms: float = 0
    cpu: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit took; times in ms, from the navigation or the click on."""

    kilobytes: float
    chart: float
    change: float
    """The mean of the changes of range."""
    shift: float
    longest_task: float


def visit(
    browser: Browser, url: str, buttons: Sequence[str], net: Net, longest_s: float = 200
) -> Visit:
    """Open ``url`` cold, wait for its first chart and its silence, then press ``buttons``."""
    with _opened(browser, net, longest_s) as (page, sizes):
        chart = first_chart(page, url, longest_s)
        page.wait_for_load_state("networkidle")
        kilobytes = sum(sizes) / 1000
        changes, limit = [], longest_s * 1000
        for button in buttons:
            changes.append(float(page.evaluate("asked => bench.press(asked)", [button, limit])))
            page.wait_for_load_state("networkidle")
        seen: dict[str, Any] = page.evaluate("bench.seen")
    after = [duration for start, duration in seen["tasks"] if start + duration > chart]
    return Visit(kilobytes, chart, mean(changes), seen["shift"], max(after, default=0.0))


def draws(browser: Browser, url: str, net: Net, longest_s: float) -> float | None:
    """When the first chart stood, in ms; None when it did not within ``longest_s``."""
    with _opened(browser, net, longest_s) as (page, _):
        try:
            return first_chart(page, url, longest_s)
        except BrowserError:
            return None


def first_chart(page: Page, url: str, longest_s: float) -> float:
    """Open ``url``; ms from the navigation to a frame after the first line was there."""
    page.goto(url, wait_until="commit")
    return float(page.evaluate("limit => bench.chart(limit)", longest_s * 1000))


@contextmanager
def _opened(browser: Browser, net: Net, longest_s: float) -> Iterator[tuple[Page, list[float]]]:
    """A page of a fresh context behind the line ``net``, and the sizes of all that it got."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(longest_s * 1000)
    session = context.new_cdp_session(page)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    _slow_down(session, net)
    try:
        yield page, sizes
    finally:
        context.close()


def _slow_down(session: CDPSession, net: Net) -> None:
    if net.kbit_s:
        bytes_s = net.kbit_s * 1000 / 8
        conditions = {"offline": False, "latency": net.latency_ms}
        conditions |= {"downloadThroughput": bytes_s, "uploadThroughput": bytes_s}
        session.send("Network.emulateNetworkConditions", conditions)
    if net.cpu > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": net.cpu})
