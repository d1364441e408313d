"""Take the pictures of the page: every scene at three widths in both themes, two for the documents.

    python -m tests.screenshots

``build/screenshots/`` gets them all, ``docs/`` the beginning of the full page, light and dark.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser, FloatRect, expect, sync_playwright

from data.store import open_store
from tests import browser as chromium
from tests.scenes import SCENES
from tests.served import served

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "build" / "screenshots"
WIDTHS: Final = {390: 844, 768: 1024, 1440: 900}
"""Widths and heights of a phone, a tablet and a desk, in CSS pixels."""
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
PATHS: Final = {"empty": "/", "stale": "/?range=7d", "full": "/?source=sample&range=90d"}
"""What is opened of each scene."""
SHOWN: Final = {"light": "page.png", "dark": "page-dark.png"}
"""The pictures that the documents show, by theme."""
FIRST_SCREEN: Final[FloatRect] = {"x": 0, "y": 0, "width": 1440, "height": 1068}
"""What they show of the full page: as far as the fourth chart."""


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
    """One picture of a drawn page, and of the widest full one its beginning; its file."""
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
    if scene == "full":
        expect(page.get_by_text("per day").last).to_be_attached(timeout=30_000)
        # Charts that stood before the days came are laid out anew in the frames after.
        page.evaluate("new Promise((done) => setTimeout(done, 1000))")
    page.evaluate("document.fonts.ready")
    file = FOLDER / f"{scene}-{width}-{theme}.png"
    page.screenshot(path=file, full_page=width > 390)
    if scene == "full" and width == FIRST_SCREEN["width"]:
        page.screenshot(path=ROOT / "docs" / SHOWN[theme], full_page=True, clip=FIRST_SCREEN)
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


if __name__ == "__main__":
    main()
