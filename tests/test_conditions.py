"""Conditions: what surely holds, surely does not, or cannot be known; texts that do no harm."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.insight.conditions import Point, changed, silent
from data.insight.plain import link, matched, plain
from data.model import METRIC
from data.percent import Percent
from tests.conftest import HOUR, T0

DAY = timedelta(days=1)
VOLUME = METRIC["volume_30d"]


def judged(way: Any, before: float, after: float, width: float = 0.0) -> str | None:
    """What a change by 5 % is found to be."""
    points = Point(T0, before, width), Point(T0 + DAY, after, width)
    found = changed(VOLUME, way, Percent(5), DAY, *points)
    return found.state if found else None


@pytest.mark.parametrize(
    ("way", "after", "state"),
    [
        ("falls", 95, "cleared"),
        ("falls", 94.99, "holds"),
        ("falls", 200, "cleared"),
        ("rises", 105, "cleared"),
        ("rises", 105.01, "holds"),
        ("rises", 1, "cleared"),
        ("changes", 94, "holds"),
        ("changes", 106, "holds"),
        ("changes", 100, "cleared"),
    ],
)
def test_exact_figures(way: str, after: float, state: str) -> None:
    """Just the share is not more than it."""
    assert judged(way, 100, after) == state


def test_nothing_to_compare_with() -> None:
    """There is no share of nothing, nor of what its rounding may make nothing."""
    assert judged("rises", 0, 100) is None
    assert judged("rises", 5, 100, 5) is None


@given(
    st.sampled_from(["falls", "rises", "changes"]),
    st.floats(100, 1e12),
    st.floats(0, 1e12),
    st.floats(0, 50),
    st.floats(-1, 1),
    st.floats(-1, 1),
)
def test_rounding_never_decides(
    way: str, before: float, after: float, width: float, left: float, right: float
) -> None:
    """Whatever is told of rounded figures is true of any figures that they may stand for."""
    told = judged(way, before, after, width)
    truth = judged(way, before + left * width, after + right * width)
    close = abs(abs(after + right * width - before - left * width) - 0.05 * before) < 1e-6 * before
    assert told in (None, truth) or close


def test_silence_that_just_began() -> None:
    """A source that never gave a figure is silent once its slots are over, and not before."""
    assert silent(2, HOUR, 3, None, None, T0).state == "cleared"
    found = silent(3, HOUR, 3, None, None, T0)
    assert (found.state, found.text) == (
        "holds",
        "No figure was read for 3 slots of 1h: none was ever read.",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Two\r\nlines\x00\x1b[31m", "Two lines(31m"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("@everyone me@example.org", "@\u200beveryone me@\u200bexample.org"),
        ("<!channel> [a](https://x) `b`", "‹!channel› (a)(https://x) 'b'"),
        ("x" * 300, "x" * 19 + "…"),
        ("Größe 漢字 🚀", "Größe 漢字 🚀"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    """One line, without control and direction marks, mentions and markup."""
    assert plain(text, 20 if len(text) > 100 else 100) == shown


@given(st.text())
def test_plain_is_one_printable_line(text: str) -> None:
    """Whatever comes in."""
    shown = plain(text, 50)
    assert len(shown) <= 50
    assert shown.replace("\u200b", "").isprintable()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=1#c", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://example.org/a b", False),
        ("https://example.org/\nBcc: a@b", False),
        ("https://example.org/" + "x" * 500, False),
        ("https://[bad", False),
        (None, False),
    ],
)
def test_link(url: str | None, kept: bool) -> None:
    """Only http and https, in one piece."""
    assert link(url) == (url if kept else None)


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("hack", "The HACK of the year", True),
        ("hack", "Hackathon", False),
        ("hack", "life_hack", False),
        ("hack", "(hack)", True),
        ("flash  loan", "A Flash\nloan attack", True),
        ("взлом", "ВЗЛОМ моста", True),
        ("взлом", "взломали", False),
        ("STRASSE", "Die Straße", True),
        ("istanbul", "\u0130stanbul", True),
        ("\u0130stanbul", "ISTANBUL", True),
        ("hack", "a ha\u00adck\u200b!", True),
        ("cafe\u0301", "Café", True),
        ("ﬁx", "a FIX", True),
        ("c++", "in C++.", True),
        ("a.c", "abc", False),
    ],
)
def test_matched(word: str, text: str, found: bool) -> None:
    """Whole words in whatever case and form."""
    assert matched((word,), text) == (word if found else None)
