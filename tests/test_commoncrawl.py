"""Common Crawl: its list of crawls, its indexes with pages, its records."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.commoncrawl import (
    MOST_FAILURES,
    TERMS,
    CommonCrawl,
    parse,
    parse_crawls,
    parse_pages,
    within,
)
from collectors.pace import Pace, Terms
from data.captures import Capture, Captures, Window
from data.clock import now
from data.errors import SourceError
from tests.archives import Archived, Archives, Trouble, serving

URL = "https://dapp.expert/"
DAY = timedelta(days=1)
START = datetime(2024, 3, 1, 6, tzinfo=UTC)
CRAWL = "CC-MAIN-2024-10"
QUICK = Terms(
    timedelta(),
    timedelta(),
    pause=timedelta(milliseconds=1),
    back_off=timedelta(milliseconds=1),
    attempts=3,
    limit=timedelta(seconds=10),
)
"""What the local archives are asked at."""
ROW = {
    "urlkey": "expert,dapp)/",
    "timestamp": "20240301060000",
    "url": URL,
    "mime": "text/html",
    "mime-detected": "text/html",
    "status": "200",
    "digest": "D",
    "length": "1000",
    "offset": "5000",
    "filename": "crawl-data/a.warc.gz",
}


@pytest.fixture
def archives() -> Iterator[Archives]:
    """Running archives, empty."""
    with serving() as running:
        yield running


def crawled(archives: Archives, **window: datetime) -> CommonCrawl:
    """The archive."""
    pace = Pace(QUICK, "test", now, threading.Event())
    return CommonCrawl(archives.url, archives.url, pace, now, **window)


def test_the_documented_pace() -> None:
    """One request a second over everything."""
    assert TERMS.index_gap == TERMS.capture_gap == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"mime": "unk"}, True),
        ({"mime-detected": "application/xhtml+xml"}, True),
        ({"mime": "warc/revisit", "mime-detected": None}, False),
        ({"mime": "text/plain", "mime-detected": "image/png"}, False),
        ({"status": "301"}, False),
        ({"status": 200}, False),
        ({"timestamp": "20240230060000"}, False),
        ({"timestamp": None}, False),
        ({"length": "0"}, False),
        ({"length": "99999999999"}, False),
        ({"length": "-5"}, False),
        ({"length": 1000, "offset": 0}, True),
        ({"offset": "9" * 400}, True),
        ({"filename": ""}, False),
        ({"url": None}, False),
    ],
)
def test_parse(changes: dict[str, Any], taken: bool) -> None:
    """Pages that were found, of a size that can be one; anything else is left out."""
    found = parse(json.dumps(ROW | changes).encode(), URL)
    assert bool(found) is taken


def test_parse_gives_place_and_time() -> None:
    """The key is where the record is, the time is UTC."""
    line = json.dumps(ROW).encode()
    taken_at = datetime(2024, 3, 1, 6, tzinfo=UTC)
    wanted = Capture("commoncrawl", "crawl-data/a.warc.gz#5000+1000", taken_at, URL, "D")
    assert parse(line + b"\n\n" + line, URL) == [wanted, wanted]
    assert parse(b"", URL) == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"3\n4", b"{}\n{", b"[" * 100_000])
def test_no_list(body: bytes) -> None:
    """Whatever is no list of captures is a failure that names the page."""
    with pytest.raises(SourceError, match=r"list of https://dapp\.expert/"):
        parse(body, URL)


@pytest.mark.parametrize(
    ("body", "pages"), [(b'{"pages": 3, "pageSize": 5}', 3), (b"2", 2), (b"", 0), (b"0", 0)]
)
def test_parse_pages(body: bytes, pages: int) -> None:
    """How many pages an index has, in both forms it is told in; none found is none."""
    assert parse_pages(body, URL) == pages


@given(st.binary(max_size=80) | st.sampled_from([b'{"pages": []}', b"{}", b"-1", b"[]", b"1e9"]))
def test_parsers_raise_only_source_errors(body: bytes) -> None:
    """Any bytes are understood or are a SourceError."""
    for take in (
        lambda: parse(body, URL),
        lambda: parse_pages(body, URL),
        lambda: parse_crawls(body),
    ):
        try:
            found = take()
        except SourceError:
            continue
        assert isinstance(found, list | int)


def test_parse_crawls() -> None:
    """The names of crawls; one that could lead elsewhere is left out."""
    rows = [{"id": CRAWL, "cdx-api": "x"}, {"id": "../other"}, {"id": None}]
    assert parse_crawls(json.dumps(rows).encode()) == [CRAWL]
    for body in (b"<html>", b'{"id": 1}', b'[{"name": 1}]', b"[1]"):
        with pytest.raises(SourceError, match=r"collinfo\.json"):
            parse_crawls(body)


@pytest.mark.parametrize(
    ("crawl", "since", "until", "inside"),
    [
        (CRAWL, None, None, True),
        (CRAWL, START, START + DAY, True),
        (CRAWL, START + 90 * DAY, None, False),
        (CRAWL, None, START - 90 * DAY, False),
        ("CC-MAIN-2009-2010", START, None, True),
        ("CC-MAIN-2024-99", START, None, True),
    ],
)
def test_within(crawl: str, since: datetime | None, until: datetime | None, inside: bool) -> None:
    """A crawl is left out where its name says that it lies outside, and only there."""
    assert within(crawl, since, until) is inside


def test_listing(archives: Archives, captures: Captures) -> None:
    """Every crawl, every page of its index; a crawl without captures (404) is an empty one."""
    archives.crawls = {
        CRAWL: [Archived(START + number * DAY, b"x") for number in range(5)],
        "CC-MAIN-2024-18": [],
    }
    assert list(crawled(archives).list_captures(URL, captures)) == [2, 2, 1, 0]
    asked = [address.partition("&output=json")[2] for address in archives.requests[1:]]
    pages = ["&showNumPages=true", "&page=0", "&page=1", "&page=2"]
    assert asked == [*pages, "&showNumPages=true"]


def test_nothing_is_listed_twice(archives: Archives, captures: Captures) -> None:
    """A listing goes on at the page it stopped at; what ended is not asked again for a week."""
    archives.crawls = {CRAWL: [Archived(START + number * DAY, b"x") for number in range(5)]}
    first = crawled(archives).list_captures(URL, captures)
    assert next(first) == 2
    assert list(crawled(archives).list_captures(URL, captures)) == [2, 1]
    assert list(crawled(archives).list_captures(URL, captures)) == []
    assert len(archives.requests) == len(set(archives.requests)) == 5


def test_a_new_crawl(archives: Archives, captures: Captures) -> None:
    """The list of crawls is believed for a week; then only the new crawl is asked."""
    archives.crawls = {CRAWL: []}
    list(crawled(archives).list_captures(URL, captures))
    archives.crawls["CC-MAIN-2024-18"] = [Archived(START, b"x")]
    assert list(crawled(archives).list_captures(URL, captures)) == []
    pace = Pace(QUICK, "test", now, threading.Event())
    later = CommonCrawl(archives.url, archives.url, pace, lambda: now() + 8 * DAY)
    assert list(later.list_captures(URL, captures)) == [1]
    assert archives.asked(f"{CRAWL}-index") == 1


def test_only_crawls_of_the_window(archives: Archives, captures: Captures) -> None:
    """A crawl that lies outside is not asked, and is when it lies inside the next time."""
    archives.crawls = {"CC-MAIN-2020-10": [Archived(START, b"x")], CRAWL: []}
    assert list(crawled(archives, since=START).list_captures(URL, captures)) == [0]
    assert archives.asked("CC-MAIN-2020-10") == 0
    assert list(crawled(archives).list_captures(URL, captures)) == [1]


def test_one_crawl_away(archives: Archives, captures: Captures) -> None:
    """A crawl without an answer is named, the others are listed; the next time it is asked."""
    archives.crawls = {CRAWL: [Archived(START, b"x")], "CC-MAIN-2024-18": [Archived(START, b"y")]}
    archives.troubles[CRAWL] = [Trouble(503)] * 3
    listing = crawled(archives).list_captures(URL, captures)
    assert next(listing) == 1
    with pytest.raises(SourceError, match=f"{CRAWL}-index.* answered 503"):
        next(listing)
    assert list(crawled(archives).list_captures(URL, captures)) == [1]


def test_all_crawls_away(archives: Archives, captures: Captures) -> None:
    """After several crawls without an answer the others are left in peace."""
    archives.crawls = {f"CC-MAIN-2024-{week}": [] for week in range(10, 30)}
    archives.troubles["-index"] = [Trouble(503)] * 100
    with pytest.raises(SourceError, match=f"So did {MOST_FAILURES - 1} more crawls"):
        list(crawled(archives).list_captures(URL, captures))
    assert archives.asked("-index") == 3 * MOST_FAILURES


def test_busy(archives: Archives, captures: Captures) -> None:
    """503 is normal: it is waited out."""
    archives.crawls = {CRAWL: [Archived(START, b"x")]}
    archives.troubles["collinfo"] = [Trouble(503)]
    archives.troubles["page=0"] = [Trouble(503), Trouble(503)]
    assert list(crawled(archives).list_captures(URL, captures)) == [1]


def listed(archives: Archives, captures: Captures) -> list[Capture]:
    """What the archives hold, as listed."""
    list(crawled(archives).list_captures(URL, captures))
    return captures.candidates(Window(["commoncrawl"], None, now()))


def test_fetch(archives: Archives, captures: Captures) -> None:
    """One record is asked for by its range, and unpacked."""
    bodies = [b"<p>first</p>", b"<p>second</p>" * 999]
    archives.crawls = {CRAWL: [Archived(START + n * DAY, body) for n, body in enumerate(bodies)]}
    found = listed(archives, captures)
    pages = [crawled(archives).fetch(one) for one in found]
    assert [page.body for page in pages] == bodies
    assert [page.taken_at for page in pages] == [START, START + DAY]
    assert pages[0].url == URL
    assert pages[0].content_type == "text/html; charset=utf-8"


def test_fetch_of_no_record(archives: Archives) -> None:
    """Bytes that are no record, and a key that is none, are failures with a name."""
    one = Capture("commoncrawl", "crawl-data/a.warc.gz#0+10", START, URL)
    archives.troubles["a.warc.gz"] = [Trouble(206, body=b"not a record")]
    with pytest.raises(SourceError, match=r"a\.warc\.gz at byte 0 cannot be read as WARC"):
        crawled(archives).fetch(one)
    with pytest.raises(SourceError, match="names no record"):
        crawled(archives).fetch(Capture("commoncrawl", "a.warc.gz", START, URL))
