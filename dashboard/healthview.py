"""What the collectors' page says of each source, as texts in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.words import Teller
from data.model import SAMPLE, Run, iso
from data.standby import Standby
from data.status import Status
from data.strip import OUTCOMES, Cell, SlotOutcome, Strip
from data.times import age, shown_duration


@dataclass(frozen=True, slots=True)
class View:
    """The page in one language at one moment."""

    tell: Teller
    at: datetime
    said: dict[tuple[Any, ...], str] = field(default_factory=dict)
    """Parts of the cells' titles."""

    def page(
        self, found: Sequence[tuple[Status, str]], waiting: int, read: Standby | None = None
    ) -> dict[str, Any]:
        """What the template takes: each source's status comes with its label.

        ``read``: the standby that it was told from, if it was one.
        """
        tell = self.tell
        strips = any(one.strip.counts for one, _ in found if one.state != "sample")
        return {
            "tell": tell,
            "lang": tell.lang,
            "at": self.moment(self.at),
            "sources": [self.source(one, label) for one, label in found],
            "summary": self.summary([one for one, _ in found]),
            "waiting": tell.count("outbox", waiting) if waiting else None,
            "late": self.late(read) if read is not None and read.late else None,
            "legend": [(name, tell(f"slot.{name}")) for name in OUTCOMES] if strips else [],
        }

    def late(self, read: Standby) -> str:
        """That the standby shows an older state than there is."""
        age = self.age(read.behind) if read.behind is not None else "?"
        return self.tell("standby.behind" if read.streams else "standby.alone", age=age)

    def summary(self, found: Sequence[Status]) -> str:
        """How many sources there are and how they are doing; the sample is none of them."""
        states = [one.state for one in found if one.state != "sample"]
        if not states:
            return ""
        parts = [
            self.tell(f"count.{state}", n=states.count(state)) for state in dict.fromkeys(states)
        ]
        return f"{self.tell.count('summary', len(states))}: {', '.join(parts)}."

    def source(self, one: Status, label: str) -> dict[str, Any]:
        """One source: its facts as texts, its strip and its errors."""
        tell = self.tell
        name = tell("synthetic", name=label) if one.source == SAMPLE else label
        return {
            "key": one.source,
            "name": name,
            "state": one.state,
            "word": tell(f"state.{one.state}"),
            "success": self.ago(one.age) if one.age is not None else tell("success.never"),
            "success_at": one.last_success and self.moment(one.last_success),
            "next": tell("next.in", age=self.age(one.next_slot - self.at), every=self.every(one)),
            "next_at": self.moment(one.next_slot),
            "missed": tell.count("missed.of", one.expected, missed=one.missed),
            "late": tell.count("late.of", one.late),
            "pages": tell("number", n=one.pages),
            "strip": self.strip(one.strip) if one.strip.counts else None,
            "errors": [self.error(run) for run in one.errors],
            "more": tell.count("errors.more", len(one.errors) - 1),
        }

    def strip(self, strip: Strip) -> dict[str, Any]:
        """The cells with their titles, the sentence that says the same, the days at the ends."""
        total = sum(strip.counts.values())
        start, end = strip.cells[0].start, strip.cells[-1].end
        return {
            "cells": [(cell.worst or "before", self.title(cell)) for cell in strip.cells],
            "sentence": self.tell.count("slots.some", total, parts=self.parts(strip.counts)),
            "days": [self.day(start), self.day(start + (end - start) / 2)],
        }

    def title(self, cell: Cell) -> str:
        """When a cell's slots were, and what became of them; most say what others said before."""
        when, what = (cell.start, cell.end), tuple(cell.counts.items())
        if when not in self.said:
            self.said[when] = self.span(*when)
        if what not in self.said:
            self.said[what] = self.parts(cell.counts) or self.tell("slots.before")
        return f"{self.said[when]}: {self.said[what]}"

    def span(self, start: datetime, end: datetime) -> str:
        """The time of a cell's slots."""
        month = self.tell(f"month.{start.month}")
        clocks = {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}"}
        return self.tell("span", day=start.day, month=month, **clocks)

    def parts(self, counts: Mapping[SlotOutcome, int]) -> str:
        """The outcomes that there are, best first, with their numbers."""
        return ", ".join(
            self.tell("slots.part", n=counts[name], outcome=self.tell(f"slot.{name}"))
            for name in OUTCOMES
            if counts.get(name)
        )

    def error(self, run: Run) -> dict[str, Any]:
        """A run that did not come to a whole snapshot."""
        facts = [run.error_kind, run.http_status and f"HTTP {run.http_status}"]
        facts.append(self.tell.count("attempts", run.attempts) if run.attempts else None)
        return {
            "ago": self.ago(self.at - run.started_at),
            "at": self.moment(run.started_at),
            "outcome": run.outcome,
            "word": self.tell(f"outcome.{run.outcome}"),
            "message": run.message or self.tell("errors.unsaid"),
            "facts": [fact for fact in facts if fact],
        }

    def moment(self, instant: datetime) -> tuple[str, str]:
        """A time for the machine and for the reader, in UTC."""
        whole = instant.replace(microsecond=0)
        month = self.tell(f"month.{whole.month}")
        clock = f"{whole:%H:%M}"
        text = self.tell("time", day=whole.day, month=month, year=str(whole.year), clock=clock)
        return iso(whole), text

    def day(self, instant: datetime) -> str:
        """A day of the year."""
        return self.tell("day", day=instant.day, month=self.tell(f"month.{instant.month}"))

    def age(self, span: timedelta) -> str:
        """A span in its unit."""
        number, unit = age(span)
        return self.tell(f"unit.{unit}", n=number)

    def ago(self, span: timedelta) -> str:
        """How long ago something was."""
        return self.tell("ago", age=self.age(span))

    def every(self, one: Status) -> str:
        """How often a source is looked at."""
        text = shown_duration(one.every)
        unit = {"m": "min"}.get(text[-1], text[-1])
        return self.tell(f"unit.{unit}", n=text[:-1])
