"""Rows of the tables to the model and back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from data.connection import Row
from data.model import (
    KEYS,
    METRIC,
    METRICS,
    Headline,
    Look,
    Reading,
    Run,
    SeenHeadline,
    Snapshot,
    Via,
)
from data.rounding import compact, half_width, printed_half_width

AS_PRINTED: Final = "="
"""The column ``shown`` where each value's text is just as the site prints that value, and there is
no other text: as it nearly always is, and it takes a hundred bytes less.
"""
MOST_INDEXED: Final = 2_500
"""Bytes of a title or an address: an entry of PostgreSQL's indexes has 2,704 for it and the source.
"""
_PRINTABLE: Final = 1e18
"""Values below this are printed exactly; the site's largest is a million times less."""


def snapshot_row(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as a row of ``snapshots``: values wide, texts and problems as JSON."""
    look = snapshot.look
    readings = look.readings
    values = {key: readings[key].value if key in readings else None for key in KEYS}
    return {
        "source": snapshot.source,
        "slot": snapshot.slot,
        "taken_at": snapshot.taken_at,
        "as_of": look.as_of,
        "origin": snapshot.origin,
        "via": look.via,
        **values,
        "shown": shown_column(values, {key: one.shown for key, one in readings.items()}),
        "problems": texts_json((key, reading.problem) for key, reading in readings.items()),
    }


def shown_column(values: Mapping[str, float | None], texts: Mapping[str, str | None]) -> str | None:
    """Texts as the column ``shown`` has them: AS_PRINTED, else JSON, None when there are none."""
    kept = {key: text for key, text in texts.items() if text is not None}
    known = {key: value for key in KEYS if (value := values[key]) is not None}
    if kept and kept.keys() == known.keys() and all(_is_printed(known, kept, key) for key in kept):
        return AS_PRINTED
    return texts_json(kept.items())


def _is_printed(values: Mapping[str, float], texts: Mapping[str, str], key: str) -> bool:
    return abs(values[key]) < _PRINTABLE and texts[key] == compact(METRIC[key], values[key])


def shown_of(row: Mapping[Any, Any]) -> dict[str, str]:
    """The inverse of :func:`shown_column`, from a row with its values."""
    if row["shown"] != AS_PRINTED:
        return texts_of(row["shown"])
    values = [(key, row[key]) for key in KEYS]
    return {key: compact(METRIC[key], value) for key, value in values if value is not None}


def texts_json(items: Iterable[tuple[str, str | None]]) -> str | None:
    """Texts by metric key as compact JSON, without the empty ones; None when all are."""
    kept = {key: text for key, text in items if text is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else None


def texts_of(text: str | None) -> dict[str, str]:
    """The inverse of :func:`texts_json`."""
    texts: dict[str, str] = json.loads(text or "{}")
    return texts


def given_by(metrics: str | None) -> tuple[str, ...]:
    """The keys of the metrics a source gives, by its column; all of them where it never said."""
    return tuple(key for key in KEYS if key in metrics.split(",")) if metrics else KEYS


def snapshot_of(row: Row, given: Sequence[str] = KEYS) -> Snapshot:
    """A row of ``snapshots`` as a snapshot (its headlines are kept apart)."""
    look = Look(readings=readings_of(row._mapping, given), via=row.via, as_of=row.as_of)
    return Snapshot(row.source, row.slot, row.taken_at, row.origin, look)


def readings_of(row: Mapping[Any, Any], given: Sequence[str] = KEYS) -> dict[str, Reading]:
    """The readings of a snapshot's row, each with the half-width that follows from its text.

    Of the metrics that the source gives, and of any other it once gave.
    """
    shown, problems = shown_of(row), texts_of(row["problems"])
    readings = {}
    for metric in METRICS:
        key, value, text = metric.key, row[metric.key], shown.get(metric.key)
        if key in given or value is not None or text is not None or key in problems:
            width = half_width(metric, value, text, row["via"])
            readings[key] = Reading(value, width, metric.unit, text, problems.get(key))
    return readings


def width_of(key: str, value: float, shown: str | None, via: Via | None) -> float:
    """The half-width of one value of a row, by its column ``shown``."""
    if shown == AS_PRINTED:
        width = printed_half_width(METRIC[key], value, via)
    else:
        width = half_width(METRIC[key], value, texts_of(shown).get(key), via)
    return width or 0.0


def is_indexable(text: str) -> bool:
    """Whether a title or an address is short enough for the indexes of every store."""
    return len(text.encode("utf-8", "surrogatepass")) <= MOST_INDEXED


def headline_key(headline: Headline) -> str:
    """What a headline is known by: its address, or its title where the page gave none."""
    return headline.url or f"title:{headline.title}"


def headline_row(seen: SeenHeadline) -> dict[str, Any]:
    """A headline as a row of ``headlines``."""
    headline = seen.headline
    return {
        "source": seen.source,
        "key": headline_key(headline),
        "url": headline.url,
        "title": headline.title,
        "summary": headline.summary,
        "author": headline.author,
        "published_from": headline.published_from,
        "published_to": headline.published_to,
        "first_seen_at": seen.first_seen_at,
        "last_seen_at": seen.last_seen_at,
        "lead": headline.lead,
    }


def seen_of(row: Row) -> SeenHeadline:
    """A row of ``headlines`` as a headline with the times it was seen."""
    headline = Headline(
        title=row.title,
        url=row.url,
        summary=row.summary,
        author=row.author,
        published_from=row.published_from,
        published_to=row.published_to,
        lead=row.lead,
    )
    return SeenHeadline(headline, row.source, row.first_seen_at, row.last_seen_at)


RUN_COLUMNS = (
    "source",
    "slot",
    "started_at",
    "ended_at",
    "outcome",
    "error_kind",
    "message",
    "http_status",
    "bytes",
    "attempts",
    "host",
    "pid",
)


def run_row(run: Run) -> dict[str, Any]:
    """A run as a row of ``runs``."""
    return {column: getattr(run, column) for column in RUN_COLUMNS}


def run_of(row: Row) -> Run:
    """A row of ``runs`` as a run."""
    return Run(**{column: getattr(row, column) for column in RUN_COLUMNS})
