"""What became of a run: its outcome, its exit code and how it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from data.harmless import harmless
from data.jsonform import to_json
from data.model import Look, Outcome, Snapshot, iso

EXIT: Final[dict[Outcome, int]] = {
    "stored": 0,
    "duplicate": 0,
    "unchanged": 0,
    "partial": 3,
    "failed": 4,
    "outbox": 5,
}
"""The exit code of each outcome; of several runs the worst counts."""

STORE: Final = "store"
"""The error kind of a run that could not reach the store."""

READING: Final = "reading"
"""The error kind of a page that was not read fully."""

JSON_KEYS: Final = (
    "source",
    "slot",
    "taken_at",
    "as_of",
    "origin",
    "outcome",
    "via",
    "readings",
    "headlines",
    "error",
)
"""What ``collect --json`` prints of a run, in this order."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one run."""

    source: str
    slot: datetime
    outcome: Outcome
    snapshot: Snapshot | None = None
    error: str | None = None
    kind: str | None = None
    """The error's kind, as the journal keeps it."""

    @property
    def exit_code(self) -> int:
        """The command's exit code for this run."""
        return EXIT["outbox"] if self.kind == STORE else EXIT[self.outcome]

    def json(self) -> dict[str, Any]:
        """The object that ``collect --json`` prints."""
        known = to_json(self.snapshot) if self.snapshot else {"readings": {}, "headlines": []}
        known |= {
            "source": self.source,
            "slot": iso(self.slot),
            "outcome": self.outcome,
            "error": self.error,
        }
        return {key: known.get(key) for key in JSON_KEYS}

    @property
    def sentence(self) -> str:
        """One line for a person."""
        words = {"duplicate": "already there", "outbox": "kept in the outbox"}
        line = f"{self.source} {iso(self.slot)}: {words.get(self.outcome, self.outcome)}"
        return f"{line}: {harmless(self.error)}" if self.error else line


def told(snapshot: Snapshot, url: str) -> Result:
    """What a look at ``url`` is worth, whatever the store makes of it."""
    look, source, slot = snapshot.look, snapshot.source, snapshot.slot
    if look.empty:
        return Result(source, slot, "failed", snapshot, _why_empty(look, url), READING)
    if look.complete:
        return Result(source, slot, "stored", snapshot)
    return Result(source, slot, "partial", snapshot, _missing(look), READING)


def _missing(look: Look) -> str:
    reasons = [
        f"{key}: {reading.problem or 'not read'}"
        for key, reading in look.readings.items()
        if reading.value is None
    ]
    return "; ".join(reasons) + "."


def _why_empty(look: Look, url: str) -> str:
    if look.via is None:
        return f"{url} has none of its figures: nothing was stored."
    return f"{url} has no figure to trust: {_missing(look)}"
