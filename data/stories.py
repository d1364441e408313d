"""What a write transaction does to headlines: one row a story, each look adds what it knows."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from data.connection import Connection
from data.model import Headline, SeenHeadline
from data.prepared import Given, Prepared, prepared_insert
from data.rows import headline_row, seen_of
from data.schema import headlines
from data.sql import or_
from data.statements import select, update


def _known_headline(*, addressed: bool) -> Prepared:
    """The headline of the same key, else of the same title where one of the two has no address."""
    key, same_title = headlines.c.key, headlines.c.title == Given("title")
    if addressed:
        same_title &= headlines.c.url.is_(None)
    place = (headlines.c.source == Given("source"), or_(key == Given("key"), same_title))
    return Prepared(select(headlines).where(*place).order_by(key != Given("key")).limit(1))


_INSERT: Final = prepared_insert(headlines)
_KNOWN: Final = {has: _known_headline(addressed=has) for has in (False, True)}

_SEEN_AGAIN: Final = Prepared(
    update(headlines)
    .where((headlines.c.source == Given("source")) & (headlines.c.key == Given("key")))
    .values(last_seen_at=Given("last_seen_at"))
)


def save_headline(connection: Connection, seen: SeenHeadline) -> bool:
    """Keep a headline, or what it adds to the one already kept; whether a reader sees a change."""
    new = headline_row(seen)
    old = connection.execute(_KNOWN[bool(new["url"])](new)).first()
    if old is None:
        connection.execute(_INSERT(new))
        return True
    merged = headline_row(_merged(seen_of(old), seen))
    changes = {name: value for name, value in merged.items() if value != getattr(old, name)}
    if changes.keys() == {"last_seen_at"}:
        connection.execute(_SEEN_AGAIN(merged))
    elif changes:
        place = (headlines.c.source == old.source) & (headlines.c.key == old.key)
        connection.execute(update(headlines).where(place).values(**changes))
    return not changes.keys() <= {"last_seen_at"}


def _merged(old: SeenHeadline, new: SeenHeadline) -> SeenHeadline:
    before, after = old.headline, new.headline
    if new.last_seen_at < old.last_seen_at:
        before, after = after, before
    start, end = _narrowed(before, after)
    headline = Headline(
        title=after.title,
        url=after.url or before.url,
        summary=after.summary or before.summary,
        author=after.author or before.author,
        published_from=start,
        published_to=end,
        lead=before.lead or after.lead,
    )
    return replace(
        old,
        headline=headline,
        first_seen_at=min(old.first_seen_at, new.first_seen_at),
        last_seen_at=max(old.last_seen_at, new.last_seen_at),
    )


def _narrowed(before: Headline, after: Headline) -> tuple[datetime | None, datetime | None]:
    """The interval both agree on; the earlier one where they contradict or one is unknown."""
    if before.published_from is None or before.published_to is None:
        return after.published_from, after.published_to
    if after.published_from is None or after.published_to is None:
        return before.published_from, before.published_to
    start = max(before.published_from, after.published_from)
    end = min(before.published_to, after.published_to)
    return (start, end) if start <= end else (before.published_from, before.published_to)


def see_again(connection: Connection, source: str, before: datetime, at: datetime) -> None:
    """The stories seen since ``before`` are still there ``at``: their page has not changed."""
    place = (headlines.c.source == source) & (headlines.c.last_seen_at >= before)
    connection.execute(update(headlines).where(place).values(last_seen_at=at))
