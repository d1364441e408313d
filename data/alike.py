"""Which sources measure alike, and what each says of how it counts."""

from collections.abc import Sequence

from data.model import SAMPLE, About
from data.sources import SourceInfo

Pair = tuple[str, str]
"""A metric, and another source that measures it."""


def alike(source: SourceInfo, known: Sequence[SourceInfo]) -> list[Pair]:
    """What can be compared with ``source``, of the sources that are ``known``.

    Both have a history, and neither is the sample: beside a real figure it means nothing.
    """
    real = [one for one in (source, *known) if one.first_slot and one.source != SAMPLE]
    if source not in real:
        return []
    others = [one for one in known if one in real and one.source != source.source]
    return [
        (key, other.source)
        for key in source.about.metrics
        for other in others
        if key in other.about.metrics
    ]


def difference(one: About, other: About, key: str) -> str:
    """What each of two sources counts, side by side; never which of them is right."""
    return f"{_counts(one, key)} {_counts(other, key)}"


def _counts(about: About, key: str) -> str:
    return about.counts.get(key) or f"{about.label} does not say what it counts."
