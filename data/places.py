"""Where headlines stand: their order in a list, and places in it from which a reader goes on."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from data.connection import Connection
from data.errors import UsageError
from data.model import SeenHeadline, from_ms, to_ms
from data.rows import headline_key
from data.schema import headlines
from data.sql import Expression, and_, case, or_
from data.statements import select

SHOWN_AT: Final = case(
    (headlines.c.published_from == headlines.c.published_to, headlines.c.published_from),
    else_=headlines.c.first_seen_at,
)
"""When a headline stands on the time axis: its publication where exact, else first seen."""
ORDER: Final = (SHOWN_AT.desc(), headlines.c.lead.desc(), headlines.c.key)
"""Newest first; of those of one instant the leads, then by key."""
PLACE: Final = "^-?[0-9]{1,14}-[01]-[0-9a-f]{16}$"
"""A place as text; the key as a digest, for an address may be longer than a request can be."""


@dataclass(frozen=True, slots=True)
class Place:
    """A headline's place in the order."""

    shown_at: datetime
    lead: bool
    digest: str

    def __str__(self) -> str:
        return f"{to_ms(self.shown_at)}-{self.lead:d}-{self.digest}"


def place_of(seen: SeenHeadline) -> Place:
    """Where a headline stands."""
    story = seen.headline
    exact = story.published_from is not None and story.published_from == story.published_to
    shown_at = story.published_from if exact else None
    return Place(shown_at or seen.first_seen_at, story.lead, _digest(headline_key(story)))


def place_named(text: str) -> Place:
    """The inverse of ``str``. Raises UsageError."""
    if re.fullmatch(PLACE, text) is None:
        raise UsageError(f"after: {text[:40]!r} is no place: take 'next' of an answer before.")
    milliseconds, lead, digest = text.rsplit("-", 2)
    try:
        return Place(from_ms(int(milliseconds)), lead == "1", digest)
    except OverflowError:
        raise UsageError(f"after: {text!r} lies beyond the calendar.") from None


def behind(connection: Connection, source: str, place: Place) -> Expression:
    """What stands after ``place`` in the order, however many came before it meanwhile.

    Raises UsageError where the headline stands there no more.
    """
    row, shown_at = headlines.c, SHOWN_AT
    there = and_(shown_at == place.shown_at, row.lead == place.lead)
    keys = connection.scalars(select(row.key).where(row.source == source, there))
    key = next((key for key in keys if _digest(key) == place.digest), None)
    if key is None:
        raise UsageError(f"after: no headline stands at {place} any more: begin without 'after'.")
    return or_(
        shown_at < place.shown_at,
        and_(shown_at == place.shown_at, row.lead < place.lead),
        and_(there, row.key > key),
    )


def _digest(key: str) -> str:
    return blake2b(key.encode(), digest_size=8).hexdigest()
