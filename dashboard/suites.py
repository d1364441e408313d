"""Dash's own scripts: those that the page uses, in their order, to be sent as one."""

import pkgutil
import re
from collections.abc import Iterator
from typing import Final

from dash.fingerprint import check_fingerprint

SUITES: Final = re.compile(r'src="[^"]*/_dash-component-suites/([^/"]+)/([^"?]+)"')
TABLE: Final = "dash_table/"
EARLY: Final = "dcc/async-graph.js"
"""A part of Dash's components that would be asked for only when the chart is about to be drawn."""
BEFORE: Final = "dcc/dash_core_components.js"
POLYFILL: Final = "deps/polyfill@"
"""For browsers of ten years ago, 60 ms of each start; generators.js has what Dash needs of it."""
GENERATOR: Final = "regeneratorRuntime"
SIMPLE: Final = re.compile(
    r"regeneratorRuntime\.mark\(function \w+\(\)\{"
    r"return regeneratorRuntime\.wrap\(function ?\w*\((\w)\)\{"
    r"for\(;;\)switch\(\1\.prev=\1\.next\)\{"
    r"(case \d+:(return \1\.next=\d+,\w+\(!0\);|\w+\.\w+=!0;)?)*"
    r'case"end":return \1\.stop\(\)\}\},\w+\)\}\)'
)
"""The form of a generator that generators.js can run; with any other the polyfill stays."""


def sources(tags: str) -> Iterator[str]:
    """The texts of the scripts that Dash names in ``tags``, without those the page never uses."""
    found: dict[str, str] = {}
    for package, path in SUITES.findall(tags):
        name, _ = check_fingerprint(path)  # type: ignore[no-untyped-call]
        if name.startswith(TABLE):
            continue
        if name == BEFORE:
            found[EARLY] = _text(package, EARLY)
        found[name] = _text(package, name)
    late = {name: text for name, text in found.items() if not name.startswith(POLYFILL)}
    return iter((late if all(map(modern, late.values())) else found).values())


def modern(script: str) -> bool:
    """Whether a script of Dash's runs without the polyfill."""
    return GENERATOR not in SIMPLE.sub("", script)


def _text(package: str, name: str) -> str:
    return (pkgutil.get_data(package, name) or b"").decode()
