"""A view as a link for another reader, and as a frame in another page, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from data import clock
from data.model import iso
from data.store import Store
from tests.e2e.taking import keep_other, keep_sample, open_menu
from tests.e2e.visits import day, keep, open_full
from tests.looks import HOUR
from tests.waiting import until

COLOURS_AND_POINTS = """(all) =>
  all.map((one) => [one.style.stroke, one.getAttribute("d").split(/[LHV]/).length])"""


def shown(page: Page) -> dict[str, Any]:
    """What tells one view from another."""
    return {
        "pressed": page.locator("[aria-pressed=true]").all_inner_texts(),
        "note": page.locator("#trend-note").inner_text(),
        "lines": page.locator("#chart-box .js-line").evaluate_all(COLOURS_AND_POINTS),
        "marks": page.locator("#chart-box .xtick").all_text_contents(),
        "language": page.locator("html").get_attribute("lang"),
    }


def test_link_reopens_the_view(page: Page, store: Store, browser: Browser) -> None:
    """A reader with another language and zone sees the same range, lines, words and times."""
    keep(store, range(40, -1, -1))
    keep_other(store)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chosen = "source=dapp_expert&source=other&view=compare&line=other.dapps&line=dapp_expert.dapps"
    start, end = (clock.now() - ago * HOUR for ago in (60, 2))
    zoom = urlencode({"from": iso(start), "to": iso(end)})
    for search in (f"{chosen}&{zoom}&lang=ru&tz=utc", f"{chosen}&range=7d&scale=log"):
        panel = open_menu(page, f"/?{search}")
        panel.locator("[data-take=take_link_copy]").click()
        expect(page.locator("#take-said")).not_to_have_text("")
        link = page.evaluate("navigator.clipboard.readText()")
        assert ("range=" in link) == ("from=" not in link)
        other = browser.new_context(
            locale="ru-RU", timezone_id="America/Lima", color_scheme="light"
        )
        reader = other.new_page()
        open_full(reader, link)
        assert shown(reader) == shown(page)
        other.close()


def test_link_without_a_clipboard(page: Page, store: Store) -> None:
    """Over plain http a browser gives no clipboard: the text stands there, selected."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    keep(store, range(3, -1, -1))
    panel = open_menu(page, "/?range=24h")
    panel.get_by_role("button", name="Copy link").click()
    field = panel.get_by_role("textbox", name="Link")
    expect(field).to_be_focused()
    expect(field).to_have_value(re.compile(r"/\?source=dapp_expert&range=24h&lang=en&tz=utc$"))
    assert field.evaluate("(one) => one.selectionEnd - one.selectionStart === one.value.length")
    expect(page.locator("#take-said")).to_have_text("Copy it from here.")


@contextmanager
def other_site(body: str) -> Iterator[str]:
    """A page of somebody else: the address of a server that answers with ``body``."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!DOCTYPE html><title>Other</title>{body}".encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}/"
        site.shutdown()


def test_embed_draws_on_another_site(page: Page, store: Store, browser: Browser) -> None:
    """The copied HTML draws the charts there in the colours of here, live, and leads back."""
    keep(store, range(30, 0, -1))
    page.emulate_media(color_scheme="dark")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = open_menu(page, "/?metric=dapps&range=7d")
    panel.get_by_role("button", name="Copy HTML").click()
    expect(page.locator("#take-said")).to_have_text("Copied")
    snippet = page.evaluate("navigator.clipboard.readText()")
    assert snippet.startswith("<iframe src=")
    assert 'title="dapp.expert over time"' in snippet
    said: list[str] = []
    with other_site(snippet) as address:
        context = browser.new_context(color_scheme="light", viewport={"width": 800, "height": 600})
        reader = context.new_page()
        reader.on("console", lambda message: said.append(message.text))
        reader.on("pageerror", lambda error: said.append(str(error)))
        reader.goto(address)
        frame = reader.frame_locator("iframe")
        points = frame.locator("#chart-box .point")
        expect(points).to_have_count(30)
        html = frame.locator("html")
        expect(html).to_have_attribute("data-theme", "dark")
        line = frame.locator("#embed-line")
        expect(line).to_contain_text("dapp.expert")
        expect(line).to_contain_text(" UTC – ")
        link = frame.get_by_role("link", name="Masthead")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")
        href = str(link.get_attribute("href"))
        assert "metric=dapps" in href
        assert "embed" not in href
        assert "theme" not in href
        for hidden in ("#news", "#cards", "footer", ".controls", "#view-compare"):
            expect(frame.locator(hidden)).to_be_hidden()
        keep(store, range(0, -1, -1))
        frame.locator("html").evaluate(
            "() => document.dispatchEvent(new Event('visibilitychange'))"
        )
        expect(points).to_have_count(31)
        context.close()
    assert said == []


@pytest.mark.scene(fill=keep_sample)
@pytest.mark.parametrize(("search", "charts"), [("metric=dapps", 1), ("", 5)])
def test_embed_fits_its_frame(page: Page, search: str, charts: int) -> None:
    """As high as the frame, with notice and line; one chart also in a low one."""
    for height in (320, 700) if charts == 1 else (700,):
        page.set_viewport_size({"width": 600, "height": height})
        open_full(page, f"/?embed=1&source=sample&{search}")
        expect(page.locator(".notice.sample")).to_be_visible()
        expect(page.locator("#embed-line")).to_be_in_viewport(ratio=1)
        expect(page.locator("#chart-box .ylines-above")).to_have_count(charts)
        assert page.evaluate("document.documentElement.scrollHeight") == height
        until(lambda: fits(page), 10)


def fits(page: Page) -> bool:
    """Whether the charts fill their box and the last button stands beside the last title.

    All are measured at one moment: a chart that is drawn again has new ones.
    """
    box, plot, tool, title = page.evaluate(
        """() => {
          const titles = [...document.querySelectorAll("#chart-box .annotation-text")];
          return [
            document.querySelector("#chart-box"),
            document.querySelector("#chart-box .main-svg"),
            [...document.querySelectorAll("#chart-tools .tool")].at(-1),
            titles.filter((one) => /^30d|Dapps/.test(one.textContent)).at(-1),
          ].map((one) => one?.getBoundingClientRect().toJSON());
        }"""
    )
    drawn = box and plot and tool and title
    return bool(
        drawn and abs(plot["height"] - box["height"]) <= 1 and abs(tool["y"] - title["y"]) < 20
    )


@pytest.mark.scene(fill=day)
def test_a_theme_in_the_address_is_not_kept(page: Page) -> None:
    """It holds while it is in the address; the switch takes it out, and its choice is kept."""
    open_full(page, "/?theme=dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    open_full(page, "/")
    expect(html).to_have_attribute("data-theme", "light")
    open_full(page, "/?theme=dark")
    page.locator("#theme-button").click()
    expect(html).to_have_attribute("data-theme", "light")
    expect(page).to_have_url("/")
