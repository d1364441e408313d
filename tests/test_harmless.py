"""Words of other people in one line that does nothing."""

import logging

import pytest

from data.errors import LONGEST, SourceError
from data.harmless import Formatter, harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("12\u202f345\u00a0$", "12\u202f345\u00a0$"),
        ("\x1b[2Jred\x9b31m", "[2Jred31m"),
        ("a\r\nb\tc\u2028d\x85e", "a  b c d e"),
        ("\u202egnp.exe\u2066\u061c\u200b\ufeff", "gnp.exe"),
        ("tag\U000e0041\ufff9", "tag"),
        ("Ёлка \u05d0\u05d1", "Ёлка \u05d0\u05d1"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    """Controls and signs of direction go, breaks are spaces, all other words and spaces stay."""
    assert harmless(text) == shown
    assert harmless(shown) == shown


def test_errors_are_one_bounded_line() -> None:
    """Whatever an error quotes, it is fit for a terminal and for cron's mail."""
    error = SourceError("https://a.example is no page but \x9b31m" + "x" * 5_000 + "\n.", "content")
    assert str(error).startswith("https://a.example is no page but 31mxxx")
    assert len(str(error)) == LONGEST
    assert str(error).endswith("…")
    assert error.kind == "content"


def test_log_lines() -> None:
    """A traceback keeps its lines; what a page put into it does not act."""
    try:
        raise ValueError("\x1b]0;title\x07a\rb")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("masthead", logging.ERROR, "", 0, "it \x1b[2J", (), info)
    text = Formatter("%(message)s").format(record)
    assert text.splitlines()[0] == "it [2J"
    assert text.splitlines()[-1] == "ValueError: ]0;titlea b"
