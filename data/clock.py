"""The only place that asks what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant in UTC, to the millisecond (the store's resolution)."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


stopwatch: Final = time.monotonic
"""Seconds that only ever grow: for limits, never for what is stored."""
