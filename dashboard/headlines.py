"""``/api/v1/headlines``: the headlines of a span in pages, and how a headline is told."""

from datetime import datetime
from typing import Any

from flask import Response, request

from dashboard import query
from dashboard.answers import Answers, Found
from dashboard.tags import asked_source, moment, ms, tag
from data.model import SeenHeadline, to_ms
from data.places import place_of
from data.store import Store


def answer(answers: Answers, store: Store, now: datetime) -> Response:
    """The headlines of a span, newest first. Raises UsageError and StoreError."""

    def find() -> Found:
        info, span = asked_source(store), query.span(request.args, now)
        limit, after = query.limit(request.args), query.after(request.args)

        def found() -> dict[str, Any]:
            seen = store.headlines(info.source, span.start, span.end, limit + 1, after)
            more = len(seen) > limit
            return {
                "source": info.source,
                "version": info.version,
                "next": str(place_of(seen[limit - 1])) if more else None,
                "headlines": [headline(one) for one in seen[:limit]],
            }

        return Found(tag(info, now), *moment(now, info.every), found)

    return answers.tagged(now, find)


def headline(seen: SeenHeadline) -> dict[str, Any]:
    """A headline as answers have it, times in ms."""
    story = seen.headline
    return {
        "title": story.title,
        "url": story.url,
        "summary": story.summary,
        "author": story.author,
        "published_from": ms(story.published_from),
        "published_to": ms(story.published_to),
        "first_seen_at": to_ms(seen.first_seen_at),
        "last_seen_at": to_ms(seen.last_seen_at),
        "lead": story.lead,
    }
