"""Lines of the tables in BENCHMARKS.md: what was measured, beside whom, whether it is enough."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import median
from typing import Final, TypeVar

MS: Final = "{:,.0f} ms"
T = TypeVar("T")
Beside = tuple[str, str]
"""A peer's name, and what it took as printed."""
ALONE: Final[Beside] = ("", "")
HEAD: Final = ("", "Masthead", "peer", "its result", "ratio", "target")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: every text as it is printed, "" where there is no peer."""

    what: str
    masthead: str
    peer: str
    peers: str
    ratio: str
    target: str
    met: bool
    missed_by: float = 0.0
    """As a part of the target: 0.1 is a tenth."""
    why: str = ""
    """What keeps it from being better; printed only where the target is missed."""


def in_turn(ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each way gives, round by round; each round begins with another."""
    names, found = list(ways), {name: list[T]() for name in ways}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(ways[name]())
    return found


def faster(
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    target: float,
    form: str = MS,
    why: str = "",
) -> Line:
    """How many times longer the peer takes: the median of the pairs' ratios, at least ``target``.

    ``form`` shows the medians of what was measured, in its unit.
    """
    ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
    shown = (form.format(median(ours)), peer, form.format(median(theirs)), times(ratio))
    short = _under(ratio, target)
    return Line(what, *shown, f"≥ {target:g} ×", not short, short, why)


def more(
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    target: float,
    form: str,
    why: str = "",
) -> Line:
    """How many times as much ours gives, at least ``target``: for rates what ``faster`` is."""
    line = faster(what, [1 / our for our in ours], peer, [1 / their for their in theirs], target)
    return replace(
        line, masthead=form.format(median(ours)), peers=form.format(median(theirs)), why=why
    )


def within(
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    target: float,
    form: str = MS,
    why: str = "",
) -> Line:
    """How many times as long ours takes: the median of the pairs' ratios, at most ``target``."""
    ratio = median(our / their for our, their in zip(ours, theirs, strict=True))
    shown = (form.format(median(ours)), peer, form.format(median(theirs)), times(ratio))
    short = _over(ratio, target)
    return Line(what, *shown, f"≤ {target:g} ×", not short, short, why)


def at_most(
    what: str, value: float, target: float, form: str, beside: Beside = ALONE, why: str = ""
) -> Line:
    """A value that may not be larger than ``target``, whatever others do."""
    short = _over(value, target)
    limit = f"≤ {form.format(target)}"
    return Line(what, form.format(value), *beside, "", limit, not short, short, why)


def at_least(
    what: str, value: float, target: float, form: str, beside: Beside = ALONE, why: str = ""
) -> Line:
    """A value that may not be smaller than ``target``, whatever others do."""
    short = _under(value, target)
    limit = f"≥ {form.format(target)}"
    return Line(what, form.format(value), *beside, "", limit, not short, short, why)


def told(
    what: str, ours: Sequence[float], peer: str, theirs: Sequence[float], form: str = MS
) -> Line:
    """How many times as long ours takes; it is not held to any target."""
    return replace(within(what, ours, peer, theirs, inf, form), target="")


def unheld(what: str, value: float, form: str) -> Line:
    """A value that is told and not held to any target."""
    return Line(what, form.format(value), "", "", "", "", met=True)


def times(ratio: float) -> str:
    """A ratio as it is printed."""
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def _over(value: float, most: float) -> float:
    """By which part of ``most`` a value is larger; 0 where it is not."""
    if value <= most:
        return 0.0
    return value / most - 1 if most else inf


def _under(value: float, least: float) -> float:
    """By which part of ``least`` a value is smaller; 0 where it is not."""
    return max(0.0, 1 - value / least)


def table(lines: Iterable[Line], head: Sequence[str] = HEAD) -> str:
    """The lines as Markdown; what misses its target says so, and below the table why."""
    lines = list(lines)
    rows = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *map(_row, lines)]
    whys: dict[str, list[str]] = {}
    for line in lines:
        if line.why and not line.met:
            whys.setdefault(line.why, []).append(line.what)
    missed = [f"- {', '.join(whats)}: {why}." for why, whats in whys.items()]
    return "\n".join([*rows, *(["", "Missed, and why:", "", *missed] if missed else [])])


def _row(line: Line) -> str:
    cells = (line.what, line.masthead, line.peer, line.peers, line.ratio)
    return "| " + " | ".join((*cells, f"{line.target}{_verdict(line)}")) + " |"


def _verdict(line: Line) -> str:
    if line.met:
        return ""
    by = f" by {100 * line.missed_by:.0f} %" if 0 < line.missed_by < inf else ""
    return f", **missed{by}**"
