"""What one target of the fuzzing is, and the oracles that several of them share."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unicodedata import category
from urllib.parse import urlsplit

from hypothesis import strategies as st

from data.errors import MastheadError
from data.model import Headline, Look

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
LONGEST: Final = 1_000
"""Characters of a message that is still a sentence."""
INVISIBLE: Final = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""What has no shape of its own and changes how its neighbours look."""


@dataclass(frozen=True, slots=True)
class Target:
    """One door to the outside."""

    check: Callable[[Any], None]
    """Goes through it with one example; an error that is not an oracle's own is a finding."""
    examples: st.SearchStrategy[Any]
    """By a grammar."""
    raw: Callable[[bytes], Any]
    """Any bytes as an example."""
    seeds: Callable[[], Iterable[bytes]]
    """Bytes to begin with, as ``raw`` takes them."""


def fixtures(*patterns: str) -> Iterator[bytes]:
    """The bytes of the fixtures with such names."""
    for pattern in patterns:
        for path in sorted(FIXTURES.glob(pattern)):
            yield path.read_bytes()


def is_sentence(error: MastheadError) -> None:
    """An error that is told: one line, fit for a terminal, neither empty nor endless."""
    text = str(error)
    assert text.strip(), "an empty message"
    assert len(text) <= LONGEST, f"a message of {len(text)} characters"
    is_harmless(text)


def is_harmless(text: str | None) -> None:
    """No break, no control character, nothing that turns the direction of its neighbours."""
    for sign in text or "":
        assert category(sign) not in ("Cc", "Zl", "Zp"), f"{sign!r} in {text!r}"
        assert not INVISIBLE.match(sign), f"{sign!r} in {text!r}"


def is_sound(look: Look) -> None:
    """Readings are values or problems, finite and not negative; texts and links do no harm."""
    for key, reading in look.readings.items():
        assert (reading.value is None) == (reading.problem is not None), (key, reading)
        assert (reading.value is None) == (reading.half_width is None), (key, reading)
        for number in (reading.value, reading.half_width):
            assert number is None or (math.isfinite(number) and number >= 0), (key, reading)
        for text in (reading.shown, reading.problem):
            is_harmless(text)
            assert len(text or "") <= LONGEST, (key, len(text or ""))
    for headline in look.headlines:
        is_told(headline)


def is_told(headline: Headline) -> None:
    """A headline as the page may show it."""
    assert headline.title.strip()
    for text in (headline.title, headline.summary, headline.author, headline.url):
        is_harmless(text)
    if headline.url is not None:
        parts = urlsplit(headline.url)
        assert parts.scheme in ("http", "https"), headline.url
        assert parts.netloc, headline.url
    ends = headline.published_from, headline.published_to
    assert (ends[0] is None) == (ends[1] is None)
    assert ends[0] is None or ends[1] is None or ends[0] <= ends[1]
