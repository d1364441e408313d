"""Where the browser of the page's tests is, and how it comes to be there.

``python tests/browser.py`` prints its path; ``--install`` brings one first if there is none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
APT: Final = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
)
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
        as_root = os.geteuid() == 0 and shutil.which("apt-get") is not None
        commands = APT if as_root else PLAYWRIGHT
    for command in commands:
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            told = " && ".join(" ".join(one) for one in commands)
            raise NoBrowserError(f"No Chromium could be installed; run this yourself: {told}")
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
