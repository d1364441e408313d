"""The forms of a digest: plain text for a mail, Markdown, JSON."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap
from typing import Any, Final
from urllib.parse import quote

from data.digest import Digest, Figure, SourceDigest, Told
from data.digestwords import WIDTH, Line, outline, subject
from data.errors import UsageError
from data.insight.plain import link, one_line
from data.jsonform import headline_json, iso_or_none, plain, reading_json
from data.model import SeenHeadline, from_ms, iso

_SIGNS: Final = re.compile(r"([!#$&()*+.:<=>@\[\\\]^_`{|}~-])")
"""What may mean something in Markdown, wherever it stands."""
_SAFE: Final = "!#$%&'()*+,-./:;=?@[]_~"
"""Stay in an address as they are: it is one already."""


def text(digest: Digest) -> str:
    """Lines of at most WIDTH columns; addresses stand on lines of their own, whole."""
    lines = [subject(digest, one_line)]
    for part in outline(digest, one_line):
        lines.append("")
        if part.level == 2:
            lines += ["", *_wrapped(part.heading), "=" * min(len(part.heading), WIDTH)]
        else:
            lines.append(f"{part.heading}:")
        for said in part.said:
            lines += _wrapped(said, indent="" if part.level == 2 else "  ")
        wide = max((len(line.name) for line in part.lines), default=0)
        for line in part.lines:
            lines += _item(line, "  ", wide)
    return "\n".join(lines) + "\n"


def _item(line: Line, indent: str, wide: int) -> Iterator[str]:
    name = f"{line.name:<{wide}}  " if line.name else "- "
    title = f"{one_line(line.title)} " if line.title else ""
    yield from _wrapped(f"{title}{line.text}", f"{indent}{name}", indent + " " * len(name))
    if (url := linked(line.url)) is not None:
        yield f"{indent}  {url}"
    for below in line.below:
        yield from _item(below, f"{indent}  ", 0)


def _wrapped(said: str, indent: str = "", further: str | None = None) -> list[str]:
    further = indent if further is None else further
    return wrap(
        said, WIDTH, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False
    )


def markdown(digest: Digest) -> str:
    """CommonMark in which whatever was fetched is text, and its links are http or https."""
    lines = [f"# {subject(digest, escaped)}"]
    for part in outline(digest, escaped):
        lines += ["", f"{'#' * part.level} {part.heading}"]
        for said in part.said:
            lines += ["", said]
        if part.lines:
            lines.append("")
        for line in part.lines:
            lines += _entry(line, "")
    return "\n".join(lines) + "\n"


def _entry(line: Line, indent: str) -> Iterator[str]:
    name = f"**{line.name}**: " if line.name else ""
    title = escaped(line.title)
    if title and (url := linked(line.url)) is not None:
        title = f"[{title}](<{url.replace('&', '&amp;')}>)"
    yield f"{indent}- {name}{title}{' ' if title else ''}{line.text}"
    for below in line.below:
        yield from _entry(below, f"{indent}  ")


def escaped(foreign: str) -> str:
    """A fetched text for Markdown, in which no sign means anything."""
    return _SIGNS.sub(r"\\\1", one_line(foreign))


def linked(url: str | None) -> str | None:
    """The address in signs that cannot end a link; None where it is none of the web's."""
    address = link(url)
    return None if address is None else quote(address, safe=_SAFE)


def as_json(digest: Digest) -> str:
    """One object; times in ISO 8601, numbers plain (see ``docs/digest.schema.json``)."""
    form = {
        "subject": subject(digest, one_line),
        "since": iso(digest.since),
        "until": iso(digest.until),
        "sources": [_source(one) for one in digest.sources],
    }
    return json.dumps(form) + "\n"


def _source(one: SourceDigest) -> dict[str, Any]:
    status, about = one.status.json(), one.about
    kept = ("state", "stale", "every_s", "last_success", "age_s", "next_slot", "expected_slots")
    return {
        "source": about.source,
        "label": about.label,
        "synthetic": one.synthetic,
        "credit": about.credit,
        "credit_url": about.credit_url,
        **{name: status[name] for name in (*kept, "missed_slots", "late_slots", "last_error")},
        "figures": [_figure(figure) for figure in one.figures],
        "moves_judged": one.judged,
        "moves": [_move(told) for told in one.moves],
        "headlines": [_headline(seen) for seen in one.headlines],
        "others_total": one.others_total,
        "headlines_total": one.headlines_total,
        "gaps": [_timed(gap) for gap in one.gaps],
        "gaps_total": one.gaps_total,
        "gaps_from_s": one.grain.total_seconds(),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    reading = figure.reading
    form = reading_json(reading) if reading else dict.fromkeys(("value", "half_width", "shown"))
    return {
        "metric": figure.metric.key,
        "label": figure.metric.label,
        "unit": figure.metric.unit,
        "disputed": figure.disputed,
        **{name: form[name] for name in ("value", "half_width", "shown")},
        "taken_at": iso_or_none(figure.taken_at),
        "as_of": iso_or_none(figure.as_of),
        "problem": figure.problem,
        "change": figure.change and _change(figure.change),
    }


def _change(delta: Mapping[str, Any]) -> dict[str, Any]:
    ends = {
        name: {
            "at": iso(from_ms(delta[name]["t"])),
            "value": delta[name]["value"],
            "half_width": delta[name]["half_width"],
        }
        for name in ("from", "to")
    }
    rest = ("change", "percent", "within_rounding")
    return {**ends, **{name: delta[name] for name in rest}}


def _move(told: Told) -> dict[str, Any]:
    move = told.move
    return {
        "metric": move.metric,
        "since": iso(from_ms(move.since)),
        "at": iso(from_ms(move.at)),
        "before": plain(move.before),
        "after": plain(move.after),
        "change": plain(move.change),
        "percent": move.percent,
        "rounding": plain(move.rounding),
        "usual": plain(move.usual),
        "leaves": None if move.leaves is None else iso(from_ms(move.leaves)),
        "headlines": [_headline(seen) for seen in told.headlines],
        "headlines_total": told.total,
    }


def _headline(seen: SeenHeadline) -> dict[str, Any]:
    return {**headline_json(seen.headline), "first_seen_at": iso(seen.first_seen_at)}


def _timed(gap: Mapping[str, Any]) -> dict[str, Any]:
    return {**gap, "from": iso(from_ms(gap["from"])), "to": iso(from_ms(gap["to"]))}


FORMS: Final[Mapping[str, Callable[[Digest], str]]] = {
    "text": text,
    "markdown": markdown,
    "json": as_json,
}
"""By name."""


def form_named(name: str) -> Callable[[Digest], str]:
    """The form. Raises UsageError."""
    if name not in FORMS:
        raise UsageError(f"format: {name!r} is none of {', '.join(FORMS)}.")
    return FORMS[name]
