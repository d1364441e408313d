"""Thinning: which captures are looked at, in which order, and when a span has enough."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from collectors.spans import Queue, Span, pass_over, plan
from data.captures import Capture
from tests.conftest import HOUR

DAY = timedelta(days=1)
MIDNIGHT = datetime(2024, 3, 1, tzinfo=UTC)


def at(hours: float, outcome: str | None = None) -> Capture:
    """A capture so many hours after midnight."""
    taken_at = MIDNIGHT + hours * HOUR
    return Capture("wayback", f"{taken_at:%d %H:%M}", taken_at, "", None, outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "held", "spans", "passed"),
    [
        ([], [], [], {}),
        ([1, 5, 23.5, 24], [], [["01 01:00", "01 05:00", "01 23:30"], ["02 00:00"]], {}),
        ([1, 5, 25], [5], [["02 01:00"]], {"01 01:00": "thinned", "01 05:00": "covered"}),
        ([5.2, 5.9], [5], [], {"01 05:12": "covered", "01 05:54": "covered"}),
        ([1], [24], [["01 01:00"]], {}),
    ],
)
def test_plan(
    hours: list[float], held: list[int], spans: list[list[str]], passed: dict[str, str]
) -> None:
    """One span a day; a day that has a snapshot, whoever took it, needs no other."""
    found, over = plan(map(at, hours), DAY, HOUR, {MIDNIGHT + hour * HOUR for hour in held})
    assert [[one.key for one in span] for span in found] == spans
    assert {one.key: why for one, why in over} == passed


def test_what_was_noted_stays_noted() -> None:
    """A capture that was passed over before is not passed over again."""
    assert pass_over([at(1, "thinned"), at(2, "covered")], HOUR, set()) == []


@dataclass
class Look:
    """A look that says when it was started and is there when it is told to be."""

    of: str
    there: bool = False

    def done(self) -> bool:
        """Whether it is there."""
        return self.there

    def result(self) -> str:
        """What was seen."""
        return self.of


class Looks:
    """Notes which looks were started."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.looks: dict[str, Look] = {}

    def __call__(self, capture: Capture) -> Look:
        """Start one."""
        self.started.append(capture.key)
        return self.looks.setdefault(capture.key, Look(capture.key))


SPANS: list[Span] = [[at(1), at(2), at(3)], [at(25), at(26)], [at(49)]]


def test_the_earliest_that_serves() -> None:
    """The next capture of a span is looked at only where the one before gave nothing."""
    looks = Looks()
    queue = Queue(SPANS, looks, ahead=1)
    served: dict[str, Callable[[], bool]] = {"01 02:00": lambda: True, "02 01:00": lambda: True}
    rests = []
    while queue:
        capture, seen = queue.result()
        assert seen == capture.key
        rest = queue.settle(served.get(seen, lambda: False)())
        rests.append(None if rest is None else [one.key for one in rest])
    assert looks.started == ["01 01:00", "01 02:00", "02 01:00", "03 01:00"]
    assert rests == [None, ["01 03:00"], ["02 02:00"], []]


def test_order_is_kept_with_looks_ahead() -> None:
    """Looks start before their turn, but results come in the order of time."""
    looks = Looks()
    queue = Queue(SPANS, looks, ahead=3)
    assert looks.started == ["01 01:00", "02 01:00", "03 01:00"]
    ready = []
    for key in ("02 01:00", "01 01:00"):
        looks.looks[key].there = True
        ready.append(queue.ready)
    assert ready == [False, True]
    order = []
    while queue:
        order.append(queue.result()[0].key)
        queue.settle(served=order[-1] != "01 01:00")
    assert order == ["01 01:00", "01 02:00", "02 01:00", "03 01:00"]
    assert not queue.ready
