"""What the browser gets: the page's own files, its scripts joined into two, the drawing library."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dashboard import bundle
from dashboard.static import Files

ASSETS: Final = Path(__file__).with_name("assets")
FIRST: Final = (
    *("generators.js", "plotly.js", "theme.js", "state.js", "api.js", "boot.js"),
    *("dom.js", "format.js"),
)
"""Run before anything is drawn: they set the theme and ask for the first figures."""
FONT: Final = "inter-latin-wght-normal.woff2"
FIRST_SCRIPT: Final = "first.js"
PAGE_SCRIPT: Final = "page.js"
DRAWING: Final = "plotly-basic.js"
START: Final = "new DashRenderer();"
"""Dash's own last line, here no inline script: so the policy needs no exception for it."""


def collect(files: Files, vendor: Path = bundle.FOLDER) -> None:
    """Add every file of the page to ``files``: one by one, and the scripts joined."""
    for path in sorted(ASSETS.iterdir()):
        if path.suffix in (".js", ".svg"):
            files.add(path.name, path.read_bytes())
    fonts = {
        f"fonts/{path.name}": files.add(path.name, path.read_bytes())
        for path in sorted((ASSETS / "fonts").glob("*.woff2"))
    }
    for path in sorted(ASSETS.glob("*.css")):
        files.add(path.name, _with_addresses(path.read_text(encoding="utf-8"), fonts).encode())
    files.add(FIRST_SCRIPT, joined(source(name) for name in FIRST))
    files.add(PAGE_SCRIPT, joined([*map(source, later()), START]))
    if bundle.present(vendor):
        script = vendor / bundle.SCRIPT
        forms = {"br": ".br", "gzip": ".gz"}
        ready = {
            encoding: script.with_name(script.name + ending).read_bytes()
            for encoding, ending in forms.items()
        }
        files.add(DRAWING, script.read_bytes(), ready)


def later() -> list[str]:
    """The scripts that run once the page is parsed, by name."""
    return sorted(path.name for path in ASSETS.glob("*.js") if path.name not in FIRST)


def source(name: str) -> str:
    """The text of one of the page's scripts."""
    return (ASSETS / name).read_text(encoding="utf-8")


def joined(sources: Iterable[str]) -> bytes:
    """Scripts as one: none can go on in the next, and none names a map that is not there."""
    maps = re.compile(r"^//# sourceMappingURL=.*", re.MULTILINE)
    return "\n;\n".join(maps.sub("", text) for text in sources).encode()


def _with_addresses(css: str, names: dict[str, str]) -> str:
    """``css`` with each file it names under its hashed name; both lie in one folder."""
    return re.sub(r'url\("([^"]+)"\)', lambda found: f'url("{names[found[1]]}")', css)
