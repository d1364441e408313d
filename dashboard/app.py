"""Build the page: one Dash app per call, nothing kept at module level."""

from pathlib import Path
from typing import Final

from dash import Dash

from dashboard import callbacks, compression, headers, layout, routes
from data.settings import Settings

ASSETS: Final = Path(__file__).with_name("assets")
FIRST: Final = ("theme.js", "state.js", "api.js", "boot.js", "dom.js", "words.js", "format.js")
"""Scripts that come before the others: they set the theme, ask for the first figures, help."""

INDEX: Final = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="FAVICON">
<link rel="preload" href="FONT" as="font" type="font/woff2" crossorigin>
{%css%}
SCRIPTS
</head>
<body>
<noscript>Masthead draws its charts in the browser: please allow scripts for this page.</noscript>
{%app_entry%}
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>"""


def create_app(settings: Settings) -> Dash:
    """The page and its routes, reading from the store that ``settings`` names."""
    app = Dash(
        "masthead",
        assets_folder=str(ASSETS),
        assets_ignore="^(" + "|".join(map(_escaped, FIRST)) + ")$",
        title="Masthead",
        update_title="",
        description="The five figures of dapp.expert over time, beside its headlines.",
        suppress_callback_exceptions=True,
        enable_mcp=False,
        add_log_handler=False,
    )
    app.index_string = _index(app)
    app.layout = layout.layout
    callbacks.register(app)
    import json
    from dashboard.words import words

    app.server.add_url_rule(
        "/w.js",
        view_func=lambda: app.server.response_class(
            "window.masthead=window.masthead||{};masthead.words="
            + json.dumps({k: dict(words("page", k)) for k in ("en", "ru")})
            + ";",
            mimetype="text/javascript",
        ),
    )
    routes.register(app.server, settings, asset=lambda name: _asset(app, name))
    headers.register(app)
    compression.register(app.server)
    return app


def _index(app: Dash) -> str:
    scripts = '<script src="/w.js"></script>' + "\n".join(
        f'<script src="{_asset(app, name)}"></script>' for name in FIRST
    )
    return (
        INDEX.replace("FAVICON", _asset(app, "favicon.svg"))
        .replace("FONT", app.get_asset_url("fonts/inter-latin-wght-normal.woff2"))
        .replace("SCRIPTS", scripts)
    )


def _asset(app: Dash, name: str) -> str:
    """The address of an asset, another one whenever the file is."""
    return f"{app.get_asset_url(name)}?m={(ASSETS / name).stat().st_mtime_ns}"


def _escaped(name: str) -> str:
    return name.replace(".", r"\.")
