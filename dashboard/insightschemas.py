"""What the API answers of what the figures do not say by themselves, as JSON Schemas."""

from typing import Final, get_args

from dashboard.flows import ROLLING
from dashboard.insights import MOST_MOVES
from dashboard.shapes import (
    OPTIONAL,
    SOURCE,
    VALUES,
    VERSION,
    Schema,
    choice,
    component,
    instant,
    many,
    mapping,
    number,
    or_null,
    record,
    text,
    whole,
)
from data.around import MOST as MOST_AROUND
from data.insight.flow import State
from data.model import KEYS, METRIC

INSIGHTS: Final[dict[str, Schema]] = {
    "Daily": record(
        "What each 24 hours brought to the rolling figures; estimates.",
        source=SOURCE,
        version=VERSION,
        **{"from": instant("where the span begins"), "to": instant("where it ends")},
        metrics=mapping("by rolling figure", ROLLING, component("Flow")),
    ),
    "Flow": record(
        "The days of a figure; lists of one length, empty unless 'state' is 'shown'.",
        unit=choice("the figure's", sorted({METRIC[key].unit for key in ROLLING})),
        state=choice("whether single days can be told", get_args(State)),
        days=whole("how long the whole history is, in days", minimum=0),
        note=or_null(text("why there are none, in a sentence"), "there are"),
        t=many("when each of the days began", instant("a day's begin")),
        value=many("the estimate, in the figure's unit; null: not known", OPTIONAL),
        low=many("where the interval begins that holds 9 days of 10", OPTIONAL),
        high=many("where it ends", OPTIONAL),
    ),
    "Moves": record(
        "Changes from one day to the next that are beyond the rounding and the usual.",
        source=SOURCE,
        version=VERSION,
        **{"from": instant("where the span begins"), "to": instant("where it ends")},
        total=whole("how many there are in the span", minimum=0),
        moves=many("the newest of them, newest first", component("Move"), maxItems=MOST_MOVES),
    ),
    "Move": record(
        "A change of a figure, in the figure's unit.",
        metric=choice("the figure", KEYS),
        since=instant("when the earlier reading was made"),
        at=instant("when the later one was made, 24 h ± 3 h after it"),
        before=number("the earlier value"),
        after=number("the later value"),
        change=number("the later value less the earlier one"),
        percent=or_null(number("of the earlier value"), "the earlier value is 0"),
        rounding=number("how far rounding lets the change be off", minimum=0),
        usual=number(
            "how far the changes of the 90 days before lie from their median, by the median",
            minimum=0,
        ),
        leaves=or_null(
            instant("'at' of the move the other way whose day leaves the 30 days now"), "none does"
        ),
        headlines=many(
            "those that stand within 24 h of 'at', newest first; no cause is meant",
            component("Headline"),
            maxItems=MOST_AROUND,
        ),
        headlines_total=whole("how many headlines stand there", minimum=0),
    ),
    "Ratio": record(
        "A figure of one source divided by another source's; they are never spliced.",
        source=SOURCE,
        other=text("the source that it is divided by", examples=["defillama"]),
        metric=choice("the figure", KEYS),
        version=text("another text when either source changed"),
        **{"from": instant("where the span begins"), "to": instant("where it ends")},
        t=many("every midnight (UTC) from the first ratio to the last", instant("a midnight")),
        ratio=many(
            "one for each of 't'; null: one of the two was not read around it, or the divisor "
            "may be 0",
            OPTIONAL,
        ),
        low={**VALUES, "description": "the least that it can be, by the rounding of both"},
        high={**VALUES, "description": "the most that it can be"},
        note=text("what the two sources say they count; neither is the right one"),
    ),
}
"""By name."""
