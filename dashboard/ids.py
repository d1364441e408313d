"""Names of the page's parts: shared by the layout, the callbacks and the tests."""

from typing import Final

from data.model import Metric

URL: Final = "url"
POLL: Final = "poll"
PULSE: Final = "pulse"
"""What the newest poll said: range, source, sources, latest, offline."""
LOADED: Final = "loaded"
"""The series and headlines on screen."""
THEME: Final = "theme"
THEME_BUTTON: Final = "theme-button"
CHART: Final = "chart"
CSV: Final = "csv"
RESET: Final = "reset"

RANGES: Final = ("24h", "7d", "30d", "90d", "1y", "all")
DEFAULT_RANGE: Final = "30d"
DEFAULT_SOURCE: Final = "dapp_expert"


def range_button(name: str) -> str:
    """The id of the button that shows the range ``name``."""
    return f"range-{name}"


def card(metric: Metric) -> str:
    """The id of a metric's card."""
    return f"card-{metric.key}"
