"""What :mod:`data.insight.unroll` answers: days with their intervals, or why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from data.insight.unroll import Learnt

State = Literal["shown", "short", "coarse", "unfit"]
SHORTEST: Final = 45
"""Days that a history must span."""
INSIDE: Final = 0.9
"""How likely it is that a day lies in its interval."""
_NOTES: Final[Mapping[State, str]] = {
    "short": "Single days are worked out from {least} days of history on; there are {days} so far.",
    "coarse": "Single days cannot be told: the readings are too far apart or too roughly rounded.",
    "unfit": "Single days cannot be told: the readings contradict each other, as after a recount.",
}


@dataclass(frozen=True, slots=True)
class Daily:
    """The flow of each 24 hours, in the metric's unit; empty unless ``state`` is ``shown``.

    ``short``: the history is too short. ``coarse``: readings are too far apart or too roughly
    rounded. ``unfit``: no flow has these sums.
    """

    state: State
    starts: Sequence[int] = ()
    """When each of the days began, in ms since the epoch."""
    values: Sequence[float | None] = ()
    """None where the readings do not tell the day."""
    low: Sequence[float | None] = ()
    """Where the interval begins and ends, in which a day lies with a probability of INSIDE."""
    high: Sequence[float | None] = ()
    span: int = 0
    """How long the history is, in whole days."""
    learnt: "Learnt | None" = None

    @property
    def note(self) -> str | None:
        """Why there are no days; None where there are."""
        note = _NOTES.get(self.state)
        return note and note.format(least=SHORTEST, days=self.span)
