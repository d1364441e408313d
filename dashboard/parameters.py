"""The parameters that each address takes: one list, by which requests are checked and told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from dashboard.ids import DEFAULT_RANGE, DEFAULT_SOURCE
from dashboard.query import (
    FEWEST_POINTS,
    FLAGS,
    HEADLINES,
    LONGEST,
    MOST_HEADLINES,
    SPANS,
)
from data.model import KEYS
from data.places import PLACE
from data.series import MAX_POINTS
from data.tables import By, Shape
from data.times import DURATION, UNITS

Schema = Mapping[str, Any]
"""A JSON Schema."""
_TEXT: Final[Schema] = {"type": "string", "maxLength": LONGEST}
_LENGTH: Final[Schema] = {
    "type": "string",
    "pattern": f"^{DURATION.pattern}$",
    "description": f"a whole number and one of {', '.join(UNITS)}: 12h, 7d, 1y (of 365 days)",
}
_MOMENT: Final[Schema] = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {**_LENGTH, "description": f"so long ago: {_LENGTH['description']}"},
    ]
}
_METRIC: Final[Schema] = {"type": "string", "enum": list(KEYS)}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an address's query."""

    name: str
    about: str
    schema: Schema
    """Of one value."""
    many: bool = False
    """It may be repeated, for several values."""
    example: str | int | None = None
    required: bool = False


_SOURCE: Final = Parameter(
    "source", "The name of a source.", {**_TEXT, "default": DEFAULT_SOURCE}, example="dapp_expert"
)
_SPAN: Final = (
    Parameter(
        "range",
        "How far back from now. It cannot stand beside 'from' or 'to'.",
        {"type": "string", "enum": list(SPANS), "default": DEFAULT_RANGE},
    ),
    Parameter(
        "from",
        "Where the span begins: ISO 8601 (UTC where it names no zone), or a time ago. "
        "The beginning of the history when only 'to' is given.",
        _MOMENT,
        example="2026-01-01T00:00:00Z",
    ),
    Parameter("to", "Where the span ends; now when left out.", _MOMENT, example="1d"),
)
_FIGURES: Final = Parameter(
    "metric",
    "A figure; all that the source gives when left out.",
    _METRIC,
    many=True,
    example="volume_30d",
)
_SERIES: Final = (
    _FIGURES,
    Parameter(
        "points",
        "So many points a figure at most.",
        {
            "type": "integer",
            "minimum": FEWEST_POINTS,
            "maximum": MAX_POINTS,
            "default": MAX_POINTS,
        },
    ),
)
_RATIO: Final = (
    Parameter(
        "other", "The source that it is divided by.", _TEXT, example="defillama", required=True
    ),
    Parameter("metric", "The figure.", _METRIC, example="volume_30d", required=True),
)
_LIST: Final = (
    Parameter(
        "limit",
        "So many at most.",
        {"type": "integer", "minimum": 1, "maximum": MOST_HEADLINES, "default": HEADLINES},
        example=50,
    ),
    Parameter(
        "after",
        "Only what comes after this place: 'next' of the answer before, with the same span.",
        {"type": "string", "pattern": PLACE},
    ),
)
_EXPORT: Final = (
    Parameter(
        "source",
        "A source; every one but the sample when left out.",
        _TEXT,
        many=True,
    ),
    Parameter("metric", "A figure (snapshots); all when left out.", _METRIC, many=True),
    Parameter("from", "The first moment: ISO 8601 or a time ago.", _MOMENT, example="30d"),
    Parameter("to", "The first moment that is not in it any more.", _MOMENT),
    Parameter(
        "by",
        "What 'from' and 'to' mean of a headline: when it was seen first, or when it was "
        "published, where that is known exactly.",
        {"type": "string", "enum": list(get_args(By)), "default": get_args(By)[0]},
    ),
    Parameter("every", "Only the last snapshot of each such stretch.", _LENGTH, example="1d"),
    Parameter(
        "shape",
        "Of snapshots: a line a snapshot, or a line a figure with its rounding.",
        {"type": "string", "enum": list(get_args(Shape)), "default": get_args(Shape)[0]},
    ),
    Parameter(
        "excel", "Begin CSV with the mark that Excel wants.", {"type": "string", "enum": [*FLAGS]}
    ),
    Parameter(
        "raw",
        "Leave texts in CSV as they are, also those that a spreadsheet would run.",
        {"type": "string", "enum": [*FLAGS]},
    ),
)

OPENAPI: Final = "/api/v1/openapi.json"
EXPORT: Final = "/export/{what}.{kind}"
PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = {
    "/api/v1/sources": (
        Parameter("source", "Only this source; all when left out.", _TEXT, many=True),
    ),
    "/api/v1/latest": (_SOURCE,),
    "/api/v1/pulse": (),
    "/api/v1/series": (_SOURCE, *_SPAN, *_SERIES),
    "/api/v1/headlines": (_SOURCE, *_SPAN, *_LIST),
    "/api/v1/moves": (_SOURCE, *_SPAN, _FIGURES),
    "/api/v1/daily": (_SOURCE, *_SPAN, _FIGURES),
    "/api/v1/ratio": (_SOURCE, *_RATIO, *_SPAN),
    OPENAPI: (),
    EXPORT: _EXPORT,
    "/healthz": (
        Parameter("source", "Only this source; all that are collected when left out.", _TEXT),
    ),
    "/metrics": (),
}
"""By address, in the order of the document."""
