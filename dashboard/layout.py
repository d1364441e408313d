"""The shell of the page: what stands before any figure has arrived. The browser fills it in."""

import json
from dataclasses import asdict
from typing import Any, Final

from dash import dcc, html

from dashboard import ids
from dashboard.elements import attributes, named, said, titled
from dashboard.top import header
from data.model import METRICS, Metric

POLL_MS: Final = 10_000
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


def layout(signs_out: bool = False) -> html.Div:
    """The whole page, the same for everyone: holds no figures.

    ``signs_out``: whether there is a session that can be ended.
    """
    return html.Div(
        [
            *_state(),
            html.A(href="#charts", className="skip", **said("skip")),
            html.Div(
                [header(signs_out), html.Div(id="notices", role="status"), _main(), _footer()],
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


def _main() -> html.Main:
    return html.Main(
        [
            html.Section(id="empty"),
            html.Section(
                [_card(metric) for metric in METRICS],
                id="cards",
                className="cards",
                **named("newest"),
                **attributes(data_metrics=_metrics()),
            ),
            html.Div([_charts(), _moves(), _headlines()], className="columns", id="columns"),
        ]
    )


def _metrics() -> str:
    """The metrics as JSON: how the browser learns their units and order."""
    return json.dumps([asdict(metric) for metric in METRICS])


def _card(metric: Metric) -> html.Article:
    return html.Article(
        [
            html.H2(**said(f"metric_{metric.key}")),
            html.P(className="rounding"),
            html.P(className="value"),
            html.Div(className="spark"),
            html.P(className="change"),
            html.P(className="age"),
            html.A(href="#disputed", className="note", **said("disputed"))
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
                        [
                            html.H2(**said("trend")),
                            html.A(id="moves-link", className="hint"),
                            html.P(id="trend-note", className="hint"),
                        ],
                        className="heading",
                    ),
                    _chart_controls(),
                ],
                className="panel-head",
            ),
            html.Div(id="lines", role="group", hidden=True, **named("lines")),
            _plot(),
            html.Div(id="derived"),
            html.P(id="embed-line"),
            html.Div(id="texts"),
        ],
        id="charts",
        className="panel",
        tabIndex=-1,
        **named("charts"),
    )


def _chart_controls() -> html.Div:
    compare = html.Button(id="view-compare", **said("compare"), **titled("compare_title"))
    return html.Div(
        [
            html.Button(id="reset", className="small", hidden=True, **said("whole_span")),
            html.Button(
                id="daily",
                className="small toggle away",
                **said("daily"),
                **titled("daily_title"),
            ),
            html.Div(
                [html.Button(id="view-panels", **said("panels")), compare],
                role="group",
                className="choice small",
                **named("view"),
            ),
            html.Button(id="log", className="small toggle", **said("log"), **titled("log_title")),
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
                        **named("charts"),
                        **attributes(aria_describedby="keys"),
                    ),
                    html.Div(id="cursor", hidden=True),
                    html.Div(id="news-line", hidden=True),
                    html.Div(id="outage-bands"),
                    html.Div(id="move-marks"),
                    html.Div(id="chart-tools"),
                    html.Div(id="tip", hidden=True),
                ],
                className="plot",
            ),
            html.Div(id="hint", hidden=True),
            html.P(id="keys", className="unseen", **said("keys")),
            html.P(id="spoken", className="unseen", **attributes(aria_live="polite")),
        ],
        id="chart-frame",
    )


def _moves() -> html.Section:
    return html.Section(
        [
            html.Div(
                html.Div(
                    [html.H2(**said("moves")), html.P(id="moves-note", className="hint")],
                    className="heading",
                ),
                className="panel-head",
            ),
            html.Ul(id="moves-list"),
            html.Button(id="moves-more", className="button", hidden=True),
        ],
        id="moves",
        className="panel",
        tabIndex=-1,
        **named("moves"),
    )


def _headlines() -> html.Section:
    return html.Section(
        [
            html.Div(
                html.Div(
                    [html.H2(**said("headlines")), html.P(id="news-note", className="hint")],
                    className="heading",
                ),
                className="panel-head",
            ),
            html.Div(id="news-search", role="search"),
            html.Div(id="headlines", tabIndex=0, role="group", **named("news_list")),
        ],
        id="news",
        className="panel",
        **named("headlines"),
    )


def _footer() -> html.Footer:
    """The browser puts the links into these sentences."""
    return html.Footer(
        [
            html.P(id="foot-source"),
            html.P(**said("foot_rounding")),
            html.P(id="disputed", **said("foot_disputed")),
            html.P(id="foot-gaps"),
        ]
    )
