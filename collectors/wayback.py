"""The Wayback Machine: its index of captures (CDX) and the captures as they were."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from collectors.pace import Pace, Terms
from data.captures import Capture, Captures, Listing
from data.clock import Clock
from data.errors import SourceError
from data.model import Origin, Page

TERMS: Final = Terms(
    index_gap=timedelta(seconds=2.5), capture_gap=timedelta(seconds=0.125), attempts=5
)
"""24 queries of the index a minute and 8 captures a second, at most."""
ROWS: Final = 5_000
"""Of the index in one answer."""
BELIEVED: Final = timedelta(hours=1)
"""How long nothing new is expected after a listing."""
FIELDS: Final = ("timestamp", "original", "mimetype", "statuscode", "digest")
STAMP: Final = "%Y%m%d%H%M%S"
_REPLAYED: Final = re.compile(r"/web/(\d{14})(?:id_)?/")


@dataclass(frozen=True, slots=True)
class Wayback:
    """The archive at ``base``, asked at its ``pace``."""

    base: str
    pace: Pace
    clock: Clock
    rows: int = ROWS
    origin: ClassVar[Origin] = "wayback"

    def list_captures(self, url: str, captures: Captures) -> Iterator[int]:
        """List every capture of exactly ``url``, one an hour; yields how many each part added.

        Goes on where an earlier listing stopped; an hour after its end it asks for what came
        later. Raises SourceError.
        """
        known = captures.listing(self.origin, url)
        if known.ended_at is not None and self.clock() - known.ended_at < BELIEVED:
            return
        cursor = _cursor(known)
        ended = False
        while not ended:
            found, resume = parse(self.pace.index(self._query(url, cursor)).body, url)
            newest = max([one.key[:14] for one in found] + [cursor["newest"]])
            # A key that leads to itself would lead on for ever.
            ended = resume in (None, cursor["resume"]) or not found
            cursor = {"from": cursor["from"], "resume": resume or "", "newest": newest}
            if ended:
                cursor = {"from": newest, "resume": "", "newest": newest}
            at = self.clock() if ended else None
            yield captures.listed(self.origin, url, found, Listing(json.dumps(cursor), at))

    def _query(self, url: str, cursor: dict[str, str]) -> str:
        # A revisit says "as before": the type and the status stand in the capture it repeats.
        query = [
            ("url", url),
            ("output", "json"),
            ("fl", ",".join(FIELDS)),
            ("filter", "statuscode:200|-"),
            ("filter", "mimetype:text/html|application/xhtml.xml|warc/revisit"),
            ("collapse", "timestamp:10"),
            ("showResumeKey", "true"),
            ("limit", str(self.rows)),
        ]
        more = [("from", cursor["from"]), ("resumeKey", cursor["resume"])]
        return f"{self.base}/cdx/search/cdx?{urlencode(query + [one for one in more if one[1]])}"

    def fetch(self, capture: Capture) -> Page:
        """The page as it was captured; a revisit is fetched as any other. Raises SourceError."""
        stamp = capture.key[:14]
        url = f"{self.base}/web/{stamp}id_/{capture.address}"
        answer = self.pace.capture(url)
        replayed = _REPLAYED.search(answer.url)
        if replayed is None or replayed[1] != stamp:
            raise SourceError(
                f"{url} led to {answer.url}, which is another capture: it was not read.", "capture"
            )
        return Page(answer.body, capture.address, capture.taken_at, answer.content_type)


def _cursor(listing: Listing) -> dict[str, str]:
    known = json.loads(listing.cursor) if listing.cursor else {}
    return {"from": "", "resume": "", "newest": ""} | known


def parse(body: bytes, url: str) -> tuple[list[Capture], str | None]:
    """The captures in an answer of the index, and the key to go on with (None: the end).

    Rows without a possible time are left out. Raises SourceError.
    """
    try:
        rows = json.loads(body or b"[]")
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise SourceError(f"The Wayback Machine's list of {url} is no list of captures.", "shape")
    resume = None
    if len(rows) >= 2 and not rows[-2] and len(rows[-1]) == 1:
        resume, rows = str(rows[-1][0]), rows[:-2]
    if not any(rows):
        return [], resume
    if not set(FIELDS) <= {name for name in rows[0] if isinstance(name, str)}:
        raise SourceError(f"The Wayback Machine's list of {url} names no {FIELDS}.", "shape")
    found = (_capture(dict(zip(map(str, rows[0]), row, strict=False))) for row in rows[1:])
    return [one for one in found if one is not None], resume


def _capture(row: dict[str, Any]) -> Capture | None:
    stamp, address = row.get("timestamp"), row.get("original")
    taken_at = instant(stamp) if isinstance(stamp, str) else None
    if taken_at is None or not isinstance(address, str) or not address.startswith("http"):
        return None
    digest = row.get("digest")
    digest = digest if isinstance(digest, str) else None
    return Capture("wayback", f"{stamp}/{address}", taken_at, address, digest)


def instant(stamp: str) -> datetime | None:
    """The moment that 14 digits name (UTC); None when they name none."""
    if len(stamp) != 14 or not (stamp.isascii() and stamp.isdigit()):
        return None
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
