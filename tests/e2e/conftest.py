"""A real Chromium, a real server in its own process, a real SQLite file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from data.store import Store, open_store
from tests import browser as chromium
from tests.e2e import looking
from tests.e2e.serving import served

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy violated:", event.violatedDirective, event.blockedURI));
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; its absence is a failure that says what to run."""
    path = chromium.find()
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*chromium.OPTIONS])
        yield started
        started.close()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a store of its own."""
    return f"sqlite:///{tmp_path / 'masthead.db'}"


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """The store, as the collectors write it."""
    opened = open_store(database)
    yield opened
    opened.close()


@pytest.fixture
def server(database: str, store: Store) -> Iterator[str]:
    """The address of the page over the store."""
    with served(database) as address:
        yield address


@pytest.fixture
def console() -> list[str]:
    """What the browser says; a test that provokes a message takes it out."""
    return []


@pytest.fixture
def page(browser: Browser, server: str, console: list[str]) -> Iterator[Page]:
    """A fresh page in a light room; ends with an empty console and no request to anyone else."""
    context = browser.new_context(color_scheme="light", base_url=server, timezone_id="Asia/Tokyo")
    context.add_init_script(REPORT_VIOLATIONS)
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    asked: list[str] = []
    opened.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: console.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert console == []
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []


@pytest.fixture
def reader(browser: Browser, server: str, console: list[str]) -> Iterator[Callable[..., Page]]:
    """Pages of readers with needs of their own, each a context; the console stays empty."""
    contexts = []

    def open_page(path: str = "/", **needs: Any) -> Page:
        context = browser.new_context(base_url=server, **needs)
        context.add_init_script(REPORT_VIOLATIONS)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: console.append(str(error)))
        looking.drawn(page, path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert console == []
