"""``/api/v1/ratio``: a figure of one source as a share of another source's."""

from datetime import datetime
from typing import Any

from flask import Response, request

from dashboard import query
from dashboard.answers import Answers, Found
from dashboard.tags import asked_source, moment, tag
from data.alike import alike, difference
from data.errors import UsageError
from data.histories import history
from data.insight.daily import DAY_MS
from data.insight.ratio import ratio
from data.model import EPOCH, from_ms, to_ms
from data.sources import SourceInfo
from data.store import Store


def answer(answers: Answers, store: Store, now: datetime) -> Response:
    """The ratio of a span, a point a day. Raises UsageError and StoreError."""

    def find() -> Found:
        info, other, key = _asked(store)
        span = query.span(request.args, now)
        start = span.start or info.first_slot or span.end
        ends = to_ms(max(start, EPOCH)), to_ms(span.end)
        known = f"{tag(info, now)}-{other.version}"
        step = min(info.every, other.every)
        return Found(known, *moment(now, step), lambda: _told(store, info, other, key, ends))

    return answers.tagged(now, find)


def _asked(store: Store) -> tuple[SourceInfo, SourceInfo, str]:
    """The two sources and the metric. Raises UsageError where they cannot be compared."""
    for name in ("other", "metric"):
        if name not in request.args:
            raise UsageError(f"{name}: it must be there: what is compared with what?")
    info, other = asked_source(store), asked_source(store, "other")
    [key] = query.keys(request.args, ())
    if (key, other.source) not in alike(info, [other]):
        raise UsageError(
            f"other: {key} of {info.source!r} and {other.source!r} cannot be compared: "
            "see 'alike' in /api/v1/sources."
        )
    return info, other, key


def _told(
    store: Store, info: SourceInfo, other: SourceInfo, key: str, ends: tuple[int, int]
) -> dict[str, Any]:
    since = from_ms(max(ends[0] - DAY_MS, 0))
    found = ratio(history(store, info, key, since), history(store, other, key, since))
    rows = zip(found.times, found.values, found.low, found.high, strict=True)
    shown = [row for row in rows if ends[0] <= row[0] <= ends[1]]
    columns = [list(column) for column in zip(*shown, strict=True)] or [[], [], [], []]
    return {
        "source": info.source,
        "other": other.source,
        "metric": key,
        "version": f"{info.version}-{other.version}",
        "from": ends[0],
        "to": ends[1],
        **dict(zip(("t", "ratio", "low", "high"), columns, strict=True)),
        "note": difference(info.about, other.about, key),
    }
