"""The shell of the page: what stands before any figure has arrived. The browser fills it in."""

import json
from dataclasses import asdict
from typing import Any

from dash import dcc, html

from dashboard import ids
from data.model import METRICS, Metric

POLL_MS = 10_000
RANGE_TITLES = {
    "24h": "The last 24 hours",
    "7d": "The last 7 days",
    "30d": "The last 30 days",
    "90d": "The last 90 days",
    "1y": "The last year",
    "all": "Everything kept",
}
CHART_CONFIG: Any = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "showLink": False,
    "showTips": False,
    "scrollZoom": False,
}
"""The modebar's share button would upload the figures; no address is left for it either."""


def _attributes(**values: str) -> dict[str, Any]:
    """``aria_label="x"`` as the keyword ``aria-label`` that Dash's elements take."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def layout() -> html.Div:
    """The whole page, the same for everyone: holds no figures."""
    return html.Div(
        [
            *_state(),
            html.A("Skip to the charts", href="#charts", className="skip"),
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
                [
                    html.H1("Masthead"),
                    html.P("Five figures of dapp.expert, kept over time", id="status"),
                ],
                className="name",
            ),
            html.Div(
                [
                    html.Div(id="source-choice"),
                    html.Div(
                        [_range_button(name) for name in ids.RANGES],
                        role="group",
                        className="ranges",
                        **_attributes(aria_label="Time range"),
                    ),
                    html.A(
                        "CSV",
                        id=ids.CSV,
                        href="/export/snapshots.csv",
                        className="button",
                        title="Download the shown span as CSV",
                    ),
                    html.Button(
                        id=ids.THEME_BUTTON,
                        className="button icon",
                        title="Switch between light and dark",
                        **_attributes(aria_label="Switch between light and dark"),
                    ),
                ],
                className="controls",
            ),
        ],
        className="top",
    )


def _range_button(name: str) -> html.Button:
    return html.Button(
        name if name != "all" else "All",
        id=ids.range_button(name),
        title=RANGE_TITLES[name],
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
                **_attributes(aria_label="Newest figures", data_metrics=_metrics()),
            ),
            html.Div([_charts(), _headlines()], className="columns", id="columns"),
        ]
    )


def _metrics() -> str:
    """The metrics as JSON: how the browser learns their labels, units and order."""
    return json.dumps([asdict(metric) for metric in METRICS])


def _card(metric: Metric) -> html.Article:
    return html.Article(
        [
            html.H2(metric.label),
            html.P(className="rounding"),
            html.P(className="value"),
            html.Div(className="spark"),
            html.P(className="change"),
            html.A("Count; the site prints $", href="#disputed", className="note")
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
                    html.H2("Trend"),
                    html.P(id="trend-note", className="hint"),
                    html.Button("Whole span", id=ids.RESET, className="button", hidden=True),
                ],
                className="panel-head",
            ),
            html.Div(
                dcc.Graph(
                    id=ids.CHART,
                    config=CHART_CONFIG,
                    responsive=True,
                    clear_on_unhover=True,
                    style={"height": "100%"},
                ),
                id="chart-box",
                role="img",
                **_attributes(aria_label="Charts of the five figures; loading"),
            ),
            html.Details(
                [html.Summary("Show the newest figures as a table"), html.Div(id="table")],
                className="table-box",
            ),
        ],
        id="charts",
        className="panel",
        tabIndex=-1,
        **_attributes(aria_label="Charts"),
    )


def _headlines() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Headlines"),
                    html.P(id="news-note", className="hint"),
                ],
                className="panel-head",
            ),
            html.Div(
                id="headlines",
                tabIndex=0,
                role="group",
                **_attributes(aria_label="Headlines, newest first"),
            ),
        ],
        id="news",
        className="panel",
        **_attributes(aria_label="Headlines"),
    )


def _footer() -> html.Footer:
    return html.Footer(
        [
            html.P(
                [
                    "The figures are what ",
                    html.A("dapp.expert", href="https://dapp.expert/", rel="noopener noreferrer"),
                    " prints above its news, or what another source named at the top gives;",
                    " Masthead does not check them. It is not affiliated with any of them and",
                    " gives no advice.",
                ]
            ),
            html.P(
                "± is the rounding: a figure shown as 16.23K may be 5 off either way. A change"
                " smaller than that is called “within rounding”."
            ),
            html.P(
                "30d transactions: dapp.expert prints a dollar sign, yet by its name the figure is"
                " a count. Masthead shows it without one and keeps the text as read.",
                id="disputed",
            ),
            html.P(
                [
                    "All times are UTC. A gap in a line means that nothing was read: ",
                    html.A("the collectors’ page", href="health"),
                    " says why.",
                ]
            ),
        ]
    )
