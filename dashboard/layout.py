"""The shell of the page: what stands before any figure has arrived. The browser fills it in."""

import json
from dataclasses import asdict
from typing import Any, Final

from dash import dcc, html

from dashboard import ids
from dashboard.words import words
from data.model import METRICS, Metric

POLL_MS: Final = 10_000
WORDS: Final = words("page", "en")
CHART_CONFIG: Final[Any] = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "showLink": False,
    "showTips": False,
    "scrollZoom": False,
    "doubleClick": False,
}
"""The modebar's share button would upload the figures; no address is left for it either."""


def _attributes(**values: str) -> dict[str, Any]:
    """``aria_label="x"`` as the keyword ``aria-label`` that Dash's elements take."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def _said(key: str) -> dict[str, Any]:
    """The children of an element whose words the browser may put into another language."""
    return {"children": WORDS[key], **_attributes(data_t=key)}


def _named(key: str) -> dict[str, Any]:
    """The name of an element for screen readers, likewise."""
    return _attributes(aria_label=WORDS[key], data_t_label=key)


def _titled(key: str) -> dict[str, Any]:
    """What is said on hover, likewise."""
    return {"title": WORDS[key], **_attributes(data_t_title=key)}


def layout() -> html.Div:
    """The whole page, the same for everyone: holds no figures."""
    return html.Div(
        [
            *_state(),
            html.A(href="#charts", className="skip", **_said("skip")),
            html.Div(
                [_header(), html.Div(id="notices", role="status"), _main(), _footer()],
                className="page",
            ),
        ]
    )


def _state() -> list[Any]:
    return [
        dcc.Location(id=ids.URL, refresh=False),
        dcc.Interval(id=ids.POLL, interval=POLL_MS),
        dcc.Store(id=ids.PULSE),
        dcc.Store(id=ids.LOADED),
        dcc.Store(id=ids.THEME),
    ]


def _header() -> html.Header:
    return html.Header(
        [
            html.Div(
                [html.H1("Masthead"), html.P(id="status", **_said("title"))],
                className="name",
            ),
            html.Div(
                [
                    _menu("source-menu", "sources"),
                    html.Div(
                        [_range_button(name) for name in ids.RANGES],
                        role="group",
                        className="choice ranges",
                        **_named("range"),
                    ),
                    _menu("take-menu", "take"),
                    _menu("settings-menu", "settings", icon=True),
                    html.Button(
                        id=ids.THEME_BUTTON,
                        className="button icon theme",
                        **_titled("theme"),
                        **_named("theme"),
                    ),
                ],
                className="controls",
            ),
        ],
        className="top",
    )


def _menu(name: str, key: str, *, icon: bool = False) -> html.Details:
    """A button that opens a panel; the browser's scripts fill the panel."""
    face = {**_titled(key), **_named(key)} if icon else {}
    label = None if icon else html.Span(id=f"{name}-label", **_said(key))
    return html.Details(
        [
            html.Summary(label, className=f"button {'icon gear' if icon else 'drop'}", **face),
            html.Div(id=f"{name}-panel", className="menu-panel"),
        ],
        id=name,
        className="menu",
    )


def _range_button(name: str) -> html.Button:
    return html.Button(
        **_said("all" if name == "all" else f"span_{name}"),
        **_titled(f"range_{name}"),
        **_attributes(aria_pressed="false", data_range=name),
    )


def _main() -> html.Main:
    return html.Main(
        [
            html.Section(id="empty"),
            html.Section(
                [_card(metric) for metric in METRICS],
                id="cards",
                className="cards",
                **_named("newest"),
                **_attributes(data_metrics=_metrics()),
            ),
            html.Div([_charts(), _headlines()], className="columns", id="columns"),
        ]
    )


def _metrics() -> str:
    """The metrics as JSON: how the browser learns their units and order."""
    return json.dumps([asdict(metric) for metric in METRICS])


def _card(metric: Metric) -> html.Article:
    return html.Article(
        [
            html.H2(**_said(f"metric_{metric.key}")),
            html.P(className="rounding"),
            html.P(className="value"),
            html.Div(className="spark"),
            html.P(className="change"),
            html.P(className="age"),
            html.A(href="#disputed", className="note", **_said("disputed"))
            if metric.disputed
            else None,
        ],
        id=ids.card(metric),
        className="card",
    )


def _charts() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.Div(
                        [html.H2(**_said("trend")), html.P(id="trend-note", className="hint")],
                        className="heading",
                    ),
                    _chart_controls(),
                ],
                className="panel-head",
            ),
            html.Div(id="lines", role="group", hidden=True, **_named("lines")),
            _plot(),
            html.P(id="embed-line"),
            html.Div(id="texts"),
        ],
        id="charts",
        className="panel",
        tabIndex=-1,
        **_named("charts"),
    )


def _chart_controls() -> html.Div:
    compare = html.Button(id="view-compare", **_said("compare"), **_titled("compare_title"))
    return html.Div(
        [
            html.Button(id="reset", className="small", hidden=True, **_said("whole_span")),
            html.Div(
                [html.Button(id="view-panels", **_said("panels")), compare],
                role="group",
                className="choice small",
                **_named("view"),
            ),
            html.Button(id="log", className="small toggle", **_said("log"), **_titled("log_title")),
        ],
        className="chart-controls",
    )


def _plot() -> html.Div:
    """The charts with the page's own layers over them: rail, outages, cursor, buttons."""
    return html.Div(
        [
            html.Div(id="rail"),
            html.Div(id="outages"),
            html.Div(
                [
                    html.Div(
                        dcc.Graph(
                            id=ids.CHART,
                            config=CHART_CONFIG,
                            responsive=True,
                            style={"height": "100%"},
                        ),
                        id="chart-box",
                        role="application",
                        tabIndex=0,
                        **_named("charts"),
                        **_attributes(aria_describedby="keys"),
                    ),
                    html.Div(id="cursor", hidden=True),
                    html.Div(id="news-line", hidden=True),
                    html.Div(id="outage-bands"),
                    html.Div(id="chart-tools"),
                    html.Div(id="tip", hidden=True),
                ],
                className="plot",
            ),
            html.Div(id="hint", hidden=True),
            html.P(id="keys", className="unseen", **_said("keys")),
            html.P(id="spoken", className="unseen", **_attributes(aria_live="polite")),
        ],
        id="chart-frame",
    )


def _headlines() -> html.Section:
    return html.Section(
        [
            html.Div(
                html.Div(
                    [html.H2(**_said("headlines")), html.P(id="news-note", className="hint")],
                    className="heading",
                ),
                className="panel-head",
            ),
            html.Div(id="news-search", role="search"),
            html.Div(id="headlines", tabIndex=0, role="group", **_named("news_list")),
        ],
        id="news",
        className="panel",
        **_named("headlines"),
    )


def _footer() -> html.Footer:
    """The browser puts the links into these sentences."""
    return html.Footer(
        [
            html.P(id="foot-source"),
            html.P(**_said("foot_rounding")),
            html.P(id="disputed", **_said("foot_disputed")),
            html.P(id="foot-gaps"),
        ]
    )
