"""The days inside the rolling figures: ``/api/v1/daily``."""

from bisect import bisect_left, bisect_right
from datetime import datetime
from threading import Lock
from typing import Any, Final

from flask import Response, request

from dashboard import query
from dashboard.answers import Answers, Found
from dashboard.recent import Recent
from dashboard.tags import asked_source, moment, tag
from data.histories import history
from data.insight.daily import DAY_MS
from data.insight.flow import Daily
from data.model import EPOCH, METRIC, METRICS, to_ms
from data.sources import SourceInfo
from data.store import Store

KEPT: Final = 100_000
"""Days that one process keeps at most."""
DIGITS: Final = 5
"""Of an estimate; its interval is wider than that by far."""
ROLLING: Final = tuple(metric.key for metric in METRICS if metric.kind != "level")


class Flows:
    """The reconstruction of each figure of each source; what was learnt serves the next one."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._known: Recent[tuple[str, Daily]] = Recent(KEPT, lambda kept: len(kept[1].starts) + 1)
        self._turn = Lock()

    def answer(self, store: Store, now: datetime) -> Response:
        """The days of a span. Raises UsageError and StoreError."""

        def find() -> Found:
            info, span = asked_source(store), query.span(request.args, now)
            keys = [key for key in query.keys(request.args, info.about.metrics) if key in ROLLING]
            end = max(now, info.last_slot or now) if span.relative else span.end
            ends = to_ms(max(span.start or EPOCH, EPOCH)), to_ms(end)
            return Found(
                tag(info, now),
                *moment(now, info.every),
                lambda: {
                    "source": info.source,
                    "version": info.version,
                    "from": ends[0],
                    "to": ends[1],
                    "metrics": {
                        key: _told(key, self._daily(store, info, key), ends) for key in keys
                    },
                },
            )

        return self._answers.tagged(now, find)

    def _daily(self, store: Store, info: SourceInfo, key: str) -> Daily:
        place, version = f"{info.source} {key}", f"{info.version} {info.last_slot}"
        return self._held(place, version) or self._made(store, info, key, (place, version))

    def _held(self, place: str, version: str) -> Daily | None:
        kept = self._known.get(place)
        return kept[1] if kept and kept[0] == version else None

    def _made(self, store: Store, info: SourceInfo, key: str, name: tuple[str, str]) -> Daily:
        """The days, found out by one of all who ask for whatever spans of them."""
        from data.insight.unroll import unroll  # numpy and scipy only where somebody asks

        with self._turn:
            if (held := self._held(*name)) is not None:
                return held
            before = self._known.get(name[0])
            daily = unroll(history(store, info, key), before[1].learnt if before else None)
            self._known.put(name[0], (name[1], daily))
        return daily


def _told(key: str, daily: Daily, ends: tuple[int, int]) -> dict[str, Any]:
    first = bisect_left(daily.starts, ends[0] - DAY_MS + 1)
    last = bisect_right(daily.starts, ends[1])
    parts = daily.values, daily.low, daily.high
    value, low, high = (list(map(_rounded, part[first:last])) for part in parts)
    return {
        "unit": METRIC[key].unit,
        "state": daily.state,
        "days": daily.span,
        "note": daily.note,
        "t": list(daily.starts[first:last]),
        "value": value,
        "low": low,
        "high": high,
    }


def _rounded(value: float | None) -> float | int | None:
    if value is None:
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded
