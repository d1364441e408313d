"""The peer of the page: the Dash app that the usual tutorials lead to, over the same table.

A heading, a choice of source and range, one callback that reads with pandas and draws five
subplots; served as it comes: the whole plotly.js, nothing compressed.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from dash import Dash, Input, Output, callback, dcc, html
from plotly.subplots import make_subplots
from sqlalchemy import create_engine, text

from data.clock import now
from data.model import EPOCH, METRICS, to_ms

RANGES: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90, "1y": 365, "all": 36_500}
QUERY: Final = text(
    "SELECT slot, dapps, blockchains, active_users, volume_30d, transactions_30d FROM snapshots "
    "WHERE source = :source AND slot >= :since ORDER BY slot"
)
HEADLINES: Final = text(
    "SELECT first_seen_at, title FROM headlines WHERE source = :source ORDER BY 1 DESC LIMIT 200"
)


def server(database: str) -> Any:
    """The WSGI application over the store at ``database``."""
    engine = create_engine(database)
    app = Dash("tutorial", title="Dashboard")
    app.layout = html.Div(
        [
            html.H1("Figures over time"),
            dcc.Dropdown(["dapp_expert", "one_month"], "dapp_expert", id="source"),
            dcc.RadioItems(list(RANGES), "30d", id="range", inline=True),
            dcc.Graph(id="graph", style={"height": "900px"}),
            html.H2("Headlines"),
            html.Ul(id="headlines"),
        ]
    )

    @callback(
        Output("graph", "figure"),
        Output("headlines", "children"),
        Input("source", "value"),
        Input("range", "value"),
    )
    def update(source: str, span: str) -> tuple[Any, list[Any]]:
        since = max(EPOCH, now() - timedelta(days=RANGES[span]))
        asked: dict[str, str | int] = {"source": source, "since": to_ms(since)}
        frame = pd.read_sql(QUERY, engine, params=asked)
        frame["slot"] = pd.to_datetime(frame["slot"], unit="ms")
        figure = make_subplots(
            rows=len(METRICS),
            cols=1,
            shared_xaxes=True,
            subplot_titles=[metric.label for metric in METRICS],
        )
        for row, metric in enumerate(METRICS, 1):
            line = go.Scatter(x=frame["slot"], y=frame[metric.key], mode="lines")
            figure.add_trace(line, row=row, col=1)
        stories = pd.read_sql(HEADLINES, engine, params={"source": source})
        return figure, [html.Li(_line(*story)) for story in stories.itertuples(index=False)]

    return app.server


def _line(seen: int, title: str) -> str:
    return f"{datetime.fromtimestamp(seen / 1000, UTC):%Y-%m-%d %H:%M} {title}"
