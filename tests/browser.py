"""Where the browser of the page's tests is, and how it comes to be there.

``python tests/browser.py`` prints its path; ``--install`` brings one first if there is none.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from tests.machine import apt, can_apt, run, told

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
APT: Final = apt("chromium")
PLAYWRIGHT: Final = ((sys.executable, "-m", "playwright", "install", "chromium"),)
OPTIONS: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
)


class NoBrowserError(Exception):
    """No Chromium was found."""


def find() -> str:
    """The path of a Chromium: the system's, else Playwright's own. Raises NoBrowserError."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = _downloaded()
    if own and own.exists():
        return str(own)
    raise NoBrowserError(
        "The page's tests need a Chromium and none was found: run 'python tests/browser.py "
        "--install'."
    )


def install() -> str:
    """Bring a Chromium if there is none; its path. Raises NoBrowserError with what to run."""
    try:
        return find()
    except NoBrowserError:
        commands = APT if can_apt() else PLAYWRIGHT
    if not run(commands):
        raise NoBrowserError(f"No Chromium could be installed; run this yourself: {told(commands)}")
    return find()


def _downloaded() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def main(arguments: list[str]) -> int:
    """Print the path, or one sentence on what to do."""
    try:
        print(install() if "--install" in arguments else find())
    except NoBrowserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
