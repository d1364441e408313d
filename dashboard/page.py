"""The page as Dash serves it: what is the same for everyone is made once and kept as bytes."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from dash import Dash
from flask import Response

from dashboard import suites
from dashboard.headers import tagged
from dashboard.scripts import DRAWING, FIRST_SCRIPT, FONT, PAGE_SCRIPT, STYLE, joined
from dashboard.static import Files

RENDERER: Final = "dash-renderer.js"

INDEX: Final = """<!DOCTYPE html>
<html lang="en">
<head>
{metas}
<title>{title}</title>
<script src="{first}"{awaited}></script>
<link rel="stylesheet" href="{style}">
<script defer fetchpriority="high" src="{dash}"></script>
<script defer fetchpriority="high" id="_dash-renderer" src="{page}"></script>
{drawing}
<link rel="preload" as="fetch" crossorigin href="{layout}">
<link rel="preload" as="fetch" crossorigin href="{dependencies}">
<link rel="preload" as="font" type="font/woff2" crossorigin href="{font}">
<link rel="icon" type="image/svg+xml" href="{icon}">
</head>
<body>
<noscript>Masthead draws its charts in the browser: please allow scripts for this page.</noscript>
{app_entry}
{config}
</body>
</html>"""


class Page(Dash):
    """Dash with the page, the layout and the callbacks' list each kept once made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._files = Files("")
        self._made: dict[str, bytes] = {}
        self._lock = Lock()
        super().__init__(*arguments, **options)

    def make(self, files: Files) -> None:
        """Make the page from ``files``, and add Dash's own scripts to them; once all is set.

        Before the first request, which may be one for a file that another process's page names.
        """
        self._files = files
        with self.server.test_request_context():
            self.server.preprocess_request()
            for view in (self.index, self.serve_layout, self.dependencies):
                view()

    def index(self, *_arguments: Any, **_options: Any) -> Response:
        """The page: the same for whoever asks."""
        return self._kept("index", super().index, "text/html")

    def serve_layout(self) -> Response:
        """The shell of the page as JSON."""
        return self._kept("layout", super().serve_layout, "application/json")

    def dependencies(self) -> Response:
        """The callbacks as JSON."""
        return self._kept("dependencies", super().dependencies, "application/json")

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The page's HTML, around what Dash gives: its scripts are sent as one file."""
        self._files.add(RENDERER, joined(suites.sources(parts["scripts"])))
        address = self._files.address
        prefix = self.config.requests_pathname_prefix
        awaited, drawing = "", ""
        if DRAWING in self._files:
            awaited = " data-plotly"
            drawing = f'<script defer id="plotly" src="{address(DRAWING)}"></script>'
        return INDEX.format(
            metas=parts["metas"],
            title=parts["title"],
            app_entry=parts["app_entry"],
            config=parts["config"],
            first=address(FIRST_SCRIPT),
            style=address(STYLE),
            dash=address(RENDERER),
            page=address(PAGE_SCRIPT),
            layout=f"{prefix}_dash-layout",
            dependencies=f"{prefix}_dash-dependencies",
            font=address(FONT),
            icon=address("favicon.svg"),
            awaited=awaited,
            drawing=drawing,
        )

    def _kept(self, name: str, make: Callable[[], Any], mimetype: str) -> Response:
        with self._lock:
            if name not in self._made:
                made = make()
                self._made[name] = made.encode() if isinstance(made, str) else made.get_data()
        return tagged(Response(self._made[name], mimetype=mimetype))
