"""Asking again: what is worth it and how long to rest."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.bounds import Bounds
from collectors.retry import LONGEST_WAIT, Patience, is_passing, is_waiting, retry_after
from data.clock import stopwatch
from data.errors import SourceError

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "status", "passing"),
    [
        ("timeout", None, True),
        ("network", None, True),
        ("status", 429, True),
        ("status", 500, True),
        ("status", 503, True),
        ("status", 404, False),
        ("status", 304, False),
        ("wait", 503, False),
        ("content", 200, False),
        ("empty", 200, False),
        ("size", 200, False),
        ("redirect", None, False),
        ("private", None, False),
        ("robots", None, False),
        ("stopped", None, False),
    ],
)
def test_what_passes(kind: str, status: int | None, passing: bool) -> None:
    """The network, 429 and 5xx may pass; what a server meant does not."""
    assert is_passing(SourceError("It failed.", kind=kind, status=status)) is passing


def test_bugs_do_not_pass() -> None:
    """Only failures with a name are tried again."""
    assert not is_passing(ValueError("a bug"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sat, 31 Jan 2026 06:01:00 GMT", 60),
        ("Sat, 31 Jan 2026 07:01:00 +0100", 60),
        ("Sat, 31 Jan 2026 06:01:00 -0000", 60),
        ("Saturday, 31-Jan-26 06:01:00 GMT", 60),
        ("Sat, 31 Jan 2026 05:00:00 GMT", 0),
        ("86401", 86_400),
        ("soon", None),
        ("", None),
        (None, None),
        ("-1", None),
        ("٣", None),
        ("Sat, 99999999999999999999 Jan 2026 06:01:00 GMT", None),
        ("Sat, 31 Jan 9999999999 06:01:00 GMT", None),
        ("Sat, 31 Jan 2026 06:01:00 +99999999999999999999", None),
    ],
)
def test_retry_after(header: str | None, seconds: int | None) -> None:
    """Seconds and dates are read; a past date is no wait, and a day is the longest."""
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(header, NOW) == expected


@given(st.text() | st.from_regex(r"Sat, \d+ Jan \d+ \d+:\d\d:\d\d [+-]\d+", fullmatch=True))
def test_any_header_is_read(header: str) -> None:
    """Whatever stands there: a wait between nothing and a day, or none."""
    wait = retry_after(header, NOW)
    assert wait is None or timedelta() <= wait <= LONGEST_WAIT


def patience(seconds: float) -> Patience:
    """Patience of ``seconds`` that rests for a moment only."""
    return Patience(Bounds("http://a.test/", stopwatch() + seconds), first_rest=0.01)


def test_last_failure_is_told() -> None:
    """After three attempts the last failure is the one that is raised."""
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        raise SourceError(f"It failed {asked} times.", kind="network")

    with pytest.raises(SourceError, match="3 times") as caught:
        patience(60).run(ask)
    assert caught.value.attempts == 3


def test_a_caller_who_asks_again_itself() -> None:
    """With one attempt a failure that may pass is raised at once."""
    failure = SourceError("Not now.", kind="status", status=429, wait=timedelta(seconds=1))
    once = Patience(Bounds("http://a.test/", stopwatch() + 60), most=1)
    with pytest.raises(SourceError) as caught:
        once.run(lambda: (_ for _ in ()).throw(failure))
    assert caught.value.attempts == 1


def test_no_rest_beyond_the_deadline() -> None:
    """A rest that would not end in time is not begun."""
    failure = SourceError("Not now.", kind="status", status=503, wait=timedelta(seconds=61))
    with pytest.raises(SourceError) as caught:
        patience(60).run(lambda: (_ for _ in ()).throw(failure))
    assert caught.value.attempts == 1


def test_rests_grow_and_differ() -> None:
    """The rest doubles with each attempt, and two clients do not keep step."""
    rests: set[float] = set()
    for _ in range(20):
        waiting = patience(600)
        waiting.attempts = 2
        waiting._again(SourceError("It failed.", kind="network"))
        rests.add(waiting._rest)
    assert len(rests) > 1
    assert all(0.02 <= rest <= 0.04 for rest in rests)


@pytest.mark.parametrize(
    ("ahead", "waiting"),
    [
        (timedelta(seconds=1), True),
        (LONGEST_WAIT, True),
        (timedelta(), False),
        (timedelta(days=365), False),
    ],
)
def test_is_waiting(ahead: timedelta, waiting: bool) -> None:
    """A server is left alone until its time has come; not for a year, by a clock set back."""
    now = datetime(2026, 1, 31, 6, tzinfo=UTC)
    assert is_waiting(now + ahead, now) is waiting


@pytest.mark.parametrize(
    ("ago", "waiting"),
    [
        (timedelta(hours=1), True),
        (timedelta(seconds=-2), True),
        (timedelta(hours=-1), False),
    ],
)
def test_a_wish_from_the_future(ago: timedelta, waiting: bool) -> None:
    """A clock that was set back by an hour ends the wait; one that is two seconds off does not."""
    now = datetime(2026, 1, 31, 6, tzinfo=UTC)
    assert is_waiting(now + timedelta(hours=2), now, now - ago) is waiting
