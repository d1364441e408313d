"""How archives are asked: their gaps, their 429s, their 503s, and a stop in between."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from collectors.pace import Pace, Terms
from data.clock import now
from data.errors import SourceError
from tests.site import Answer, Site, serving

TERMS = Terms(
    index_gap=timedelta(seconds=2.5),
    capture_gap=timedelta(seconds=0.125),
    back_off=timedelta(seconds=2),
    attempts=3,
    limit=timedelta(seconds=10),
)


class Waits(threading.Event):
    """A stop event on a clock of its own: waiting takes no time and is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1000.0
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass at once."""
        assert timeout is not None
        if timeout:
            self.waits.append(round(timeout, 3))
        self.at += timeout
        return self.is_set()


@pytest.fixture
def site() -> Iterator[Site]:
    """An archive with one page."""
    with serving() as running:
        running.answers["/page"] = Answer(b"the page")
        yield running


def paced(stop: Waits, terms: Terms = TERMS) -> Pace:
    """A pace on the clock of ``stop``."""
    return Pace(terms, "masthead-test", now, stop, watch=lambda: stop.at)


def test_gaps(site: Site) -> None:
    """The first request goes at once, each further one when the archive's gap has passed."""
    stop = Waits()
    pace = paced(stop)
    pace.index(f"{site.url}page")
    for _ in range(3):
        pace.capture(f"{site.url}page")
    pace.index(f"{site.url}page")
    assert stop.waits == [0.125, 0.125, 0.125, 2.5]
    assert len(site.requests) == 5


def test_time_spent_elsewhere_counts(site: Site) -> None:
    """Who took long over the last page does not wait for the next."""
    stop = Waits()
    pace = paced(stop)
    pace.capture(f"{site.url}page")
    stop.at += 60
    pace.capture(f"{site.url}page")
    assert stop.waits == []


def test_range(site: Site) -> None:
    """A part of a file is asked for as a range, and 200 is then no answer."""
    with pytest.raises(SourceError, match="answered 200"):
        paced(Waits()).capture(f"{site.url}page", (100, 50))
    assert site.requests[0][1]["range"] == "bytes=100-149"
    site.answers["/part"] = Answer(b"a part", 206)
    assert paced(Waits()).capture(f"{site.url}part", (0, 6)).body == b"a part"


def test_a_passing_failure_is_tried_again(site: Site) -> None:
    """503 is asked again after a back-off that doubles, a bounded number of times."""
    site.answers["/away"] = Answer(b"", 503)
    stop = Waits()
    with pytest.raises(SourceError, match="answered 503") as caught:
        paced(stop).capture(f"{site.url}away")
    assert (stop.waits, len(site.requests)) == ([2.0, 4.0], 3)
    assert caught.value.kind == "status"


def test_a_lasting_failure_is_not(site: Site) -> None:
    """404 is an answer."""
    stop = Waits()
    with pytest.raises(SourceError, match="answered 404"):
        paced(stop).capture(f"{site.url}none")
    assert (stop.waits, len(site.requests)) == ([], 1)


def test_nobody_there() -> None:
    """A refused connection is tried again too."""
    stop = Waits()
    with pytest.raises(SourceError, match="cannot be reached") as caught:
        paced(stop).capture("http://127.0.0.1:1/page")
    assert stop.waits == [2.0, 4.0]
    assert caught.value.kind == "network"


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [
        ("", [60.0, 120.0]),
        ("5", [60.0, 120.0]),
        ("90", [90.0, 120.0]),
        ("0", [60.0, 120.0]),
        ("soon", [60.0, 120.0]),
        ("-5", [60.0, 120.0]),
    ],
)
def test_429_is_a_minute_of_peace(site: Site, retry_after: str, waits: list[float]) -> None:
    """A 429 pauses for a minute, or longer where Retry-After says so; each one doubles that."""
    site.answers["/busy"] = Answer(b"", 429, {"Retry-After": retry_after} if retry_after else {})
    stop = Waits()
    with pytest.raises(SourceError, match=r"wants to be left alone: .* goes on in 4 min") as caught:
        paced(stop).capture(f"{site.url}busy")
    assert (stop.waits, len(site.requests)) == (waits, 3)
    assert (caught.value.kind, caught.value.status) == ("refused", 429)


def test_a_pause_beyond_an_hour_is_not_waited_for(site: Site) -> None:
    """An archive that wants a day of peace gets it."""
    site.answers["/busy"] = Answer(b"", 429, {"Retry-After": "86400"})
    stop = Waits()
    with pytest.raises(SourceError, match="goes on in 1440 min"):
        paced(stop).index(f"{site.url}busy")
    assert (stop.waits, len(site.requests)) == ([], 1)


def test_a_pause_holds_for_everything(site: Site) -> None:
    """After a failure that was given up, the next request waits as long as the failed one would."""
    site.answers["/away"] = Answer(b"", 503, {"Retry-After": "30"})
    stop = Waits()
    pace = paced(stop)
    with pytest.raises(SourceError):
        pace.capture(f"{site.url}away")
    pace.capture(f"{site.url}page")
    assert stop.waits == [30.0, 30.0, 30.0]


def test_a_stop_ends_the_wait(site: Site) -> None:
    """Asked to stop, it asks nothing more and says so by a kind of its own."""
    stop = Waits()
    stop.set()
    with pytest.raises(SourceError, match="the same command goes on") as caught:
        paced(stop).capture(f"{site.url}page")
    assert caught.value.kind == "stopped"
    assert site.requests == []
