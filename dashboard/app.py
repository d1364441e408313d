"""Build the page: one Dash app per call, nothing kept at module level."""

from pathlib import Path
from typing import Final

from flask import Flask

from dashboard import bundle, callbacks, compression, headers, layout, routes, scripts
from dashboard.page import Page
from dashboard.static import Files
from data.settings import Settings

STATIC: Final = "static/"


def create_app(settings: Settings, vendor: Path = bundle.FOLDER) -> Page:
    """The page and its routes, reading from the store that ``settings`` names.

    ``vendor`` is where plotly.js's basic bundle lies; the page sends the whole one without it.
    """
    server = Flask("masthead", static_folder=None)
    app = Page(
        "masthead",
        server=server,
        # Files are served by their hashed names only: for Dash there are none.
        assets_folder=str(scripts.ASSETS / "none"),
        include_assets_files=False,
        title="Masthead",
        update_title="",
        description="The five figures of dapp.expert over time, beside its headlines.",
        suppress_callback_exceptions=True,
        enable_mcp=False,
        add_log_handler=False,
    )
    files = Files(app.config.requests_pathname_prefix + STATIC)
    scripts.collect(files, vendor)
    files.register(server, app.config.routes_pathname_prefix + STATIC)
    app.layout = layout.layout
    callbacks.register(app)
    routes.register(server, settings, asset=files.address)
    headers.register(server)
    compression.register(server)
    app.make(files)
    return app
