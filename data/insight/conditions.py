"""What a rule says of readings: whether its condition holds, surely not, or cannot be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, Literal

from data.insight.moves import NOISE, TIMES, Move
from data.insight.plain import link, matched, plain
from data.model import METRIC, Headline, Metric, Run, from_ms
from data.percent import Percent
from data.rounding import compact, within_rounding
from data.rules import Way
from data.times import shown_duration

State = Literal["event", "holds", "cleared"]
LONGEST_TITLE: Final = 200
LONGEST_ERROR: Final = 300
MOST_HEADLINES: Final = 3
FIGURES: Final = "figures"
"""The key of a source's silence."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule found at one source."""

    key: str
    """Of what: the same for the same thing, at whatever time it is asked."""
    state: State
    at: datetime
    """The reading's time it was told from; of an event, when it was."""
    text: str
    """For a person: plain text, the first line a sentence."""
    level: float | None = None
    """Of a move, how far it led, the larger the farther; None: of nothing else."""
    step: float = 0.0
    """How much farther another move of that way leads at least."""


@dataclass(frozen=True, slots=True)
class Point:
    """One reading of a figure."""

    at: datetime
    value: float
    half_width: float


_DONE: Final = {"falls": "fell", "rises": "rose", "changes": "changed"}
_DO: Final = {"falls": "fall", "rises": "rise", "changes": "change"}


def changed(
    metric: Metric, way: Way, share: Percent, within: timedelta, before: Point, after: Point
) -> Condition | None:
    """Whether the figure changed by more than ``share``, wherever in their rounding both lie.

    None where that depends on the rounding, or where there is nothing to compare with.
    """
    ways = {"falls": [-1], "rises": [1], "changes": [-1, 1]}[way]
    if before.value - before.half_width <= 0:
        return None
    judged = [_beyond(sign * share / 100, before, after) for sign in ways]
    holds = any(judged) or (None if None in judged else False)
    if holds is None:
        return None
    verb = f"{_DONE[way]} by" if holds else f"did not {_DO[way]} by"
    text = f"{metric.label} {verb} more than {share} within {shown_duration(within)}: "
    state: State = "holds" if holds else "cleared"
    return Condition(metric.key, state, after.at, text + _compared(metric, before, after) + ".")


def _beyond(share: float, before: Point, after: Point) -> bool | None:
    """Whether the change is surely beyond the share (its sign is the way), surely not, unknown."""
    ends = [
        (new - old * (1 + share)) * (1 if share > 0 else -1)
        for old in (before.value - before.half_width, before.value + before.half_width)
        for new in (after.value - after.half_width, after.value + after.half_width)
    ]
    noise = NOISE * before.value
    return True if min(ends) > noise else False if max(ends) <= noise else None


def _compared(metric: Metric, before: Point, after: Point) -> str:
    change = after.value - before.value
    rounding = before.half_width + after.half_width
    known = not within_rounding(change, rounding)
    size = f"{change / before.value:+.2%}" if known else "within rounding"
    shown = f"from {compact(metric, before.value)} ({utc(before.at)})"
    return f"{shown} to {compact(metric, after.value)} ({utc(after.at)}), {size}"


def silent(
    missed: int, every: timedelta, wanted: int, last: datetime | None, run: Run | None, at: datetime
) -> Condition:
    """Whether no figure was read for ``wanted`` slots; ``last``: when one was read last."""
    if missed < wanted:
        read = "" if last is None else f": the last at {utc(last)}"
        return Condition(FIGURES, "cleared", at, f"Figures are read again{read}.")
    since = "none was ever read" if last is None else f"the last at {utc(last)}"
    text = f"No figure was read for {missed} slots of {shown_duration(every)}: {since}."
    if run is not None and run.message and run.outcome in ("failed", "outbox"):
        text += f" The last run said: {plain(run.message, LONGEST_ERROR)}"
    return Condition(FIGURES, "holds", at, text)


def moved(move: Move, headlines: Sequence[Headline], total: int) -> Condition:
    """A move, with the newest of the ``total`` headlines of the 24 hours around it; nothing is said
    of a cause.
    """
    metric, at = METRIC[move.metric], from_ms(move.at)
    share = "from nothing" if move.percent is None else f"{move.percent:+.2f}%"
    compared = (
        f"from {compact(metric, move.before)} ({utc(from_ms(move.since))}) "
        f"to {compact(metric, move.after)} ({utc(at)})"
    )
    usual = "beyond its rounding and the usual change of a day"
    lines = [f"{metric.label} moved by {share}: {compared}, {usual}."]
    if move.leaves is not None:
        day = from_ms(move.leaves).strftime("%Y-%m-%d")
        lines.append(f"The opposite move of {day} leaves the 30 days at that time.")
    if headlines:
        lines.append("Headlines within 24 h:")
    lines += [f"- {_shown(one)}" for one in headlines[:MOST_HEADLINES]]
    if total > MOST_HEADLINES:
        lines.append(f"- and {total - MOST_HEADLINES} more")
    way, level = ("up", move.after) if move.change > 0 else ("down", -move.after)
    # One that leads a little farther each hour is still the same one; one twice as far is not.
    step = max(move.rounding, TIMES * move.usual, abs(move.change) / 2)
    return Condition(f"{metric.key} {way}", "event", at, "\n".join(lines), level, step)


def named(words: tuple[str, ...], headline: Headline, seen_at: datetime) -> Condition | None:
    """A headline of which the title or the summary has one of the words; None: it has none."""
    word = matched(words, headline.title) or matched(words, headline.summary or "")
    if word is None:
        return None
    text = f"A headline has the word {plain(word, 60)!r}: {_shown(headline)}"
    # An address may be longer than a key can be in every store.
    known = blake2b((headline.url or headline.title).encode(), digest_size=16).hexdigest()
    return Condition(known, "event", seen_at, text)


def _shown(headline: Headline) -> str:
    title, address = plain(headline.title, LONGEST_TITLE), link(headline.url)
    return title if address is None else f"{title}\n  {address}"


def utc(at: datetime) -> str:
    """A moment as messages have it, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
