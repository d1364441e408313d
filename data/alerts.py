"""What was told: the state of each condition in the store, told once and once more when it clears.

A text that is to be told is claimed in one write transaction, told outside of it, and then marked
as told. Of several processes one gets the claim. One that is killed in between leaves a claim that
runs out: its text is told again, so at least once, and more than once only then.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.connection import Connection, Row
from data.insight.conditions import Condition, utc
from data.insight.daily import DAY_MS, SLACK_MS
from data.model import MILLISECOND
from data.schema import alerts
from data.sql import Expression, and_
from data.statements import delete, insert, select, update
from data.store import Store

LEASE: Final = timedelta(minutes=2)
"""How long a text is left to who claimed it: longer than telling ever takes."""
AT_ONCE: Final = 50
"""Texts claimed together: what can be told within LEASE. The others wait for the next time."""
KEPT: Final = timedelta(days=30)
"""How long an event that was told is remembered; it is no news long before."""
AHEAD: Final = timedelta(hours=1)
"""What lies so far in the future was noted by a clock that ran ahead, and no longer counts."""
APART: Final = (DAY_MS + SLACK_MS) * MILLISECOND
"""Moves of a figure in one direction that lie closer compare days that overlap: they are one,
unless the later one leads farther by its step."""
MOST_LINES: Final = 12
"""Of a text that says what it follows."""
KNOWN: Final = "known"
"""The state of the row that says since when a rule is there (its key is empty)."""
NOBODY: Final = "[]"
"""The column ``told`` of what nobody has yet."""

Found = Mapping[tuple[str, str], Sequence[Condition]]
"""What was found, by source and rule; with nothing, the rule was looked at all the same."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A text that one process is to tell."""

    source: str
    rule: str
    key: str
    text: str
    told: frozenset[str]
    """Names of the addresses that have it already."""

    @property
    def place(self) -> Expression:
        """Its row."""
        return is_alert(self.source, self.rule, self.key)


def is_alert(source: str, rule: str, key: str) -> Expression:
    """The condition that names one row."""
    return and_(alerts.c.source == source, alerts.c.rule == rule, alerts.c.key == key)


def take(store: Store, found: Found, at: datetime, claim: str) -> list[Letter]:
    """Note what was found, and claim what is to be told of these rules; nothing is written for
    nothing.

    ``claim`` is a name of its own for each call.
    """
    with store.reading() as connection:
        rows = _rows(connection, found)
        changes = _changes(rows, found, at)
        waiting = [row for row in rows if _is_free(row, at)]
    if not changes and not waiting:
        return []
    with store.writing() as connection:
        rows = _rows(connection, found)
        for place, values in _changes(rows, found, at).items():
            _put(connection, place, values)
        gone = (alerts.c.state == "event") & (alerts.c.since < at - KEPT)
        connection.execute(delete(alerts).where(gone))
        return _claimed(connection, found, at, claim)


def mark(
    store: Store,
    letters: Sequence[Letter],
    told: frozenset[str],
    to: Sequence[str],
    why: str,
    at: datetime,
    claim: str,
) -> None:
    """Note which addresses have the texts of a claim by now, and give the claim back."""
    with store.writing() as connection:
        for letter in letters:
            have = letter.told | told
            done = have >= set(to)
            values = {
                "told": json.dumps(sorted(have)),
                "told_at": at if done else None,
                "error": None if done else why,
                "claimed_by": None,
                "claimed_until": None,
            }
            mine = alerts.c.claimed_by == claim
            connection.execute(update(alerts).where(letter.place, mine).values(**values))


def _rows(connection: Connection, found: Found) -> list[Row]:
    sources, rules = {source for source, _ in found}, {rule for _, rule in found}
    query = select(alerts).where(alerts.c.source.in_(sources), alerts.c.rule.in_(rules))
    return [row for row in connection.execute(query) if (row.source, row.rule) in found]


def _is_free(row: Row, at: datetime) -> bool:
    return row.told_at is None and (row.claimed_until is None or row.claimed_until <= at)


def _changes(
    rows: Sequence[Row], found: Found, at: datetime
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What is to be written of what was found, by the rows' keys."""
    held = {(row.source, row.rule, row.key): row for row in rows}
    changes = {}
    for rule, conditions in found.items():
        known = held.get((*rule, ""))
        if known is None or known.since > at + AHEAD:
            known = None
            changes[*rule, ""] = _new(KNOWN, at, "") | {"told_at": at}
        for one in conditions:
            row = held.get((*rule, one.key))
            values = _change(row, one, at if known is None else known.since, at + AHEAD)
            if values is not None:
                changes[*rule, one.key] = values
    return changes


def _change(
    row: Row | None, found: Condition, known: datetime, ahead: datetime
) -> dict[str, Any] | None:
    """What becomes of a row; None: nothing.

    Who read the store before another one changed the row does not change it back: readings only
    count that are newer than the last change, unless that is further ``ahead``.
    """

    def is_newer(than: datetime, by: timedelta = timedelta(milliseconds=1)) -> bool:
        return than > ahead or found.at - than >= by

    if found.state == "event":
        leads_on = row is not None and is_newer(row.since) and _leads_on(row, found)
        if found.at <= known or not (row is None or is_newer(row.since, APART) or leads_on):
            return None
        untold = [row.text] if row is not None and row.told_at is None else []
        event = _new("event", found.at, "\n".join([*untold, found.text]))
        return event | {"level": found.level}
    if row is None or row.state == "cleared":
        begins = found.state == "holds" and (row is None or is_newer(row.cleared_at))
        if not begins:
            return None
        waits = row is not None and row.told_at is None
        ended = f"It had ended at {utc(row.cleared_at)}." if row and waits else ""
        return _new("holds", found.at, _after(found.text, row, ended))
    if found.state == "holds" or not is_newer(row.since):
        return None
    text = _after(f"No more: {found.text}", row, f"It began at {utc(row.since)}.")
    return _new("cleared", row.since, text) | {"cleared_at": found.at}


def _leads_on(row: Row, found: Condition) -> bool:
    known = row.level is not None and found.level is not None
    return known and found.level - row.level > found.step


def _after(text: str, row: Row | None, known: str) -> str:
    """The text, and what it follows: all of that to who was told nothing of it, else ``known``."""
    before = row.text if row is not None and row.told == NOBODY else known
    lines = [text, *before.splitlines()]
    more = ["It had begun and ended before that, too."] if len(lines) > MOST_LINES else []
    return "\n".join([*lines[:MOST_LINES], *more])


def _new(state: str, since: datetime, text: str) -> dict[str, Any]:
    nothing = ("cleared_at", "told_at", "error", "claimed_by", "claimed_until", "level")
    new = {"state": state, "since": since, "text": text, "told": NOBODY, "attempts": 0}
    return new | dict.fromkeys(nothing)


def _put(connection: Connection, place: tuple[str, str, str], values: Mapping[str, Any]) -> None:
    key = dict(zip(("source", "rule", "key"), place, strict=True))
    statement = insert(alerts).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[*key], set_=values))


def _claimed(connection: Connection, found: Found, at: datetime, claim: str) -> list[Letter]:
    rows = [row for row in _rows(connection, found) if _is_free(row, at)]
    letters = []
    # Those that were tried wait behind the new ones: an address that is away holds up no other.
    for row in sorted(rows, key=lambda row: (row.attempts, row.since))[:AT_ONCE]:
        told = frozenset(json.loads(row.told))
        letters.append(Letter(row.source, row.rule, row.key, row.text, told))
        values = {"claimed_by": claim, "claimed_until": at + LEASE, "attempts": row.attempts + 1}
        place = is_alert(row.source, row.rule, row.key)
        connection.execute(update(alerts).where(place).values(**values))
    return letters
