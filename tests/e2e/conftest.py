"""A real Chromium, a real server in its own process, a real SQLite file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from data.store import Store, open_store
from tests import browser as chromium
from tests.e2e.visits import context_of, open_full, visit
from tests.nginx import KEY
from tests.served import served

Fill = Callable[[Store], None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; its absence is a failure that says what to run."""
    path = chromium.find()
    expect.set_options(timeout=20_000)
    # Errors that are passed over begin a request anew, each one: of many at once Chromium gives up.
    trusted = f"--ignore-certificate-errors-spki-list={KEY}"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=[*chromium.OPTIONS, trusted]
        )
        yield started
        started.close()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a store of its own."""
    return f"sqlite:///{tmp_path / 'masthead.db'}"


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """The store, as the collectors write it."""
    with closing(open_store(database)) as opened:
        yield opened


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Fill], str]]:
    """The address of the page over a store that was filled so: one for all tests that only look."""
    with ExitStack() as running:

        @cache
        def address(fill: Fill) -> str:
            database = f"sqlite:///{tmp_path_factory.mktemp('scene') / 'masthead.db'}"
            with closing(open_store(database)) as filled:
                fill(filled)
            return running.enter_context(served(database))

        yield address


@pytest.fixture(scope="session")
def contexts(
    browser: Browser, scenes: Callable[[Fill], str]
) -> Iterator[Callable[[Fill], BrowserContext]]:
    """The browser's context for a scene: from the second visit on the page's files are there."""
    with ExitStack() as opened:
        yield cache(lambda fill: opened.enter_context(context_of(browser, scenes(fill))))


@pytest.fixture
def scene(
    contexts: Callable[[Fill], BrowserContext], scenes: Callable[[Fill], str], console: list[str]
) -> Iterator[Callable[[Fill], Page]]:
    """A fresh page over the shared store of a scene."""
    with ExitStack() as opened:
        yield lambda fill: opened.enter_context(visit(contexts(fill), scenes(fill), console))


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The page's address: over the test's own store, or over that of ``mark.scene(fill=…)``."""
    if marked := request.node.get_closest_marker("scene"):
        yield request.getfixturevalue("scenes")(marked.kwargs["fill"])
        return
    request.getfixturevalue("store")
    with served(request.getfixturevalue("database")) as address:
        yield address


@pytest.fixture
def console() -> list[str]:
    """What the browser says; a test that provokes a message takes it out."""
    return []


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, server: str, console: list[str]
) -> Iterator[Page]:
    """A fresh page in a light room; ends with an empty console and no request to anyone else."""
    if marked := request.node.get_closest_marker("scene"):
        yield request.getfixturevalue("scene")(marked.kwargs["fill"])
        return
    with context_of(browser, server) as context, visit(context, server, console) as opened:
        yield opened


@pytest.fixture
def reader(browser: Browser, server: str, console: list[str]) -> Iterator[Callable[..., Page]]:
    """Pages of readers with needs of their own, each a context; the console stays empty."""
    with ExitStack() as opened:

        def open_page(path: str = "/", **needs: Any) -> Page:
            context = opened.enter_context(context_of(browser, server, **needs))
            page = opened.enter_context(visit(context, server, console))
            open_full(page, path)
            return page

        yield open_page
