"""What a collector is: how one source is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from data.model import KEYS, About, Look, Page


@dataclass(frozen=True, slots=True)
class Collector:
    """How one source is read: where its page is, how often to look, and the pure reader."""

    name: str
    """File, CLI argument and fixture folder."""
    label: str
    url: str
    every: timedelta
    read: Callable[[Page], Look]
    """Pure: no HTTP, no clock, no store; raises SourceError when the page is not the source's."""
    metrics: tuple[str, ...] = KEYS
    """What the source gives."""
    parts: tuple[str, ...] = ()
    """Addresses below ``url`` that make one page together (see :mod:`collectors.parts`)."""
    pause: timedelta = timedelta()
    """The least time between two requests to the source."""
    credit: str | None = None
    credit_url: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    """By metric one short plain sentence on what the source counts, as far as it is known."""

    @property
    def about(self) -> About:
        """What the store and the page say of the source."""
        return About(self.name, self.label, self.metrics, self.credit, self.credit_url, self.counts)
