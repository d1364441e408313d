"""What the figures do not say by themselves: ``/api/v1/moves``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Final

from flask import Response, request

from dashboard import query
from dashboard.answers import Answers, Found
from dashboard.headlines import headline
from dashboard.recent import Recent
from dashboard.tags import asked_source, moment, tag
from data.around import Around, around
from data.histories import histories
from data.insight.moves import Move, moves
from data.jsonform import plain
from data.model import EPOCH, METRIC, to_ms
from data.sources import SourceInfo
from data.store import Store

MOST_MOVES: Final = 200
"""Moves in one answer, the newest ones."""
KEPT: Final = 100_000
"""Moves that one process keeps at most."""


class Insights:
    """What was found in whole histories, kept until a source's next change."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._moves: Recent[Sequence[Move]] = Recent(KEPT, lambda found: 1 + len(found))
        self._turn = Lock()

    def moves(self, store: Store, now: datetime) -> Response:
        """The moves of a span, newest first, with the headlines around them.

        Raises UsageError and StoreError.
        """

        def find() -> Found:
            info, span = asked_source(store), query.span(request.args, now)
            keys = query.keys(request.args, info.about.metrics)
            end = max(now, info.last_slot or now) if span.relative else span.end
            ends = to_ms(max(span.start or info.first_slot or end, EPOCH)), to_ms(end)
            known = tag(info, now, keys)
            return Found(
                known, *moment(now, info.every), lambda: self._told(store, info, keys, ends)
            )

        return self._answers.tagged(now, find)

    def _told(
        self, store: Store, info: SourceInfo, keys: Sequence[str], ends: tuple[int, int]
    ) -> dict[str, Any]:
        low, high = ends
        found = [move for move in self._found(store, info, keys) if low <= move.at <= high]
        newest = sorted(found, key=lambda move: move.at, reverse=True)[:MOST_MOVES]
        beside = around(store, info.source, [move.at for move in newest])
        return {
            "source": info.source,
            "version": info.version,
            "from": low,
            "to": high,
            "total": len(found),
            "moves": list(map(_move, newest, beside)),
        }

    def _found(self, store: Store, info: SourceInfo, keys: Sequence[str]) -> list[Move]:
        """The moves of the whole history; they are looked for once a version."""
        # A sample that passes has the version of the one before: its end tells them apart.
        names = {key: f"{info.source} {info.version} {info.last_slot} {key}" for key in keys}
        known = {key: self._moves.get(name) for key, name in names.items()}
        if None in known.values():
            # Of all who ask for whatever spans of a history, one looks through it.
            with self._turn:
                known |= {key: self._moves.get(name) for key, name in names.items()}
                lacking = [key for key, found in known.items() if found is None]
                known |= self._looked_for(store, info, {key: names[key] for key in lacking})
        return [move for found in known.values() for move in found or ()]

    def _looked_for(
        self, store: Store, info: SourceInfo, names: Mapping[str, str]
    ) -> dict[str, Sequence[Move]]:
        """The moves of some figures, kept by their names from now on."""
        if not names:
            return {}
        with store.reading() as connection:
            read = histories(connection, info.source, list(names))
        found: dict[str, Sequence[Move]] = {
            key: moves(METRIC[key], history) for key, history in read.items()
        }
        for key, name in names.items():
            self._moves.put(name, found[key])
        return found


def _move(move: Move, around: Around) -> dict[str, Any]:
    seen, total = around
    return {
        "metric": move.metric,
        "since": move.since,
        "at": move.at,
        "before": plain(move.before),
        "after": plain(move.after),
        "change": plain(move.change),
        "percent": move.percent,
        "rounding": plain(move.rounding),
        "usual": plain(move.usual),
        "leaves": move.leaves,
        "headlines": [headline(one) for one in seen],
        "headlines_total": total,
    }
