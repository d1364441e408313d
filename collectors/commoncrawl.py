"""Common Crawl: its indexes, one a crawl, and the records in its web archive files."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from collectors import fetch, warc
from collectors.pace import Pace, Terms
from collectors.wayback import instant
from data.captures import Capture, Captures, Listing
from data.clock import Clock
from data.errors import SourceError
from data.model import Origin, Page

TERMS: Final = Terms(index_gap=timedelta(seconds=1), capture_gap=timedelta(seconds=1))
"""One request a second over everything; 503 is its way to say "slower"."""
CRAWLS_KEPT: Final = timedelta(days=7)
"""How long the list of crawls is believed."""
MOST_FAILURES: Final = 5
"""Crawls that may give no answer before the listing is left for another day."""
NOT_FOUND: Final = 404
HTML: Final = frozenset(warc.HTML)
_CRAWL: Final = re.compile(r"CC-MAIN-[\w-]{1,40}")
_WEEK: Final = re.compile(r"CC-MAIN-(\d{4})-(\d{2})")
_PLACE: Final = re.compile(r"(.+)#(\d+)\+(\d+)")


@dataclass(frozen=True, slots=True)
class CommonCrawl:
    """The archive with its indexes at ``index_base`` and its files at ``data_base``."""

    index_base: str
    data_base: str
    pace: Pace
    clock: Clock
    since: datetime | None = None
    until: datetime | None = None
    """Crawls wholly outside are not asked."""
    origin: ClassVar[Origin] = "commoncrawl"

    def list_captures(self, url: str, captures: Captures) -> Iterator[int]:
        """List the captures of exactly ``url``, crawl by crawl; yields how many each part added.

        A crawl never changes: one that was listed to its end is not asked again. One that gives no
        answer does not keep the others from being listed, several do. Raises SourceError.
        """
        failures: list[SourceError] = []
        for crawl in self._crawls(captures):
            try:
                yield from self._list_crawl(crawl, url, captures)
            except SourceError as error:
                if error.kind in ("stopped", "refused"):
                    raise
                failures.append(error)
                if len(failures) == MOST_FAILURES:
                    break
        if failures:
            more = f" So did {len(failures) - 1} more crawls." if failures[1:] else ""
            raise SourceError(f"{failures[0]}{more}", failures[0].kind, failures[0].status)

    def _crawls(self, captures: Captures) -> list[str]:
        """The crawls that may hold captures of the window, newest first."""
        known = captures.listing(self.origin, "crawls")
        now = self.clock()
        if known.cursor is None or known.ended_at is None or now - known.ended_at > CRAWLS_KEPT:
            crawls = parse_crawls(self.pace.index(f"{self.index_base}/collinfo.json").body)
            known = Listing(json.dumps(crawls), now)
            captures.listed(self.origin, "crawls", [], known)
        crawls = json.loads(known.cursor or "[]")
        return [crawl for crawl in crawls if within(crawl, self.since, self.until)]

    def _list_crawl(self, crawl: str, url: str, captures: Captures) -> Iterator[int]:
        scope = f"{crawl} {url}"
        known = captures.listing(self.origin, scope)
        if known.ended_at is not None:
            return
        page, pages = json.loads(known.cursor) if known.cursor else (0, self._pages(crawl, url))
        while True:
            found = parse(self._index(crawl, url, page=str(page)), url) if page < pages else []
            page += 1
            at = self.clock() if page >= pages else None
            listing = Listing(json.dumps([page, pages]), at)
            yield captures.listed(self.origin, scope, found, listing)
            if at is not None:
                return

    def _pages(self, crawl: str, url: str) -> int:
        return parse_pages(self._index(crawl, url, showNumPages="true"), url)

    def _index(self, crawl: str, url: str, **more: str) -> bytes:
        query = urlencode({"url": url, "output": "json"} | more)
        try:
            return self.pace.index(f"{self.index_base}/{crawl}-index?{query}").body
        except SourceError as error:
            if error.status == NOT_FOUND:  # "No Captures found"
                return b""
            raise

    def fetch(self, capture: Capture) -> Page:
        """The page out of its record. Raises SourceError."""
        place = _PLACE.fullmatch(capture.key)
        if place is None:
            raise SourceError(f"The capture {capture.key} names no record: list it again.", "key")
        url = f"{self.data_base}/{place[1]}"
        answer = self.pace.capture(url, (int(place[2]), int(place[3])))
        record = warc.page(io.BytesIO(answer.body), f"{url} at byte {place[2]}")
        return Page(record.body or b"", capture.address, capture.taken_at, record.content_type)


def parse_crawls(body: bytes) -> list[str]:
    """The names of the crawls in ``collinfo.json``. Raises SourceError."""
    try:
        rows = json.loads(body)
        names = [row["id"] for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SourceError("Common Crawl's collinfo.json is no list of crawls.", "shape") from None
    return [one for one in names if isinstance(one, str) and _CRAWL.fullmatch(one)]


def within(crawl: str, since: datetime | None, until: datetime | None) -> bool:
    """Whether the crawl may hold captures of [since, until); crawls last up to eight weeks."""
    week = _WEEK.fullmatch(crawl)
    if week is None or not 1 <= int(week[2]) <= 52 or not 2000 <= int(week[1]) < 9999:
        return True
    named = datetime.fromisocalendar(int(week[1]), int(week[2]), 1).replace(tzinfo=UTC)
    near = timedelta(weeks=8)
    return (since is None or named + near >= since) and (until is None or named - near < until)


def parse_pages(body: bytes, url: str) -> int:
    """How many pages the index has of ``url``; 0 for none. Raises SourceError."""
    try:
        found = json.loads(body or b"0")
        pages = found["pages"] if isinstance(found, dict) else found
        if isinstance(pages, int) and 0 <= pages < 100_000:
            return pages
    except (ValueError, KeyError, RecursionError):
        pass
    raise SourceError(f"Common Crawl does not say how many captures it has of {url}.", "shape")


def parse(body: bytes, url: str) -> list[Capture]:
    """The HTML captures with status 200 in JSON lines of an index. Raises SourceError."""
    try:
        rows = [json.loads(line) for line in body.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        rows = [None]
    if not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"Common Crawl's list of {url} is no list of captures.", "shape")
    return list(_captures(rows))


def _captures(rows: Iterable[dict[str, Any]]) -> Iterator[Capture]:
    for row in rows:
        texts = {key: value for key, value in row.items() if isinstance(value, str)}
        taken_at = instant(texts.get("timestamp", ""))
        offset, length = _number(row.get("offset")), _number(row.get("length"))
        name, address = texts.get("filename", ""), texts.get("url", "")
        wanted = texts.get("status") == "200" and HTML & {
            texts.get("mime"),
            texts.get("mime-detected"),
        }
        if wanted and taken_at and name and address and 0 < length <= fetch.MAX_BYTES:
            key = f"{name}#{offset}+{length}"
            yield Capture("commoncrawl", key, taken_at, address, texts.get("digest"))


def _number(value: Any) -> int:
    """A whole number, which the index writes as text; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
