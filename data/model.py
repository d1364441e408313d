"""What Masthead keeps: snapshots of five figures, headlines, runs and pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Origin = Literal["live", "wayback", "commoncrawl", "file", "import"]
Via = Literal["payload", "page", "text", "api"]
Outcome = Literal["stored", "partial", "duplicate", "unchanged", "failed", "outbox"]
Kind = Literal["level", "rolling sum, 30 days"]

SAMPLE: Final = "sample"
"""Name of the synthetic source; wherever it is seen it is marked as synthetic."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of the header: its key, its label on the site, its unit and what it measures."""

    key: str
    label: str
    unit: str
    kind: Kind
    priced: bool = False
    """The site prints it as a price: a currency sign and always two decimals."""
    disputed: bool = False
    """The site prints a currency sign, though the figure is a count by its name."""


METRICS: Final = (
    Metric("dapps", "Dapps", "count", "level"),
    Metric("blockchains", "Blockchains", "count", "level"),
    Metric("active_users", "Active users", "count", "level"),
    Metric("volume_30d", "30d volume", "USD", "rolling sum, 30 days", priced=True),
    Metric(
        "transactions_30d",
        "30d transactions",
        "count",
        "rolling sum, 30 days",
        priced=True,
        disputed=True,
    ),
)
"""The closed list, in the order of the site's header."""

METRIC: Final[Mapping[str, Metric]] = {metric.key: metric for metric in METRICS}
KEYS: Final = tuple(METRIC)


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure as read: a value with its rounding, or the reason why there is none."""

    value: float | None
    half_width: float | None
    unit: str
    shown: str | None = None
    """The text as the source displayed it."""
    problem: str | None = None
    """Why there is no value; None when there is one."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One story named on a page; its publication is an interval, exact when both ends agree."""

    title: str
    url: str | None = None
    summary: str | None = None
    author: str | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    lead: bool = False


@dataclass(frozen=True, slots=True)
class SeenHeadline:
    """A headline and when the collector saw it first and last."""

    headline: Headline
    source: str
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What a source answered, untouched: the bytes, where they came from and when."""

    body: bytes
    url: str
    taken_at: datetime
    content_type: str = "text/html; charset=utf-8"
    status: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a source is: shown beside its figures wherever they are seen."""

    source: str
    label: str
    metrics: tuple[str, ...]
    """Keys of the metrics it gives; the others are not missing, it never has them."""
    credit: str | None = None
    """A sentence that its licence asks for."""
    credit_url: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    """By metric one short plain sentence on what it counts, for comparisons."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a collector read on one page: a reading per metric that its source gives, headlines."""

    readings: Mapping[str, Reading]
    via: Via | None
    """Where the figures stood; None when none was found."""
    as_of: datetime | None = None
    """When the site says it read the figures, if it says."""
    headlines: tuple[Headline, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every metric that the source gives has a value."""
        return self.has(self.readings)

    def has(self, keys: Iterable[str]) -> bool:
        """Whether each of these metrics has a value."""
        return all(key in self.readings and self.readings[key].value is not None for key in keys)

    @property
    def empty(self) -> bool:
        """Whether no metric has a value."""
        return all(reading.value is None for reading in self.readings.values())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at the header, keyed (source, slot)."""

    source: str
    slot: datetime
    taken_at: datetime
    origin: Origin
    look: Look


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to take a snapshot, whatever became of it."""

    source: str
    slot: datetime
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    """None while it runs."""
    error_kind: str | None = None
    message: str | None = None
    http_status: int | None = None
    bytes: int | None = None
    attempts: int = 0
    host: str = ""
    pid: int | None = None
    """The process on ``host``, to tell whether a run without an outcome is still under way."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a source's server said of its page, for the next request to it."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    slot: datetime | None = None
    """The snapshot that was read from the page with these validators."""
    not_before: datetime | None = None
    """The server asked to be left alone until then."""
    wished_at: datetime | None = None
    """When it asked for that, by the clock of then."""


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


def slot_of(taken_at: datetime, every: timedelta) -> datetime:
    """The scheduled instant that ``taken_at`` belongs to: floored to ``every`` since the epoch."""
    return EPOCH + (taken_at - EPOCH) // every * every


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, UTC."""
    return (instant - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The inverse of :func:`to_ms`."""
    return EPOCH + milliseconds * MILLISECOND


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC ending in ``Z``; milliseconds only when there are any."""
    text = instant.astimezone(UTC).isoformat(
        timespec="milliseconds" if instant.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")
