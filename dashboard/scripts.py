"""What the browser gets: the page's own files, its scripts joined into two, the drawing library."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dashboard import bundle
from dashboard.static import Files
from dashboard.words import LANGUAGES, words

ASSETS: Final = Path(__file__).with_name("assets")
FIRST: Final = ("generators.js", "plotly.js", "theme.js", "state.js", "api.js", "boot.js")
"""Run before anything is drawn: they set the theme and ask for the first figures."""
HELPERS: Final = ("dom.js", "words.js", "format.js")
"""Come before the other scripts, which take from them as they start."""
STYLE: Final = "style.css"
BASE: Final = "page.css"
APART: Final = ("health.css", "login.css")
"""The pages that are no part of the page ask for them by themselves."""
FONT: Final = "inter-latin-wght-normal.woff2"
FIRST_SCRIPT: Final = "first.js"
PAGE_SCRIPT: Final = "page.js"
DRAWING: Final = "plotly-basic.js"
REMARK: Final = re.compile(r"^ *//.*\n", re.MULTILINE)
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
    styles = {
        path.name: _with_addresses(path.read_text(encoding="utf-8"), fonts)
        for path in sorted(ASSETS.glob("*.css"), key=lambda path: (path.name != BASE, path.name))
    }
    for name in (BASE, *APART):
        files.add(name, styles[name].encode())
    parts = (text for name, text in styles.items() if name not in APART)
    files.add(STYLE, "\n".join(parts).encode())
    files.add(FIRST_SCRIPT, joined(source(name) for name in FIRST))
    files.add(PAGE_SCRIPT, joined([said(), *map(source, later()), START]))
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
    names = sorted(path.name for path in ASSETS.glob("*.js"))
    return [*HELPERS, *(name for name in names if name not in (*FIRST, *HELPERS))]


def said() -> str:
    """The page's words in every language, as a script."""
    spoken = {language: words("page", language) for language in LANGUAGES}
    return f"masthead.words = {json.dumps(spoken, ensure_ascii=False)};"


def source(name: str) -> str:
    """The text of one of the page's scripts, without the lines that are for people alone.

    They would be a seventh of what is sent.
    """
    return REMARK.sub("", (ASSETS / name).read_text(encoding="utf-8"))


def joined(sources: Iterable[str]) -> bytes:
    """Scripts as one: none can go on in the next, and none names a map that is not there."""
    maps = re.compile(r"^//# sourceMappingURL=.*", re.MULTILINE)
    return "\n;\n".join(maps.sub("", text) for text in sources).encode()


def _with_addresses(css: str, names: dict[str, str]) -> str:
    """``css`` with each file it names under its hashed name; both lie in one folder."""
    return re.sub(r'url\("([^"]+)"\)', lambda found: f'url("{names[found[1]]}")', css)
