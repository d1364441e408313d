"""What a backfill tells: exit codes, one line, a bar."""

import signal
from collections import Counter
from typing import Any

import pytest

from collectors.meter import Meter, Tally


@pytest.mark.parametrize(
    ("counts", "more", "code"),
    [
        ({}, {}, 0),
        ({"read": 5}, {}, 0),
        ({"read": 5, "empty": 1, "no header": 9, "thinned": 3, "covered": 1}, {}, 0),
        ({"read": 5, "partial": 1}, {}, 3),
        ({"read": 5, "failed": 1}, {}, 3),
        ({"read": 5}, {"problems": ["Away."]}, 3),
        ({"no header": 5}, {"problems": ["Away."]}, 3),
        ({"failed": 5}, {}, 4),
        ({}, {"problems": ["Away."]}, 4),
        ({"thinned": 5}, {"problems": ["Away."]}, 4),
        ({"read": 5}, {"stopped": signal.SIGINT}, 130),
        ({"failed": 5}, {"stopped": signal.SIGTERM}, 143),
    ],
)
def test_exit_code(counts: dict[str, int], more: dict[str, Any], code: int) -> None:
    """0 done, 3 something failed or is suspect, 4 nothing came of it, 128 and the signal."""
    assert Tally(Counter(counts), **more).exit_code == code  # type: ignore[arg-type]


def test_sentence() -> None:
    """All counts in one line, those of 0 left out, problems after them."""
    tally = Tally(Counter({"read": 7, "no header": 2, "thinned": 3}), found=12)
    assert tally.sentence == "12 captures new; 7 read, 2 no header, 3 not needed"
    tally = Tally(found=1, other_site=4, given_up=2, problems=["A is away.", "B too."])
    tally.stopped = signal.SIGINT
    assert tally.sentence == (
        "1 captures new; 0 read, 4 of other sites, 2 given up; stopped, the same command goes on."
        " A is away. B too"
    )


def test_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """The bar shows counts and the time left, on stderr."""
    tally = Tally(Counter({"read": 1, "partial": 1, "empty": 3, "no header": 4, "failed": 5}))
    with Meter(tally, shown=True) as meter:
        meter.listed("wayback")
        meter.begin(20)
        meter.advance(2)
    told = capsys.readouterr()
    assert told.out == ""
    for part in ("2/20", "2 read · 3 empty · 4 no header · 5", "left"):
        assert part in " ".join(told.err.split())


def test_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody would see it there is none."""
    with Meter(Tally(), shown=False) as meter:
        meter.begin(20)
        meter.advance(1)
    assert capsys.readouterr() == ("", "")
