"""The peer of the kept answers: the same series as a Dash callback that keeps nothing.

A store opened once, one callback that reads the span and gives the five charts as a plain figure:
what is read is read as fast as the page reads it.
"""

from datetime import timedelta
from typing import Any, Final

from dash import Dash, Input, Output, callback, dcc, html

from data.clock import now
from data.model import METRICS
from data.series import series
from data.store import open_store

SPAN: Final = timedelta(days=30)
ASKED: Final = {
    "output": "graph.figure",
    "outputs": {"id": "graph", "property": "figure"},
    "inputs": [{"id": "source", "property": "value", "value": "{source}"}],
    "changedPropIds": ["source.value"],
}
"""What a browser sends for the callback, with the name of a source in it."""


def server(database: str) -> Any:
    """The WSGI application over the store at ``database``."""
    store = open_store(database, read_only=True)
    app = Dash("uncached", title="Dashboard")
    app.layout = html.Div([dcc.Input("dapp_expert", id="source"), dcc.Graph(id="graph")])

    @callback(Output("graph", "figure"), Input("source", "value"))
    def update(source: str) -> dict[str, Any]:
        info = store.source(source)
        if info is None or info.last_slot is None:
            return {"data": [], "layout": {}}
        end = max(now(), info.last_slot)
        read = series(store, info, end - SPAN, end)
        lines = [
            {
                "type": "scatter",
                "mode": "lines",
                "name": metric.label,
                "x": read["t"],
                "y": read["metrics"][metric.key]["last"],
                "yaxis": f"y{number}",
            }
            for number, metric in enumerate(METRICS, 1)
        ]
        grid = {"rows": len(METRICS), "columns": 1}
        return {"data": lines, "layout": {"grid": grid, "xaxis": {"type": "date"}}}

    return app.server
