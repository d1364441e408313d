"""A digest: what became of each source over a span that ends now, gathered from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.around import REACH, around
from data.histories import histories
from data.insight.moves import FEWEST, TRAILING_MS, WINDOW_MS, Move, moves
from data.model import (
    KEYS,
    METRIC,
    MILLISECOND,
    SAMPLE,
    About,
    Metric,
    Reading,
    SeenHeadline,
    Snapshot,
    from_ms,
    to_ms,
)
from data.places import place_of
from data.series import series
from data.sources import SourceInfo
from data.status import Status, status
from data.store import Store
from data.strip import STRETCH

LEAD: Final = (TRAILING_MS + WINDOW_MS) * MILLISECOND + timedelta(days=5)
"""What a move is judged by: the 90 days before it, and before the one whose day it leaves."""
OTHERS: Final = 10
"""Headlines that are told beside those of moves."""
GAPS: Final = 10
JUDGED: Final = timedelta(days=FEWEST + 1)
"""How long a history is, at least, that has moves."""
MANY: Final = 100_000
"""Headlines that are looked at."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The newest reading of a figure, and its change over the span."""

    metric: Metric
    reading: Reading | None
    """None: never read."""
    taken_at: datetime | None
    as_of: datetime | None
    problem: str | None
    """Why the newest snapshot that was read at all does not have it; None where it does."""
    change: Mapping[str, Any] | None
    """As :func:`data.deltas.deltas` tells it; None without two readings."""
    disputed: bool
    """Whether it was printed with a sign that its unit is not."""


@dataclass(frozen=True, slots=True)
class Told:
    """A move, and the headlines within 24 hours of it: the newest of ``total``."""

    move: Move
    headlines: Sequence[SeenHeadline]
    total: int


@dataclass(frozen=True, slots=True)
class SourceDigest:
    """One source over the span."""

    about: About
    status: Status
    """Its slots are those of the span, of a longer one those of its last 30 days."""
    figures: tuple[Figure, ...]
    moves: tuple[Told, ...]
    """Newest first."""
    headlines: tuple[SeenHeadline, ...]
    """The newest OTHERS of the span that stand with none of the moves."""
    others_total: int
    """So many there are of these."""
    headlines_total: int
    """So many there are in the span."""
    gaps: tuple[Mapping[str, Any], ...]
    """The longest GAPS with their causes, as :func:`data.outages.outages` tells them."""
    gaps_total: int
    grain: timedelta
    """Shorter gaps are not among them."""
    judged: bool
    """Whether its history is long enough for moves."""

    @property
    def synthetic(self) -> bool:
        """Whether nothing of it was read from anywhere."""
        return self.about.source == SAMPLE


@dataclass(frozen=True, slots=True)
class Digest:
    """The span [since, until] of each source."""

    since: datetime
    until: datetime
    sources: tuple[SourceDigest, ...]


def digest(store: Store, every: Mapping[str, timedelta], since: datetime, now: datetime) -> Digest:
    """The span from ``since`` until ``now`` of the sources that ``every`` names.

    ``every``: how often each is looked at. Raises StoreError.
    """
    found = (_source(store, source, step, since, now) for source, step in every.items())
    return Digest(since, now, tuple(found))


def _source(
    store: Store, source: str, every: timedelta, since: datetime, now: datetime
) -> SourceDigest:
    info = store.source(source)
    about = info.about if info else About(source, source, KEYS)
    stretch = min(now - since, STRETCH)
    doing = status(store, source, every, now, about.metrics, stretch)
    if info is None:
        return SourceDigest(about, doing, (), (), (), 0, 0, (), 0, every, judged=False)
    found = series(store, info, since, now, about.metrics)
    news = store.headlines(source, since, now, MANY)
    told = _moves(store, info, since, now)
    others = _others(news, told)
    gaps = sorted(found["outages"], key=lambda gap: gap["from"] - gap["to"])[:GAPS]
    return SourceDigest(
        about,
        doing,
        tuple(_figures(store, about, found["deltas"], now)),
        told,
        others[:OTHERS],
        len(others),
        len(news),
        tuple(sorted(gaps, key=lambda gap: gap["from"])),
        len(found["gaps"]),
        timedelta(seconds=found["resolution_s"]),
        judged=info.first_slot is not None and now - info.first_slot > JUDGED,
    )


def _figures(
    store: Store, about: About, deltas: Mapping[str, Mapping[str, Any] | None], now: datetime
) -> list[Figure]:
    newest = store.latest_read(about.source, now)
    return [_figure(store, about.source, key, newest, deltas[key], now) for key in about.metrics]


def _figure(
    store: Store,
    source: str,
    key: str,
    newest: Snapshot | None,
    change: Mapping[str, Any] | None,
    now: datetime,
) -> Figure:
    look, problem = newest, None
    if newest is not None and newest.look.readings[key].value is None:
        problem = newest.look.readings[key].problem
        look = store.latest_read(source, now, (key,))
    if look is None:
        return Figure(METRIC[key], None, None, None, problem, None, disputed=False)
    reading, metric = look.look.readings[key], METRIC[key]
    # What is disputed is what a site prints; an API prints nothing.
    disputed = metric.disputed and look.look.via != "api"
    return Figure(metric, reading, look.taken_at, look.look.as_of, problem, change, disputed)


def _moves(store: Store, info: SourceInfo, since: datetime, now: datetime) -> tuple[Told, ...]:
    """The moves whose later reading lies in the span, of all its figures, newest first."""
    with store.reading() as connection:
        read = histories(connection, info.source, info.about.metrics, since - LEAD)
    found = [
        move
        for key, history in read.items()
        for move in moves(METRIC[key], history)
        if to_ms(since) <= move.at <= to_ms(now)
    ]
    # Of one moment in the order of the site: the sort keeps it.
    found.sort(key=lambda move: move.at, reverse=True)
    beside = around(store, info.source, [move.at for move in found])
    return tuple(Told(move, *near) for move, near in zip(found, beside, strict=True))


def _others(news: Sequence[SeenHeadline], told: Sequence[Told]) -> tuple[SeenHeadline, ...]:
    """The headlines that are not around a move."""
    at = [from_ms(one.move.at) for one in told]
    shown = ((place_of(seen).shown_at, seen) for seen in news)
    return tuple(seen for when, seen in shown if all(abs(when - move) > REACH for move in at))
