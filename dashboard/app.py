"""Build the page: one Dash app per call, nothing kept at module level."""

from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask

from dashboard import bundle, callbacks, compression, headers, layout, mount, routes, scripts
from dashboard.guesses import Guesses
from dashboard.page import Page
from dashboard.static import Files
from data.settings import Settings

STATIC: Final = "static/"


def create_app(
    settings: Settings, vendor: Path = bundle.FOLDER, guesses: Guesses | None = None
) -> Page:
    """The page and its routes, reading from the store that ``settings`` names.

    ``vendor`` is where plotly.js's basic bundle lies; the page sends the whole one without it.
    ``guesses`` are counted with those of other processes that share it.
    """
    server = Flask("masthead", static_folder=None)
    server.url_map.merge_slashes = False
    mount.guard(server, settings.prefix)
    app = Page(
        "masthead",
        server=server,
        requests_pathname_prefix=settings.prefix,
        routes_pathname_prefix="/",
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
    files = Files(settings.prefix + STATIC)
    scripts.collect(files, vendor)
    files.register(server, f"/{STATIC}")
    app.layout = partial(layout.layout, signs_out=settings.password is not None)
    callbacks.register(app)
    routes.register(server, settings, asset=files.address, guesses=guesses)
    headers.register(server)
    compression.register(server)
    mount.mount(server, settings)
    app.make(files)
    return app
