"""The forms of the sources' status: a table for a person, JSON."""

import json
from collections.abc import Sequence
from datetime import datetime

from data.columns import columns
from data.harmless import harmless
from data.model import SAMPLE
from data.status import COLOURS, STATES, Status
from data.times import shown_age

HEADS = ("source", "state", "last success", "next slot", "missed (30 d)", "late", "pages")


def as_json(found: Sequence[Status], waiting: int) -> str:
    """One object; ``waiting`` runs are in the outbox."""
    form = {"sources": [one.json() for one in found], "outbox": waiting}
    return json.dumps(form, ensure_ascii=False) + "\n"


def text(found: Sequence[Status], waiting: int, at: datetime) -> str:
    """A line a source, then their last errors; ``waiting`` runs are in the outbox."""
    rows = [
        (
            f"{one.source} (synthetic)" if one.source == SAMPLE else one.source,
            f"[{COLOURS[one.state]}]{STATES[one.state]}[/]",
            "never" if one.age is None else f"{shown_age(one.age)} ago",
            f"in {shown_age(one.next_slot - at)}",
            f"{one.missed} of {one.expected}",
            str(one.late),
            str(one.pages),
        )
        for one in found
    ]
    # Below the table, as they are: a column is too narrow, and brackets would be rich's markup.
    errors = [
        f"{one.source}: last error {shown_age(at - error.started_at)} ago: "
        f"{harmless(error.message or '')}\n"
        for one in found
        if (error := one.last_error) is not None
    ]
    outbox = [f"outbox: {waiting} runs wait for the store\n"] if waiting else []
    return "".join([columns(dict.fromkeys(HEADS, "left"), rows, None), *errors, *outbox])
