"""Which event calls which function of the browser's scripts; no Python runs on an event."""

from dash import ClientsideFunction, Dash, Input, Output, State

from dashboard import ids

NAMESPACE = "masthead"


def register(app: Dash) -> None:
    """Add every callback to ``app``."""

    def on(name: str, *args: Output | Input | State, initial: bool = True) -> None:
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction(NAMESPACE, name), *args, prevent_initial_call=not initial
        )

    on(
        "navigate",
        Output(ids.URL, "search"),
        *(Input(ids.range_button(name), "n_clicks") for name in ids.RANGES),
        State(ids.URL, "search"),
        initial=False,
    )
    on(
        "poll",
        Output(ids.PULSE, "data"),
        Output(ids.POLL, "interval"),
        Input(ids.POLL, "n_intervals"),
        Input(ids.URL, "search"),
        State(ids.PULSE, "data"),
    )
    on("load", Output(ids.LOADED, "data"), Input(ids.PULSE, "data"), State(ids.LOADED, "data"))
    on(
        "draw",
        Output(ids.CHART, "figure"),
        Input(ids.LOADED, "data"),
        Input(ids.THEME, "data"),
    )
    on("render", Input(ids.PULSE, "data"), Input(ids.LOADED, "data"))
    on("span", Output(ids.CSV, "href"), Input(ids.LOADED, "data"), Input(ids.CHART, "relayoutData"))
    on("reset", Input(ids.RESET, "n_clicks"), initial=False)
    on("hover", Input(ids.CHART, "hoverData"), initial=False)
    on("pick", Input(ids.CHART, "clickData"), initial=False)
