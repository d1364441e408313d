"""The top of the page: its name, the menus, the ranges."""

from typing import Any

from dash import html

from dashboard import ids
from dashboard.elements import attributes, named, said, titled


def header(signs_out: bool) -> html.Header:
    """What stands above the figures."""
    ending = attributes(data_signs_out="") if signs_out else {}
    return html.Header(
        [
            html.Div(
                [html.H1("Masthead"), html.P(id="status", **said("title"))],
                className="name",
            ),
            html.Div(
                [
                    _menu("source-menu", "sources"),
                    html.Div(
                        [_range_button(name) for name in ids.RANGES],
                        role="group",
                        className="choice ranges",
                        **named("range"),
                    ),
                    _menu("take-menu", "take"),
                    _menu("settings-menu", "settings", icon=True, **ending),
                    html.Button(
                        id=ids.THEME_BUTTON,
                        className="button icon theme",
                        **titled("theme"),
                        **named("theme"),
                    ),
                ],
                className="controls",
            ),
        ],
        className="top",
    )


def _menu(name: str, key: str, *, icon: bool = False, **more: Any) -> html.Details:
    """A button that opens a panel; the browser's scripts fill the panel."""
    face = {**titled(key), **named(key)} if icon else {}
    label = None if icon else html.Span(id=f"{name}-label", **said(key))
    return html.Details(
        [
            html.Summary(label, className=f"button {'icon gear' if icon else 'drop'}", **face),
            html.Div(id=f"{name}-panel", className="menu-panel"),
        ],
        id=name,
        className="menu",
        **more,
    )


def _range_button(name: str) -> html.Button:
    return html.Button(
        **said("all" if name == "all" else f"span_{name}"),
        **titled(f"range_{name}"),
        **attributes(aria_pressed="false", data_range=name),
    )
