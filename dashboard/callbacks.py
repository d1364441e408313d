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
        "poll",
        Output(ids.PULSE, "data"),
        Output(ids.POLL, "interval"),
        Input(ids.POLL, "n_intervals"),
        State(ids.PULSE, "data"),
    )
    on(
        "load",
        Output(ids.LOADED, "data"),
        Input(ids.PULSE, "data"),
        Input(ids.URL, "search"),
        State(ids.LOADED, "data"),
    )
    on(
        "draw",
        Output(ids.CHART, "figure"),
        Input(ids.LOADED, "data"),
        Input(ids.THEME, "data"),
    )
    on("render", Input(ids.PULSE, "data"), Input(ids.LOADED, "data"))
    on("zoom", Input(ids.CHART, "relayoutData"), initial=False)
