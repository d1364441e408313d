"""A snapshot as JSON and back: what ``collect --json`` prints, the outbox and copies keep."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from data.model import METRIC, Headline, Look, Reading, Snapshot, iso
from data.typed import typed

LARGEST: Final = 2.0**63
"""Whole numbers from here on do not fit into 64 bits."""


def iso_or_none(instant: datetime | None) -> str | None:
    """The instant in ISO 8601, when there is one."""
    return None if instant is None else iso(instant)


def instant(text: str | None) -> datetime | None:
    """The inverse of :func:`iso_or_none`. Raises ValueError."""
    return None if text is None else zoned(text)


def zoned(text: str) -> datetime:
    """An instant from ISO 8601 that names its zone. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return instant


def reading_json(reading: Reading) -> dict[str, Any]:
    """One reading: value, half_width, unit, shown, problem; whole numbers without a fraction."""
    return {
        "value": plain(reading.value),
        "half_width": plain(reading.half_width),
        "unit": reading.unit,
        "shown": reading.shown,
        "problem": reading.problem,
    }


def headline_json(headline: Headline) -> dict[str, Any]:
    """One headline, times in ISO 8601."""
    return {
        "title": headline.title,
        "url": headline.url,
        "summary": headline.summary,
        "author": headline.author,
        "published_from": iso_or_none(headline.published_from),
        "published_to": iso_or_none(headline.published_to),
        "lead": headline.lead,
    }


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot with its readings by metric key and its headlines."""
    look = snapshot.look
    return {
        "source": snapshot.source,
        "slot": iso(snapshot.slot),
        "taken_at": iso(snapshot.taken_at),
        "as_of": iso_or_none(look.as_of),
        "origin": snapshot.origin,
        "via": look.via,
        "readings": {key: reading_json(reading) for key, reading in look.readings.items()},
        "headlines": [headline_json(headline) for headline in look.headlines],
    }


def from_json(form: Mapping[str, Any]) -> Snapshot:
    """The inverse of :func:`to_json`. Raises KeyError, TypeError or ValueError on other input."""
    headlines = tuple(
        typed(
            Headline(
                **{
                    **item,
                    "published_from": instant(item["published_from"]),
                    "published_to": instant(item["published_to"]),
                }
            )
        )
        for item in form["headlines"]
    )
    look = Look(
        readings={
            METRIC[key].key: _reading(reading) for key, reading in dict.items(form["readings"])
        },
        via=form["via"],
        as_of=instant(form["as_of"]),
        headlines=headlines,
    )
    return typed(
        Snapshot(
            source=form["source"],
            slot=zoned(form["slot"]),
            taken_at=zoned(form["taken_at"]),
            origin=form["origin"],
            look=typed(look),
        )
    )


def _reading(form: Mapping[str, Any]) -> Reading:
    """A reading whose numbers are none that only JSON and Python have."""
    told = typed(Reading(**form))
    value = None if told.value is None else float(told.value)
    width = None if told.half_width is None else float(told.half_width)
    return replace(told, value=value, half_width=width)


def plain(value: float | None) -> float | int | None:
    """A number as it is written: whole ones as integers, as far as JSON's writer has them."""
    if value is None or not float(value).is_integer() or abs(value) >= LARGEST:
        return value
    return int(value)
