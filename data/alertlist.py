"""The rules and what became of them: what holds now, and what was told last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.alerts import KNOWN
from data.connection import Row
from data.jsonform import iso_or_none
from data.model import KEYS, iso
from data.rules import WAYS, WITHIN, AlertSettings, RuleSettings
from data.schema import alerts
from data.statements import select
from data.store import Store
from data.times import shown_duration


@dataclass(frozen=True, slots=True)
class Listed:
    """One rule at one source."""

    rule: str
    source: str
    looks_for: str
    is_given: bool
    """Whether the source gives the figure that it is about, as far as is known."""
    known_since: datetime | None
    """None: it was never looked at."""
    holds_since: datetime | None
    """Of a rule about a state; None: it does not hold."""
    last: Row | None
    """What it found last."""

    @property
    def sentence(self) -> str:
        """Its lines for a person."""
        line = f"{self.rule}, {self.source}: {self.looks_for}: {self._state}"
        if self.last is None:
            return line
        told = (
            "not told to all yet" if self.last.told_at is None else f"told {iso(self.last.told_at)}"
        )
        error = f", {self.last.error}" if self.last.error else ""
        text = "\n".join(f"    {one}" for one in self.last.text.splitlines())
        return f"{line}\n  last ({told}{error}):\n{text}"

    @property
    def _state(self) -> str:
        if not self.is_given:
            return "never, for the source does not give that figure"
        if self.holds_since is not None:
            return f"holds since {iso(self.holds_since)}"
        return "was never looked at" if self.known_since is None else "does not hold"

    def json(self) -> dict[str, Any]:
        """The object that ``alerts list --json`` prints."""
        last = self.last
        return {
            "rule": self.rule,
            "source": self.source,
            "looks_for": self.looks_for,
            "is_given": self.is_given,
            "known_since": iso_or_none(self.known_since),
            "holds_since": iso_or_none(self.holds_since),
            "last": last
            and {
                "since": iso(last.since),
                "cleared_at": iso_or_none(last.cleared_at),
                "told_at": iso_or_none(last.told_at),
                "attempts": last.attempts,
                "error": last.error,
                "text": last.text,
            },
        }


def listed(store: Store, settings: AlertSettings, sources: Sequence[str]) -> list[Listed]:
    """Each rule at each of the sources that it is about, in their order. Raises StoreError."""
    query = select(alerts).order_by(alerts.c.since.desc())
    with store.reading() as connection:
        rows = connection.execute(query).all()
    given = {info.source: info.about.metrics for info in store.sources()}
    return [
        _listed(
            name,
            source,
            rule,
            rule.metric in (None, *given.get(source, KEYS)),
            [one for one in rows if one.source == source],
        )
        for name, rule in settings.rules.items()
        for source in sources
        if rule.source in (None, source)
    ]


def _listed(
    name: str, source: str, rule: RuleSettings, is_given: bool, found: Sequence[Row]
) -> Listed:
    rows = [row for row in found if row.rule == rule.known_as(name)]
    states: Mapping[str, Row] = {row.state: row for row in reversed(rows)}
    known, holds = states.get(KNOWN), states.get("holds")
    return Listed(
        rule=name,
        source=source,
        looks_for=looks_for(rule),
        is_given=is_given,
        known_since=known.since if known else None,
        holds_since=holds.since if holds else None,
        last=next((row for row in rows if row.state != KNOWN), None),
    )


def looks_for(rule: RuleSettings) -> str:
    """A rule in words."""
    if rule.kind in WAYS:
        within = shown_duration(rule.within or WITHIN)
        return f"{rule.metric} {rule.kind} by more than {getattr(rule, rule.kind)} within {within}"
    if rule.kind == "missed":
        return f"no figure for {rule.missed} slots"
    if rule.kind == "moves":
        return f"moves of {rule.metric or 'any figure'}"
    return f"headlines with {', '.join(rule.words)}"
