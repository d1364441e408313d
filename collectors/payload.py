"""What a page's ``__NUXT_DATA__`` says of figures and stories, by bounded, lazy resolving.

The array is *devalue*-flattened: integers are indices, so cycles, bad indices and huge arrays are
possible. Nothing is hydrated: a fixed set of paths is followed, each with a limit.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isfinite
from typing import Final

import orjson

from data.model import MILLISECOND, from_ms, to_ms

Interval = tuple[datetime, datetime]

FIGURES: Final = {
    "dapps": "dapps",
    "blockchains": "blockchains",
    "active_users": "activeUsers",
    "volume_30d": "volume30d",
    "transactions_30d": "transactions30d",
}
"""Metric key to the name in the payload."""

_LARGEST: Final = 4 * 2**20
_QUERIES: Final = 200
_STORIES: Final = 200
_VISITS: Final = 4_000
_WRAPPERS: Final = frozenset(
    {"ShallowReactive", "Reactive", "Ref", "ShallowRef", "ComputedRef", "Object", "Date"}
)
_DEEPEST: Final = 8
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,12})?")
_LISTS: Final = ("otherNewsList", "list", "mainPage")


@dataclass(frozen=True, slots=True)
class Figures:
    """The header's figures, unrounded; a metric without a number is absent from ``values``."""

    values: Mapping[str, float]
    formatted: Mapping[str, str]
    currency: str | None
    as_of: datetime | None
    """When the server read them; None when that time is absurd."""


@dataclass(frozen=True, slots=True)
class Story:
    """One story; ``published`` is an instant twice, or the ends of a day, or None."""

    title: str
    slug: str | None = None
    summary: str | None = None
    author: str | None = None
    published: Interval | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """What was found; empty when the payload could not be read."""

    figures: Figures | None = None
    lead: Story | None = None
    stories: tuple[Story, ...] = field(default=())


def decode(text: str) -> Payload:
    """Figures, article and other stories in ``text``, the script's content; never raises."""
    if len(text) > _LARGEST:
        return Payload()
    try:
        nodes = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Payload()
    if not isinstance(nodes, list):
        return Payload()
    flat = _Flat(nodes)
    queries = [(key, state) for key, state in _queries(flat)]
    lead = next(
        (flat.get(state, "data") for key, state in queries if _is(key, "news", "detail")), None
    )
    return Payload(_figures(flat, queries), _story(flat, lead), tuple(_stories(flat, queries)))


class _Flat:
    """The flattened array, followed one index at a time."""

    def __init__(self, nodes: list[object]) -> None:
        self._nodes = nodes

    def at(self, index: object) -> object:
        """The node behind an index, out of its wrappers; None for undefined, holes and nonsense."""
        for _ in range(_DEEPEST):
            if type(index) is not int or not 0 <= index < len(self._nodes):
                return None
            node = self._nodes[index]
            if not (isinstance(node, list) and node and isinstance(node[0], str)):
                return node
            if len(node) != 2 or node[0] not in _WRAPPERS:
                return None
            if isinstance(node[1], str):
                return node[1]
            index = node[1]
        return None

    def get(self, node: object, *path: str) -> object:
        """The node at the end of ``path`` through objects; None where it breaks off."""
        for key in path:
            if not isinstance(node, dict):
                return None
            node = self.at(node.get(key))
        return node

    def text(self, node: object, *path: str) -> str | None:
        """The text at the end of ``path``, None when it is anything else or blank."""
        found = self.get(node, *path)
        return found if isinstance(found, str) and found.strip() else None

    def items(self, node: object) -> Iterator[object]:
        """What the array or object ``node`` holds."""
        if isinstance(node, dict):
            yield from map(self.at, node.values())
        elif isinstance(node, list):
            yield from map(self.at, node)


_Query = tuple[Mapping[str, object], object]


def _queries(flat: _Flat) -> Iterator[_Query]:
    """Key and state of each successful query; the key's fields resolved."""
    queries = flat.get(flat.at(0), "state", "$svue-query", "queries")
    if not isinstance(queries, list):
        return
    for query in islice(flat.items(queries), _QUERIES):
        first = next(flat.items(flat.get(query, "queryKey")), None)
        state = flat.get(query, "state")
        if isinstance(first, dict) and flat.get(state, "status") in ("success", None):
            names = ("scope", "entity", "currency")
            yield {name: flat.get(first, name) for name in names}, state


def _is(key: Mapping[str, object], scope: str, entity: str) -> bool:
    return key["scope"] == scope and key["entity"] == entity


def _figures(flat: _Flat, queries: list[_Query]) -> Figures | None:
    """The newest header figures, those in US dollars first."""
    found = [
        _figures_of(flat, data, key["currency"], flat.get(state, "dataUpdatedAt"))
        for key, state in queries
        if _is(key, "globalStats", "header")
        and isinstance(data := flat.get(state, "data"), dict)
        and any(name in data for name in FIGURES.values())
    ]
    return max(found, key=lambda one: (one.currency == "USD", one.as_of or _EARLIEST), default=None)


def _figures_of(flat: _Flat, data: object, currency: object, updated: object) -> Figures:
    numbers = {key: _number(flat.get(data, name)) for key, name in FIGURES.items()}
    texts = {key: flat.text(data, f"{name}Formatted") for key, name in FIGURES.items()}
    return Figures(
        values={key: number for key, number in numbers.items() if number is not None},
        formatted={key: text.strip() for key, text in texts.items() if text and len(text) <= 40},
        currency=currency if isinstance(currency, str) else None,
        as_of=_instant(updated),
    )


def _number(node: object) -> float | None:
    """A finite number that is not negative, also when the API wrote it as digits in a string."""
    if isinstance(node, str) and _NUMBER.fullmatch(node):
        return float(node)
    if isinstance(node, bool) or not isinstance(node, int | float):
        return None
    return float(node) if isfinite(node) and node >= 0 else None


def _instant(node: object) -> datetime | None:
    """Milliseconds since the epoch within this site's life, else None."""
    if isinstance(node, bool) or not isinstance(node, int | float) or not isfinite(node):
        return None
    if not _EARLIEST.timestamp() * 1000 <= node < _LATEST.timestamp() * 1000:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(node))


def _stories(flat: _Flat, queries: list[_Query]) -> Iterator[Story]:
    lists = (
        flat.get(state, "data")
        for key, state in queries
        if any(_is(key, "news", entity) for entity in _LISTS) or key["entity"] == "mainPage"
    )
    for data in lists:
        yield from islice(_stories_in(flat, data), _STORIES)


def _stories_in(flat: _Flat, data: object) -> Iterator[Story]:
    """Every story below ``data``, breadth first, however the lists and pages are nested."""
    waiting, seen = deque([data]), set[int]()
    while waiting and len(seen) < _VISITS:
        node = waiting.popleft()
        if id(node) in seen:
            continue
        seen.add(id(node))
        story = _story(flat, node)
        if story is not None:
            yield story
        elif isinstance(node, dict | list):
            waiting.extend(islice(flat.items(node), _VISITS))


def _story(flat: _Flat, node: object) -> Story | None:
    title = flat.text(node, "title")
    slug = flat.text(node, "slug")
    if title is None or slug is None:
        return None
    return Story(
        title,
        slug,
        flat.text(node, "shortDescription"),
        flat.text(node, "author", "name"),
        _published(flat.text(node, "publishedAt")),
    )


def _published(text: str | None) -> Interval | None:
    """An ISO 8601 instant (UTC unless it says otherwise), or the ends of a day without a time."""
    try:
        instant = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    if not datetime(1990, 1, 2, tzinfo=UTC) <= instant < _LATEST:
        return None
    # To the millisecond, as everything that is kept.
    instant = from_ms(to_ms(instant))
    if text and len(text.strip()) <= len("2025-07-02"):
        return instant, instant + timedelta(days=1) - MILLISECOND
    return instant, instant
