"""The page below a path behind a real nginx, by the guide's own blocks, in a real browser."""

import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from data.store import Store
from tests.e2e.taking import open_menu
from tests.e2e.test_embed import other_site
from tests.e2e.visits import context_of, keep, open_full, visit
from tests.nginx import CERTIFICATE, nginx, said
from tests.served import served

Ask = Callable[..., tuple[HTTPResponse, bytes]]
PASSED_ON = "proxy_http_version 1.1"


@pytest.fixture
def upstream(database: str, store: Store) -> Iterator[str]:
    """Host and port of the page as the guide configures it, over two days."""
    keep(store, range(47, -1, -1))
    with served(database, **said()) as address:
        yield address.removeprefix("http://")


@pytest.fixture(params=["as it is", "taken off", "by HTTP/1.0"])
def proxied(request: pytest.FixtureRequest, upstream: str, tmp_path: Path) -> Iterator[str]:
    """The address behind nginx: the path passed on, or taken off, or asked for as in 1996."""
    changes = {
        "as it is": {},
        "taken off": {
            f"proxy_pass http://{upstream};": f"proxy_pass http://{upstream}/;",
            'X-Forwarded-Prefix ""': "X-Forwarded-Prefix /masthead",
        },
        "by HTTP/1.0": {PASSED_ON: "proxy_http_version 1.0"},
    }
    with nginx(tmp_path, upstream, **changes[request.param]) as address:
        yield address


@pytest.fixture
def ask(proxied: str) -> Ask:
    """Asks nginx, over TLS that is checked."""
    trusted = ssl.create_default_context(cafile=CERTIFICATE)

    def asked(path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        place = proxied.removeprefix("https://")
        connection = HTTPSConnection(place, timeout=30, context=trusted)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    return asked


def test_answers_pass_through(ask: Ask) -> None:
    """Files whole, tags kept, forms right, errors in words, the path added where it lacks."""
    whole, body = ask("/masthead/export/snapshots.csv")
    assert (whole.status, body.count(b"\r\n")) == (200, 49)
    assert ask("/masthead/export/snapshots.xlsx")[1].startswith(b"PK")
    for form in ("br", "gzip", "identity"):
        answer, _ = ask("/masthead/api/v1/series?range=7d", Accept_Encoding=form)
        assert answer.headers.get("Content-Encoding", "identity") == form
        assert answer.headers["Strict-Transport-Security"]
        again, nothing = ask(
            "/masthead/api/v1/series?range=7d",
            Accept_Encoding=form,
            If_None_Match=answer.headers["ETag"],
        )
        assert (again.status, nothing) == (304, b"")
    assert ask("/masthead/api/v1/nothing")[0].status == 404
    assert ask("/masthead/", "POST")[0].status == 405
    lacking, _ = ask("/masthead?range=7d")
    assert lacking.status == 308
    assert lacking.headers["Location"].endswith("/masthead/?range=7d")


@pytest.mark.parametrize("proxied", ["as it is", "taken off"], indirect=True)
def test_page_below_a_path(proxied: str, browser: Browser, console: list[str]) -> None:
    """Whatever the reader does, each request is below the path and answered; nobody complains."""
    home, answers = f"{proxied}/masthead/", list[tuple[int, str]]()
    needs = {"permissions": ["clipboard-read", "clipboard-write"]}
    with context_of(browser, home, **needs) as context, visit(context, home, console) as page:
        page.on("response", lambda answer: answers.append((answer.status, answer.url)))
        panel = open_menu(page, "./?range=7d&source=dapp_expert")
        with page.expect_download() as taken:
            panel.get_by_role("link", name="CSV").first.click()
        assert Path(taken.value.path()).read_bytes().startswith(b"slot,")
        panel.locator("[data-take=take_link_copy]").click()
        expect(page.locator("#take-said")).not_to_have_text("")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link.startswith(home)
        page.get_by_role("button", name="24h").first.click()
        page.wait_for_url("**range=24h**")
        page.go_back()
        open_full(page, link)
        page.locator("footer a[href^=health]").click()
        expect(page.locator("h1")).to_have_text("Collectors")
        assert page.url.startswith(f"{home}health")
        page.get_by_role("link", name="RU").click()
        page.locator("a.button").first.click()
        expect(page.locator("#chart-box .point").first).to_be_attached()
        assert page.url.startswith(f"{home}?lang=ru")
    assert len(answers) > 15
    assert [one for one in answers if one[0] not in (200, 304) or not one[1].startswith(home)] == []


def test_embed_below_a_path(upstream: str, tmp_path: Path, browser: Browser) -> None:
    """The HTML for other pages draws there what lies below the path."""
    with nginx(tmp_path, upstream) as address:
        with other_site(f'<iframe src="{address}/masthead/?embed=1&range=7d"></iframe>') as site:
            context = browser.new_context()
            page: Page = context.new_page()
            said: list[Any] = []
            page.on("console", lambda message: said.append(message))
            page.goto(site)
            frame = page.frame_locator("iframe")
            expect(frame.locator("#chart-box .point").first).to_be_attached()
            # What the other site's own page lacks (an icon) is not ours.
            told = [(one.text, one.location["url"]) for one in said]
            context.close()
        assert [(text, url) for text, url in told if not url.startswith(site)] == []
