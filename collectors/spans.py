"""Thinning: one capture a span, the earliest that can be read, looked at in the order of time."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from data.captures import Capture, CaptureOutcome
from data.model import slot_of

_Seen = TypeVar("_Seen", covariant=True)
_Any = TypeVar("_Any")

Span = Sequence[Capture]
"""Captures of one span, oldest first."""


class Pending(Protocol[_Seen]):
    """A look that may still be under way."""

    def done(self) -> bool:
        """Whether :meth:`result` would not wait."""

    def result(self) -> _Seen:
        """The look, when it is there."""


def plan(
    captures: Iterable[Capture],
    every: timedelta,
    slot_every: timedelta,
    held: Collection[datetime],
) -> tuple[list[Span], list[tuple[Capture, CaptureOutcome]]]:
    """The spans that need a look, and the captures that need none and why.

    ``captures`` in order of time; ``held``: the slots that have a snapshot. A span that has one
    already, whoever took it, needs no other.
    """
    served = {slot_of(slot, every) for slot in held}
    spans: list[Span] = []
    passed: list[tuple[Capture, CaptureOutcome]] = []
    for start, group in groupby(captures, lambda one: slot_of(one.taken_at, every)):
        if start not in served:
            spans.append(list(group))
        else:
            passed += pass_over(group, slot_every, held)
    return spans, passed


def pass_over(
    captures: Iterable[Capture], slot_every: timedelta, held: Collection[datetime]
) -> list[tuple[Capture, CaptureOutcome]]:
    """What to note of captures that nobody will look at, where nothing is noted yet."""
    return [
        (one, "covered" if slot_of(one.taken_at, slot_every) in held else "thinned")
        for one in captures
        if one.outcome is None
    ]


class Queue(Generic[_Any]):
    """Looks at the first capture of each span, at the next one only where that gave nothing.

    Up to ``ahead`` spans are started before their turn, but results come in order of time: what
    is judged by the history before it must not be stored before that history.
    """

    def __init__(
        self, spans: Iterable[Span], start: Callable[[Capture], Pending[_Any]], ahead: int
    ) -> None:
        self._spans = iter(spans)
        self._start = start
        self._waiting: deque[tuple[Span, Pending[_Any]]] = deque()
        for _ in range(ahead):
            self._start_next()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def _start_next(self) -> None:
        span = next(self._spans, None)
        if span is not None:
            self._waiting.append((span, self._start(span[0])))

    @property
    def ready(self) -> bool:
        """Whether the next result is there already."""
        return bool(self) and self._waiting[0][1].done()

    def result(self) -> tuple[Capture, _Any]:
        """The next capture and what was seen; waits for it."""
        span, look = self._waiting[0]
        return span[0], look.result()

    def settle(self, served: bool) -> Span | None:
        """Go on after a result: the rest of its span when that is done, else None."""
        (_, *rest), _ = self._waiting.popleft()
        if rest and not served:
            self._waiting.appendleft((rest, self._start(rest[0])))
            return None
        self._start_next()
        return rest
