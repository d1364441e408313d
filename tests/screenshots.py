"""Take the pictures of the page: every scene at three widths in both themes, two for the README.

    python -m tests.screenshots

``build/screenshots/`` gets them all, ``docs/`` the two that the README shows.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser, expect, sync_playwright

from data.store import open_store
from tests import browser as chromium
from tests.scenes import SCENES
from tests.served import served

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "build" / "screenshots"
WIDTHS: Final = {390: 844, 768: 1024, 1440: 900}
"""Widths and heights of a phone, a tablet and a desk, in CSS pixels."""
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
PATHS: Final = {"empty": "/", "stale": "/?range=7d", "full": "/?source=sample"}
"""What is opened of each scene."""
SHOWN: Final = {"full-1440-light": "page.png", "full-1440-dark": "page-dark.png"}
"""The pictures that the README shows."""


@contextmanager
def page_of(scene: str) -> Iterator[str]:
    """The address of a page over a store that holds ``scene``."""
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/masthead.db"
        with closing(open_store(database)) as store:
            SCENES[scene](store)
        with served(database) as address:
            yield address


def take(browser: Browser, address: str, scene: str, width: int, theme: str) -> Path:
    """One picture of a page once it is drawn; its file."""
    shade: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
    context = browser.new_context(
        color_scheme=shade,
        viewport={"width": width, "height": WIDTHS[width]},
        device_scale_factor=1.5,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address + PATHS[scene])
    expect(page.locator("html")).to_have_attribute(
        "data-page", "empty" if scene == "empty" else "full", timeout=30_000
    )
    if scene != "empty":
        expect(page.locator("#chart-box .js-line").first).to_be_attached(timeout=30_000)
    page.evaluate("document.fonts.ready")
    file = FOLDER / f"{scene}-{width}-{theme}.png"
    page.screenshot(path=file, full_page=width > 390)
    context.close()
    return file


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        options = [*chromium.OPTIONS]
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=options)
        for scene in PATHS:
            with page_of(scene) as address:
                for width in WIDTHS:
                    for theme in THEMES:
                        file = take(browser, address, scene, width, theme)
                        print(file.relative_to(ROOT))
                        if name := SHOWN.get(file.stem):
                            shutil.copyfile(file, ROOT / "docs" / name)


if __name__ == "__main__":
    main()
