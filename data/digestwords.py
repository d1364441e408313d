"""What a digest says, in words: headings and lines, which a form only has to lay out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from data.digest import Digest, Figure, SourceDigest, Told
from data.insight.conditions import utc
from data.model import METRIC, Metric, Run, SeenHeadline, from_ms
from data.places import place_of
from data.rounding import compact
from data.strip import STRETCH
from data.times import shown_age, shown_duration

WIDTH: Final = 78
"""Columns of a line."""
LONGEST_NAME: Final = 15
"""Characters of a source's name that still leave the subject on one line."""
SYNTHETIC: Final = "SYNTHETIC: no figure or headline of it was read from anywhere."
DISPUTED: Final = "Count; the site prints $"
CAUSES: Final[Mapping[str, str]] = {
    "not_run": "nobody looked",
    "no_capture": "no archive has a copy",
    "timeout": "the site did not answer in time",
    "network": "the site could not be reached",
    "http": "the site answered with an error",
    "robots": "the site's rules for robots forbade it",
    "content": "what came was not the page",
    "unread": "the figures were not found on the page",
    "settings": "a setting was wrong",
    "outbox": "the store was away",
    "killed": "the collector was cut off",
    "stopped": "the collector was stopped",
    "bug": "Masthead had an error",
    "failed": "the reason is not known",
}
"""The page's words for each cause of a gap."""

_ZEROS: Final = re.compile(r"\.00(?=[KMBT]?$)|(?<=\.[0-9])0(?=[KMBT]?$)")
"""What a difference, unlike a price, does not say."""

Foreign = Callable[[str], str]
"""Makes a text of somebody else harmless in a form."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a list."""

    text: str
    name: str = ""
    """Stands before the text."""
    title: str = ""
    """Of a headline, before the text; as it was fetched."""
    url: str | None = None
    """Where the title leads."""
    below: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with paragraphs, or with a list."""

    heading: str
    level: int
    said: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


def subject(digest: Digest, foreign: Foreign) -> str:
    """One line for the head of a mail: what is wrong first, then how much there is to read."""
    span = shown_age(digest.until - digest.since)
    real = [one for one in digest.sources if not one.synthetic]
    bad = [one for one in real if one.status.state != "fresh"]
    parts = []
    if len(bad) == 1 and len(bad[0].about.source) <= LONGEST_NAME:
        parts.append(f"{foreign(bad[0].about.source)} {_state(bad[0])}")
    elif bad:
        parts.append(f"{len(bad)} of {_many(len(real), 'source')} not fresh")
    parts.append(_many(sum(len(one.moves) for one in digest.sources), "move"))
    parts.append(_many(sum(one.headlines_total for one in digest.sources), "headline"))
    begin = "Masthead" if real else "Masthead, synthetic sample"
    return f"{begin}, {span} to {digest.until:%Y-%m-%d}: {', '.join(parts)}"


def outline(digest: Digest, foreign: Foreign) -> Iterator[Part]:
    """All that the digest says below its subject, sources that are not fresh first."""
    for one in sorted(digest.sources, key=lambda one: one.status.state in ("fresh", "sample")):
        mark = " - SYNTHETIC SAMPLE" if one.synthetic else ""
        name = f"{foreign(one.about.label)} ({foreign(one.about.source)}){mark}"
        yield Part(name, 2, tuple(_doing(one, digest, foreign)))
        if one.status.last_success is None:
            continue
        fresh = one.status.state in ("fresh", "sample")
        heading = "Newest values" if fresh else "Last known values, not current"
        figures = tuple(_figure(figure, digest, foreign) for figure in one.figures)
        yield Part(heading, 3, (), figures)
        yield _moves(one)
        yield _news(one)
        yield _gaps(one, digest.until)


def _doing(one: SourceDigest, digest: Digest, foreign: Foreign) -> Iterator[str]:
    """How the source is doing; what is wrong comes first."""
    status, now = one.status, digest.until
    age = None if status.age is None else shown_age(status.age)
    every = shown_duration(status.every)
    if one.synthetic:
        yield SYNTHETIC
    elif status.last_success is None:
        yield f"NO DATA: nothing was ever read of it. It is due every {every}."
    elif status.state == "stale":
        when = utc(status.last_success)
        yield f"STALE: nothing was read for {age} (since {when}). It is due every {every}."
    elif status.state == "failing":
        yield f"FAILING: the newest try failed. The newest reading is {age} old."
    else:
        yield f"Fresh: read {age} ago. It is due every {every}."
    error = status.last_error
    if error is not None and (error.started_at >= digest.since or status.state != "fresh"):
        yield _error(error, now, foreign)
    if status.expected:
        stretch = " of the last 30 days" if now - digest.since > STRETCH else ""
        late = f", {status.late} late" if status.late else ""
        yield f"Missed {status.missed} of {_many(status.expected, 'slot')}{stretch}{late}."
    if one.about.credit is not None:
        yield foreign(one.about.credit)


def _error(error: Run, now: datetime, foreign: Foreign) -> str:
    message = foreign(error.message) if error.message else "no reason was kept"
    return f"Newest error, {shown_age(now - error.started_at)} ago: {message}"


def _figure(figure: Figure, digest: Digest, foreign: Foreign) -> Line:
    metric, reading = figure.metric, figure.reading
    if reading is None or reading.value is None or figure.taken_at is None:
        return Line("never read", metric.label)
    rounding = f" +/-{_short(metric, reading.half_width)}" if reading.half_width else ""
    parts = [f"{amount(metric, reading.value)}{rounding}", _change(figure, digest)]
    parts.append(f"read {shown_age(digest.until - figure.taken_at)} ago")
    if figure.problem is not None:
        parts.append(f"not read since: {foreign(figure.problem)}")
    if figure.disputed:
        parts.append(DISPUTED)
    return Line("; ".join(parts), metric.label)


def _change(figure: Figure, digest: Digest) -> str:
    delta = figure.change
    if delta is None:
        return "no change known"
    if delta["within_rounding"]:
        told = "change within rounding"
    elif delta["change"] == 0:
        told = "no change"
    else:
        told = difference(figure.metric, delta["change"], delta["percent"])
    begun = from_ms(delta["from"]["t"])
    late = begun - digest.since > timedelta(days=1)
    return f"{told} since {begun:%Y-%m-%d}" if late else told


def _moves(one: SourceDigest) -> Part:
    if one.moves:
        return Part("Moves", 3, (), tuple(map(_move, one.moves)))
    told = "None." if one.judged else "Too little history to tell: they need more than 31 days."
    return Part("Moves", 3, (told,))


def _move(told: Told) -> Line:
    move, metric = told.move, METRIC[told.move.metric]
    usual = _short(metric, move.usual) if move.usual else "no change"
    text = (
        f"{metric.label} {difference(metric, move.change, move.percent)} in the day to "
        f"{utc(from_ms(move.at))}, from {amount(metric, move.before)} to "
        f"{amount(metric, move.after)}; {usual} is usual."
    )
    if move.leaves is not None:
        text += f" The jump of {from_ms(move.leaves):%Y-%m-%d} leaves the 30 days."
    if not told.total:
        return Line(f"{text} No headlines within 24 h.")
    lines = [*map(_story, told.headlines), *_more(told.total - len(told.headlines))]
    return Line(f"{text} Headlines within 24 h:", below=tuple(lines))


def _news(one: SourceDigest) -> Part:
    heading = "Other headlines" if any(told.total for told in one.moves) else "Headlines"
    if not one.headlines:
        return Part(heading, 3, ("None.",))
    more = _more(one.others_total - len(one.headlines))
    return Part(heading, 3, (), (*map(_story, one.headlines), *more))


def _story(seen: SeenHeadline) -> Line:
    story, place = seen.headline, place_of(seen)
    exact = story.published_from is not None and story.published_from == story.published_to
    when = utc(place.shown_at) if exact else f"seen {utc(place.shown_at)}"
    return Line(f"({when})", title=story.title, url=story.url)


def _more(number: int) -> Iterable[Line]:
    return [Line(f"and {number} more")] if number > 0 else []


def _gaps(one: SourceDigest, until: datetime) -> Part:
    rolled = one.grain > one.status.every
    heading = f"Gaps of {shown_duration(one.grain)} or more" if rolled else "Gaps"
    if not one.gaps:
        return Part(heading, 3, ("None.",))
    lines = [_gap(gap, until) for gap in one.gaps]
    more = one.gaps_total - len(one.gaps)
    shorter = [Line(f"and {more} that are no longer")] if more else []
    return Part(heading, 3, (), (*lines, *shorter))


def _gap(gap: Mapping[str, Any], until: datetime) -> Line:
    start, end = from_ms(gap["from"]), from_ms(gap["to"])
    runs = f" ({_many(gap['runs'], 'try', 'tries')})" if gap["runs"] else ""
    span = "until now" if end >= until else f"to {utc(end)}"
    text = f"{utc(start)} {span}, {shown_age(end - start)}: {CAUSES[gap['cause']]}{runs}"
    return Line(text)


def amount(metric: Metric, value: float) -> str:
    """A figure as the site prints it, the sign of a currency only where it is one."""
    text = compact(metric, value)
    return text if metric.unit == "USD" else text.replace("$", "")


def _short(metric: Metric, value: float) -> str:
    return _ZEROS.sub("", amount(metric, value))


def difference(metric: Metric, change: float, percent: float | None) -> str:
    """A change that is none of rounding, with its sign."""
    by = f"{'+' if change > 0 else ''}{_short(metric, change)}"
    if percent is None:
        return by
    share = f"{percent:+.1f}" if abs(percent) >= 0.05 else f"{percent:+.1g}"
    return f"{share} % ({by})"


def _state(one: SourceDigest) -> str:
    return {"no_data": "without data"}.get(one.status.state, one.status.state.upper())


def _many(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
