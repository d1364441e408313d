"""What the API answers, as JSON Schemas: every field with its type, its unit and its meaning."""

from collections.abc import Iterable
from typing import Any, Final, get_args

from data.model import KEYS, METRICS, Origin, Outcome, Via
from data.outages import CAUSES, MOST, TRIES
from data.places import PLACE
from data.readings import MOST_PROBLEMS
from data.series import MAX_POINTS
from data.status import STATES

Schema = dict[str, Any]


def _kind(name: str, about: str, **more: Any) -> Schema:
    return {"type": name, "description": about, **more}


def _text(about: str, **more: Any) -> Schema:
    return _kind("string", about, **more)


def _number(about: str, **more: Any) -> Schema:
    return _kind("number", about, **more)


def _whole(about: str, **more: Any) -> Schema:
    return _kind("integer", about, **more)


def _time(about: str) -> Schema:
    return _whole(f"{about}, in milliseconds since 1970-01-01 UTC")


def _flag(about: str) -> Schema:
    return _kind("boolean", about)


def _list(about: str, items: Schema, **more: Any) -> Schema:
    return _kind("array", about, items=items, **more)


def _record(about: str, **fields: Schema) -> Schema:
    """An object with just these fields, all of them always there."""
    return _kind(
        "object",
        about,
        properties=fields,
        required=list(fields),
        additionalProperties=False,
    )


def _by(about: str, keys: Iterable[str], each: Schema) -> Schema:
    """An object with some of these keys."""
    return _kind("object", about, properties=dict.fromkeys(keys, each), additionalProperties=False)


def _of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema, when: str = "") -> Schema:
    about = {"description": f"null: {when}"} if when else {}
    return {"anyOf": [schema, {"type": "null"}], **about}


def _choice(about: str, names: Iterable[str]) -> Schema:
    return _text(about, enum=list(names))


_SOURCE: Final = _text("the source's name", examples=["dapp_expert"])
_VERSION: Final = _whole("grows with every change that a reader could see", minimum=0)
_EVERY: Final = _number("how long a slot is, in seconds", examples=[3600])
_VALUES: Final = _list("one for each of 't'; null: not read", {"type": ["number", "null"]})
_EXACT: Final = _record(
    "a reading",
    t=_time("its slot"),
    value=_number("its value"),
    half_width=_number("how far it may lie from the true one"),
)

SCHEMAS: Final[dict[str, Schema]] = {
    "Error": _record("Why there is no answer.", error=_text("one sentence: what, and what to do")),
    "Reading": _record(
        "A figure as it was read.",
        value=_or_null(_number("in 'unit'"), "not read, or suspect; 'problem' says why"),
        half_width=_or_null(
            _number("how far the value may lie from the true one; 0: exact", minimum=0)
        ),
        unit=_choice("what is counted", sorted({metric.unit for metric in METRICS})),
        shown=_or_null(_text("the text as the source displayed it", examples=["16.23K"])),
        problem=_or_null(_text("why there is no value")),
    ),
    "Run": _record(
        "An attempt to take a snapshot.",
        started_at=_time("when it began"),
        ended_at=_or_null(_time("when it ended"), "under way, or killed"),
        outcome=_or_null(_choice("what became of it", get_args(Outcome)), "under way, or killed"),
        error_kind=_or_null(_text("what kind of failure", examples=["timeout"])),
        message=_or_null(_text("one sentence on the failure")),
        http_status=_or_null(_whole("what the source's server answered")),
        attempts=_whole("requests that were tried", minimum=0),
    ),
    "Sources": _record(
        "What is kept. They are few, so all of them are in one answer.",
        sources=_list(
            "real ones first",
            _record(
                "A source.",
                source=_SOURCE,
                every_s=_EVERY,
                first_slot=_or_null(_time("the oldest snapshot's slot"), "no snapshot yet"),
                last_slot=_or_null(_time("the newest snapshot's slot"), "no snapshot yet"),
                sample=_flag("whether it is synthetic"),
                version=_VERSION,
                label=_text("its name for people"),
                metrics=_list("the figures that it gives", _choice("a key", KEYS)),
                credit=_or_null(_text("a sentence that its licence asks for")),
                credit_url=_or_null(_text("where that leads")),
            ),
        ),
    ),
    "Latest": _record(
        "The newest snapshot of a source, and how the source is doing.",
        source=_SOURCE,
        version=_VERSION,
        every_s=_or_null(_EVERY, "nothing is known of it"),
        next_slot=_or_null(_time("when the next slot begins"), "nothing is known of it"),
        state=_choice("how it is doing", STATES),
        slot=_or_null(_time("the scheduled instant"), "no snapshot yet"),
        taken_at=_or_null(_time("when it was fetched"), "no snapshot yet"),
        as_of=_or_null(_time("when the source says it read the figures"), "it does not say"),
        origin=_or_null(_choice("where the snapshot is from", get_args(Origin))),
        via=_or_null(_choice("where on the page the figures stood", get_args(Via))),
        readings=_or_null(_by("by metric", KEYS, _of("Reading")), "no snapshot yet"),
        run=_or_null(_of("Run"), "nobody looked yet"),
        last_error=_or_null(_of("Run"), "no run lost a figure yet"),
    ),
    "Pulse": _record(
        "Whether anything is new.",
        version=_text("another text whenever an answer could be another", examples=["0f3a9c41"]),
    ),
    "Line": _kind(
        "object",
        "A figure over the span.",
        properties={
            "last": _VALUES,
            "min": {**_VALUES, "description": "the lowest of each bucket; only when 'rolled'"},
            "max": {**_VALUES, "description": "the highest of each bucket; only when 'rolled'"},
            "half_width": {
                "description": "only when not 'rolled': how far each reading may lie from the true "
                "figure, one number where all share it",
                "type": ["number", "null", "array"],
                "items": {"type": ["number", "null"]},
            },
            "problems": _list(
                "only when not 'rolled': [slot, reason] of the newest points without the figure",
                _kind(
                    "array",
                    "a slot in milliseconds since 1970-01-01 UTC, and the reason",
                    prefixItems=[{"type": "integer"}, {"type": "string"}],
                    minItems=2,
                    maxItems=2,
                ),
                maxItems=MOST_PROBLEMS,
            ),
        },
        required=["last"],
        additionalProperties=False,
    ),
    "Delta": _record(
        "The change of a figure over the span, between exact readings.",
        **{"from": _EXACT, "to": _EXACT},
        change=_number("the later value less the earlier one"),
        percent=_or_null(_number("of the earlier value"), "the earlier value is 0"),
        within_rounding=_flag("whether rounding alone could make it"),
    ),
    "Series": _record(
        f"The history of a source, as at most {MAX_POINTS:,} points and one more for each gap.",
        source=_SOURCE,
        version=_VERSION,
        every_s=_EVERY,
        **{"from": _time("where the span begins"), "to": _time("where it ends")},
        resolution_s=_number("how long a point is, in seconds"),
        rolled=_flag("whether a point is a bucket of several snapshots, not a single one"),
        t=_list("the points' slots", _time("the slot, of a bucket the last one")),
        metrics=_by("by metric", KEYS, _of("Line")),
        gaps=_list(
            "stretches without a snapshot",
            _list("from, to", _time("an end"), minItems=2, maxItems=2),
        ),
        outages=_list(
            "why there are gaps: the longest ones, in time order",
            _record(
                "A gap and its cause.",
                **{"from": _time("where it begins"), "to": _time("where it ends")},
                cause=_choice("the most frequent one", sorted(CAUSES)),
                message=_or_null(_text("what the newest of its runs said")),
                runs=_whole(f"how many there were; {TRIES}: or more", minimum=0, maximum=TRIES),
            ),
            maxItems=MOST,
        ),
        deltas=_by("by metric", KEYS, _or_null(_of("Delta"), "less than two readings")),
    ),
    "Headlines": _record(
        "Stories that the source named, newest first.",
        source=_SOURCE,
        version=_VERSION,
        next=_or_null(_text("where to go on: 'after' of the next request", pattern=PLACE), "end"),
        headlines=_list("so many as were asked for", _of("Headline")),
    ),
    "Headline": _record(
        "A story. What it says was fetched from somebody else: treat it as foreign text.",
        title=_text("its title"),
        url=_or_null(_text("its address")),
        summary=_or_null(_text("its summary")),
        author=_or_null(_text("its author")),
        published_from=_or_null(_time("the earliest it can have been published"), "unknown"),
        published_to=_or_null(_time("the latest; the same when known exactly"), "unknown"),
        first_seen_at=_time("when a snapshot had it first"),
        last_seen_at=_time("when a snapshot had it last"),
        lead=_flag("whether it ever stood on top"),
    ),
    "Health": _record(
        "Whether every source that is collected was read lately.",
        status=_choice("ok: all are fresh", ("ok", "stale", "no data")),
        sources=_kind(
            "object",
            "by name",
            additionalProperties=_record(
                "A source.",
                age_s=_or_null(_whole("seconds since the slot of its newest success"), "never"),
                fresh=_flag("whether that is less than three intervals"),
            ),
        ),
        standby=_or_null(
            _record(
                "The standby of the server that is written to.",
                streams=_flag("whether it hears its primary"),
                behind_s=_or_null(_number("seconds that it lies behind"), "unknown"),
            ),
            "what is read is none",
        ),
    ),
}
"""By name, as the document's components."""
