"""Names of the page's parts: shared by the layout, the callbacks and the tests."""

from typing import Final

from data.model import Metric

URL: Final = "url"
POLL: Final = "poll"
PULSE: Final = "pulse"
"""What the newest poll said: version, sources, offline."""
LOADED: Final = "loaded"
"""The key of what is on screen; the browser's scripts keep the data themselves."""
THEME: Final = "theme"
THEME_BUTTON: Final = "theme-button"
CHART: Final = "chart"

RANGES: Final = ("24h", "7d", "30d", "90d", "1y", "all")
DEFAULT_RANGE: Final = "30d"
DEFAULT_SOURCE: Final = "dapp_expert"


def card(metric: Metric) -> str:
    """The id of a metric's card."""
    return f"card-{metric.key}"
