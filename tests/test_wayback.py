"""The Wayback Machine: its index in all shapes, its captures, its moods."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.pace import Pace, Terms
from collectors.wayback import FIELDS, TERMS, Wayback, instant, parse
from data.captures import Capture, Captures
from data.clock import now
from data.errors import SourceError
from tests.archives import Archived, Archives, Trouble, serving
from tests.conftest import HOUR

URL = "https://dapp.expert/"
DAY = timedelta(days=1)
START = datetime(2024, 1, 1, 6, tzinfo=UTC)
QUICK = Terms(
    timedelta(),
    timedelta(),
    pause=timedelta(milliseconds=1),
    back_off=timedelta(milliseconds=1),
    attempts=3,
    limit=timedelta(seconds=10),
)
"""What the local archives are asked at."""


def row(stamp: str, original: str = URL, digest: str | None = "D") -> list[Any]:
    """A row of the index."""
    return [stamp, original, "text/html", "200", digest]


@pytest.fixture
def archives() -> Iterator[Archives]:
    """Running archives, empty."""
    with serving() as running:
        yield running


def wayback(archives: Archives, rows: int = 100, later: timedelta = timedelta()) -> Wayback:
    """The archive, so many rows an answer, asked so much later."""
    pace = Pace(QUICK, "test", now, threading.Event())
    return Wayback(archives.url, pace, lambda: now() + later, rows)


def test_the_documented_pace() -> None:
    """24 queries of the index a minute, 8 captures a second, a minute of peace after a 429."""
    assert timedelta(minutes=1) / TERMS.index_gap == 24
    assert timedelta(seconds=1) / TERMS.capture_gap == 8
    assert timedelta(minutes=1) == TERMS.pause


@pytest.mark.parametrize(
    ("answer", "keys", "resume"),
    [
        ([], [], None),
        ([[]], [], None),
        ([list(FIELDS)], [], None),
        ([list(FIELDS), row("20240101060000")], [f"20240101060000/{URL}"], None),
        (
            [list(FIELDS), row("20240101060000"), [], ["expert)/ 2024"]],
            [f"20240101060000/{URL}"],
            "expert)/ 2024",
        ),
        ([list(FIELDS), row("20240101060000", digest=None)], [f"20240101060000/{URL}"], None),
        ([list(FIELDS), row("20241301060000"), row("2024"), row("")], [], None),
        ([list(FIELDS), row("20240101060000", "dns:dapp.expert"), ["2024"], []], [], None),
        (
            [["original", "timestamp", "digest", "statuscode", "mimetype"], [URL, "2" * 14]],
            [],
            None,
        ),
        (
            [
                ["statuscode", "original", "mimetype", "digest", "timestamp"],
                ["-", URL, "warc/revisit", "D", "20240101060000"],
            ],
            [f"20240101060000/{URL}"],
            None,
        ),
    ],
)
def test_parse(answer: Any, keys: list[str], resume: str | None) -> None:
    """Rows by the names of the header; what names no time and no page is left out."""
    found, key = parse(json.dumps(answer).encode(), URL)
    assert ([one.key for one in found], key) == (keys, resume)


def test_parse_gives_the_time_in_utc() -> None:
    """A row's 14 digits are UTC."""
    [found], _ = parse(json.dumps([list(FIELDS), row("20250703060102")]).encode(), URL)
    taken_at = datetime(2025, 7, 3, 6, 1, 2, tzinfo=UTC)
    assert found == Capture("wayback", f"20250703060102/{URL}", taken_at, URL, "D")


@pytest.mark.parametrize(
    "body",
    [b"<html>Too busy</html>", b"{}", b"[1, 2]", b'[["a"], ["b"]]', b"[" * 100_000, b"\xff", b"3"],
)
def test_no_list(body: bytes) -> None:
    """Whatever is no list of captures is a failure that names the page."""
    with pytest.raises(SourceError, match=r"list of https://dapp\.expert/"):
        parse(body, URL)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(FIELDS),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_parse_raises_only_source_errors(body: bytes) -> None:
    """Any bytes give captures or a SourceError."""
    try:
        found, _ = parse(body, URL)
    except SourceError:
        return
    assert all(one.taken_at.tzinfo is UTC for one in found)


@given(st.lists(st.lists(st.text(max_size=15) | st.none() | st.integers(), max_size=6)))
def test_parse_takes_any_rows(rows: list[list[Any]]) -> None:
    """Any rows under the right header are taken or left out."""
    found, _ = parse(json.dumps([list(FIELDS), *rows]).encode(), URL)
    assert len(found) <= len(rows)


@pytest.mark.parametrize(
    ("stamp", "is_one"),
    [("20240229235959", True), ("20230229000000", False), ("٢٠٢٤٠١٠١٠٦٠٠٠٠", False), ("1", False)],
)
def test_instant(stamp: str, is_one: bool) -> None:
    """14 ASCII digits that name a second of the calendar."""
    assert (instant(stamp) is not None) is is_one


def test_listing_goes_page_by_page(archives: Archives, captures: Captures) -> None:
    """All parts are asked for by resume key, and each is kept as it comes."""
    archives.wayback = [Archived(START + number * DAY, b"") for number in range(7)]
    assert list(wayback(archives, rows=3).list_captures(URL, captures)) == [3, 3, 1]
    assert len(archives.requests) == 3
    assert captures.listing("wayback", URL).ended_at is not None


def test_listing_goes_on_where_it_stopped(archives: Archives, captures: Captures) -> None:
    """A listing that ended early asks for no part twice."""
    archives.wayback = [Archived(START + number * DAY, b"") for number in range(7)]
    first = wayback(archives, rows=3).list_captures(URL, captures)
    assert next(first) == 3
    assert captures.listing("wayback", URL).ended_at is None
    assert list(wayback(archives, rows=3).list_captures(URL, captures)) == [3, 1]
    assert len(archives.requests) == len(set(archives.requests)) == 3


def test_a_listing_that_ended_asks_only_for_what_is_new(
    archives: Archives, captures: Captures
) -> None:
    """The next listing starts at the newest capture known, and not within the hour."""
    archives.wayback = [Archived(START + number * DAY, b"") for number in range(5)]
    list(wayback(archives, rows=3).list_captures(URL, captures))
    archives.wayback.append(Archived(START + 9 * DAY, b""))
    assert list(wayback(archives).list_captures(URL, captures)) == []
    assert list(wayback(archives, later=2 * HOUR).list_captures(URL, captures)) == [1]
    assert "from=20240105060000" in archives.requests[-1]
    assert len(archives.requests) == 3


def test_nothing_archived(archives: Archives, captures: Captures) -> None:
    """A page that was never captured is no failure."""
    assert list(wayback(archives).list_captures(URL, captures)) == [0]


def test_the_query(archives: Archives, captures: Captures) -> None:
    """HTML that was found, revisits of it, one an hour; nothing else."""
    archives.wayback = [
        Archived(START, b""),
        Archived(START + timedelta(minutes=20), b""),
        Archived(START + HOUR, b"", mimetype="warc/revisit", status="-"),
    ]
    assert list(wayback(archives).list_captures(URL, captures)) == [2]
    [query] = archives.requests
    for part in ("statuscode%3A200%7C-", "warc%2Frevisit", "collapse=timestamp%3A10"):
        assert part in query


def test_moods_while_listing(archives: Archives, captures: Captures) -> None:
    """A 503 and a 429 with Retry-After are waited out; the listing is whole."""
    archives.wayback = [Archived(START + number * DAY, b"") for number in range(4)]
    archives.troubles["/cdx/"] = [Trouble(503), Trouble(429, {"Retry-After": "0"})]
    assert list(wayback(archives, rows=3).list_captures(URL, captures)) == [3, 1]
    assert len(archives.requests) == 4


def test_an_answer_that_is_no_list_keeps_the_place(archives: Archives, captures: Captures) -> None:
    """An error page under 200 ends the listing with a name, and the next one goes on there."""
    archives.wayback = [Archived(START + number * DAY, b"") for number in range(4)]
    archives.troubles["resumeKey"] = [Trouble(200, body=b"<html>Sorry</html>")]
    with pytest.raises(SourceError, match="no list of captures"):
        list(wayback(archives, rows=3).list_captures(URL, captures))
    assert list(wayback(archives, rows=3).list_captures(URL, captures)) == [1]


def test_a_key_that_leads_to_itself(archives: Archives, captures: Captures) -> None:
    """An index that names one part as the next for ever is read once."""
    row = {"timestamp": "20240101060000", "original": URL}
    same = [list(FIELDS), [row.get(name, "-") for name in FIELDS], [], ["again"]]
    archives.troubles["/cdx/"] = [Trouble(200, body=json.dumps(same).encode())] * 9
    assert list(wayback(archives).list_captures(URL, captures)) == [1, 0]
    assert len(archives.requests) == 2


def capture(one: Archived) -> Capture:
    """It as listed."""
    return Capture("wayback", f"{one.stamp}/{one.url}", one.taken_at, one.url)


def test_fetch(archives: Archives) -> None:
    """The bytes as captured, with the page's own address and the capture's time."""
    one = Archived(START, b"<p>as it was</p>", "https://dapp.expert/?a=1&b=2")
    archives.wayback = [one]
    page = wayback(archives).fetch(capture(one))
    assert (page.body, page.url, page.taken_at) == (one.body, one.url, START)
    assert page.content_type == "text/html; charset=utf-8"
    assert archives.requests == [f"/web/20240101060000id_/{one.url}"]


def test_fetch_of_another_moment(archives: Archives) -> None:
    """A capture whose address leads to another one is not taken for it."""
    other = Archived(START + DAY, b"<p>later</p>")
    archives.wayback = [Archived(START, b"", moved_to=other.stamp), other]
    with pytest.raises(SourceError, match="another capture"):
        wayback(archives).fetch(capture(archives.wayback[0]))


def test_fetch_of_nothing(archives: Archives) -> None:
    """A capture that is gone is a failure with its address."""
    with pytest.raises(SourceError, match=r"/web/20240101060000id_/.* answered 404"):
        wayback(archives).fetch(capture(Archived(START, b"")))
