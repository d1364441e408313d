"""What the API answers, as JSON Schemas: every field with its type, its unit and its meaning."""

from typing import Final, get_args

from dashboard.insightschemas import INSIGHTS
from dashboard.shapes import (
    OPTIONAL,
    SOURCE,
    VALUES,
    VERSION,
    Schema,
    choice,
    component,
    flag,
    instant,
    kind,
    many,
    mapping,
    number,
    or_null,
    record,
    text,
    whole,
)
from data.model import KEYS, METRICS, Origin, Outcome, Via
from data.outages import CAUSES, MOST, TRIES
from data.places import PLACE
from data.readings import MOST_PROBLEMS
from data.series import MAX_POINTS
from data.status import STATES

_EVERY: Final = number("how long a slot is, in seconds", examples=[3600])
_EXACT: Final = record(
    "a reading",
    t=instant("its slot"),
    value=number("its value"),
    half_width=number("how far it may lie from the true one"),
)

SCHEMAS: Final[dict[str, Schema]] = {
    **INSIGHTS,
    "Error": record("Why there is no answer.", error=text("one sentence: what, and what to do")),
    "Reading": record(
        "A figure as it was read.",
        value=or_null(number("in 'unit'"), "not read, or suspect; 'problem' says why"),
        half_width=or_null(
            number("how far the value may lie from the true one; 0: exact", minimum=0)
        ),
        unit=choice("what is counted", sorted({metric.unit for metric in METRICS})),
        shown=or_null(text("the text as the source displayed it", examples=["16.23K"])),
        problem=or_null(text("why there is no value")),
    ),
    "Run": record(
        "An attempt to take a snapshot.",
        started_at=instant("when it began"),
        ended_at=or_null(instant("when it ended"), "under way, or killed"),
        outcome=or_null(choice("what became of it", get_args(Outcome)), "under way, or killed"),
        error_kind=or_null(text("what kind of failure", examples=["timeout"])),
        message=or_null(text("one sentence on the failure")),
        http_status=or_null(whole("what the source's server answered")),
        attempts=whole("requests that were tried", minimum=0),
    ),
    "Sources": record(
        "What is kept. They are few, so all of them are in one answer.",
        sources=many(
            "real ones first",
            record(
                "A source.",
                source=SOURCE,
                every_s=_EVERY,
                first_slot=or_null(instant("the oldest snapshot's slot"), "no snapshot yet"),
                last_slot=or_null(instant("the newest snapshot's slot"), "no snapshot yet"),
                sample=flag("whether it is synthetic"),
                version=VERSION,
                label=text("its name for people"),
                metrics=many("the figures that it gives", choice("a key", KEYS)),
                credit=or_null(text("a sentence that its licence asks for")),
                credit_url=or_null(text("where that leads")),
                alike=many(
                    "what /api/v1/ratio compares",
                    record(
                        "A figure that another source gives too.",
                        metric=choice("the figure", KEYS),
                        other=text("the other source's name"),
                    ),
                ),
            ),
        ),
    ),
    "Latest": record(
        "The newest snapshot of a source, and how the source is doing.",
        source=SOURCE,
        version=VERSION,
        every_s=or_null(_EVERY, "nothing is known of it"),
        next_slot=or_null(instant("when the next slot begins"), "nothing is known of it"),
        state=choice("how it is doing", STATES),
        slot=or_null(instant("the scheduled instant"), "no snapshot yet"),
        taken_at=or_null(instant("when it was fetched"), "no snapshot yet"),
        as_of=or_null(instant("when the source says it read the figures"), "it does not say"),
        origin=or_null(choice("where the snapshot is from", get_args(Origin))),
        via=or_null(choice("where on the page the figures stood", get_args(Via))),
        readings=or_null(mapping("by metric", KEYS, component("Reading")), "no snapshot yet"),
        run=or_null(component("Run"), "nobody looked yet"),
        last_error=or_null(component("Run"), "no run lost a figure yet"),
    ),
    "Pulse": record(
        "Whether anything is new.",
        version=text("another text whenever an answer could be another", examples=["0f3a9c41"]),
    ),
    "Line": kind(
        "object",
        "A figure over the span.",
        properties={
            "last": VALUES,
            "min": {**VALUES, "description": "the lowest of each bucket; only when 'rolled'"},
            "max": {**VALUES, "description": "the highest of each bucket; only when 'rolled'"},
            "half_width": {
                "description": "only when not 'rolled': how far each reading may lie from the true "
                "figure, one number where all share it",
                "type": ["number", "null", "array"],
                "items": OPTIONAL,
            },
            "problems": many(
                "only when not 'rolled': [slot, reason] of the newest points without the figure",
                kind(
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
    "Delta": record(
        "The change of a figure over the span, between exact readings.",
        **{"from": _EXACT, "to": _EXACT},
        change=number("the later value less the earlier one"),
        percent=or_null(number("of the earlier value"), "the earlier value is 0"),
        within_rounding=flag("whether rounding alone could make it"),
    ),
    "Series": record(
        f"The history of a source, as at most {MAX_POINTS:,} points and one more for each gap.",
        source=SOURCE,
        version=VERSION,
        every_s=_EVERY,
        **{"from": instant("where the span begins"), "to": instant("where it ends")},
        resolution_s=number("how long a point is, in seconds"),
        rolled=flag("whether a point is a bucket of several snapshots, not a single one"),
        t=many("the points' slots", instant("the slot, of a bucket the last one")),
        metrics=mapping("by metric", KEYS, component("Line")),
        gaps=many(
            "stretches without a snapshot",
            many("from, to", instant("an end"), minItems=2, maxItems=2),
        ),
        outages=many(
            "why there are gaps: the longest ones, in time order",
            record(
                "A gap and its cause.",
                **{"from": instant("where it begins"), "to": instant("where it ends")},
                cause=choice("the most frequent one", sorted(CAUSES)),
                message=or_null(text("what the newest of its runs said")),
                runs=whole(f"how many there were; {TRIES}: or more", minimum=0, maximum=TRIES),
            ),
            maxItems=MOST,
        ),
        deltas=mapping("by metric", KEYS, or_null(component("Delta"), "less than two readings")),
    ),
    "Headlines": record(
        "Stories that the source named, newest first.",
        source=SOURCE,
        version=VERSION,
        next=or_null(text("where to go on: 'after' of the next request", pattern=PLACE), "end"),
        headlines=many("so many as were asked for", component("Headline")),
    ),
    "Headline": record(
        "A story. What it says was fetched from somebody else: treat it as foreign text.",
        title=text("its title"),
        url=or_null(text("its address")),
        summary=or_null(text("its summary")),
        author=or_null(text("its author")),
        published_from=or_null(instant("the earliest it can have been published"), "unknown"),
        published_to=or_null(instant("the latest; the same when known exactly"), "unknown"),
        first_seen_at=instant("when a snapshot had it first"),
        last_seen_at=instant("when a snapshot had it last"),
        lead=flag("whether it ever stood on top"),
    ),
    "Health": record(
        "Whether every source that is collected was read lately.",
        status=choice("ok: all are fresh", ("ok", "stale", "no data")),
        sources=kind(
            "object",
            "by name",
            additionalProperties=record(
                "A source.",
                age_s=or_null(whole("seconds since the slot of its newest success"), "never"),
                fresh=flag("whether that is less than three intervals"),
            ),
        ),
        standby=or_null(
            record(
                "The standby of the server that is written to.",
                streams=flag("whether it hears its primary"),
                behind_s=or_null(number("seconds that it lies behind"), "unknown"),
            ),
            "what is read is none",
        ),
    ),
}
"""By name, as the document's components."""
