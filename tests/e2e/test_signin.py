"""The sign-in in a real browser: to a view and back to it, for everyone, and out again."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.password import hashed
from data.store import open_store
from tests.e2e.visits import context_of, day, look_again, violations, visit
from tests.served import served

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page behind a password."""
    database = f"sqlite:///{tmp_path_factory.mktemp('signin') / 'masthead.db'}"
    with closing(open_store(database)) as store:
        day(store)
    with served(database, password=hashed(PASSWORD)) as address:
        yield address


@pytest.fixture
def reader(browser: Browser, server: str, console: list[str]) -> Iterator[Callable[..., Page]]:
    """Makes readers who are not signed in."""
    opened = []

    def make(**needs: object) -> Page:
        context = context_of(browser, server, **needs)
        stay = visit(context, server, console)
        opened.append((context, stay))
        return stay.__enter__()

    yield make
    for context, stay in opened:
        stay.__exit__(None, None, None)
        context.close()


def refused(console: list[str]) -> bool:
    """Whether all that the browser said is that an answer was a 401; forgets it."""
    told = [line for line in console if "401" not in line]
    console.clear()
    return not told


def test_to_the_view_and_out(reader: Callable[..., Page], console: list[str]) -> None:
    """A bookmark survives; wrong is said where it is heard; signing out ends it."""
    page = reader()
    page.goto("/?range=7d")
    field = page.get_by_label("Password")
    expect(field).to_be_focused()
    page.keyboard.type("wrong horse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not the password. Please try again.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-describedby", "error")
    expect(field).to_have_value("")
    assert refused(console)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chart-box .point").first).to_be_attached()
    assert page.url.endswith("/?range=7d")
    page.locator("#settings-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.url.endswith("/login?next=%2F%3Frange%3D7d")
    page.goto("/health")
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_session_that_ends_while_the_page_is_open(
    reader: Callable[..., Page], console: list[str]
) -> None:
    """The figures stay, the page says why they do not move on, and leads back to this view."""
    page = reader()
    page.goto("/?range=7d")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#chart-box .point").first).to_be_attached()
    page.context.clear_cookies()
    look_again(page)
    notice = page.locator(".notice", has_text="You are signed out.")
    expect(notice).to_be_visible()
    expect(page.locator("#chart-box .point").first).to_be_attached()
    page.get_by_role("button", name="24h").click()
    expect(page).to_have_url("/?range=24h")
    notice.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert refused(console)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#chart-box .point").first).to_be_attached()
    assert page.url.endswith("/?range=24h")
    expect(page.locator(".notice")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_accessible(
    reader: Callable[..., Page], console: list[str], theme: str, width: int
) -> None:
    """Axe finds nothing, before and after an error, and nothing has to be scrolled."""
    page = reader(viewport={"width": width, "height": 700}, color_scheme=theme, locale="ru-RU")
    page.goto("/")
    expect(page.get_by_label("Пароль")).to_be_focused()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(page) == []
    page.get_by_role("link", name="English").click()
    page.get_by_label("Password").fill("x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert refused(console)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.documentElement.scrollHeight") == 700


def test_without_scripts(reader: Callable[..., Page]) -> None:
    """The sign-in needs none."""
    page = reader(java_script_enabled=False)
    page.goto("/health")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Collectors")).to_be_visible()
    page.goto("about:blank")


def test_in_a_frame_of_another_site(
    reader: Callable[..., Page], server: str, tmp_path: Path, console: list[str]
) -> None:
    """The embed says that it is behind a password; the sign-in itself stands in no frame."""
    page = reader()
    page.route(
        f"{server}/around",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<iframe src="{server}/?embed=1"></iframe>'
        ),
    )
    page.goto("/around")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("These charts are behind a password.")).to_be_visible()
    expect(frame.get_by_role("link", name="Open Masthead")).to_have_attribute(
        "href", "/login?next=/&lang=en"
    )
    assert refused(console)
