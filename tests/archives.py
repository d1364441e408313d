"""A real HTTP server that stands in for the Wayback Machine and for Common Crawl."""

import gzip
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, urlsplit

FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest")


@dataclass(frozen=True)
class Archived:
    """One capture: what the index says of it and what its address answers."""

    taken_at: datetime
    body: bytes
    url: str = "https://dapp.expert/"
    mimetype: str = "text/html"
    status: str = "200"
    digest: str = "D"
    answer: int = 200
    """The status that its address answers with."""
    moved_to: str | None = None
    """The timestamp of another capture that its address leads to."""

    @property
    def stamp(self) -> str:
        """Its 14 digits."""
        return f"{self.taken_at:%Y%m%d%H%M%S}"


@dataclass(frozen=True)
class Trouble:
    """An answer given instead of the right one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"not now"


Answer = tuple[int, bytes, Mapping[str, str]]


class Archives:
    """Both archives; remembers every request, and what was answered whole, by address."""

    def __init__(self) -> None:
        self.wayback: list[Archived] = []
        self.crawls: dict[str, list[Archived]] = {}
        self.page_size = 2
        """Captures on one page of a Common Crawl index."""
        self.troubles: dict[str, list[Trouble]] = defaultdict(list)
        """What to answer first, by a part of the address."""
        self.requests: list[str] = []
        self.answered: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.reached: Any = None
        """Called with each address when it is asked."""
        self.server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        """The address of all of it."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def settings(self) -> dict[str, str]:
        """The settings that lead here."""
        return {"wayback": self.url, "commoncrawl_index": self.url, "commoncrawl_data": self.url}

    def asked(self, part: str) -> int:
        """How many requests had ``part`` in their address."""
        return sum(part in address for address in self.requests)

    def answer(self, address: str, byte_range: str | None) -> Answer:
        """What the archives say."""
        with self.lock:
            self.requests.append(f"{address} {byte_range or ''}".rstrip())
            for part, waiting in self.troubles.items():
                if part in address and waiting:
                    trouble = waiting.pop(0)
                    return trouble.status, trouble.body, trouble.headers
        parts = urlsplit(address)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/cdx/search/cdx":
            return 200, self._cdx(query), {"Content-Type": "application/json"}
        if parts.path.startswith("/web/"):
            return self._capture(address)
        if parts.path == "/collinfo.json":
            names = [{"id": name, "name": name} for name in self.crawls]
            return 200, json.dumps(names).encode(), {}
        if parts.path.endswith("-index"):
            return self._index(parts.path[1:].removesuffix("-index"), query)
        return self._ranged(parts.path[1:], byte_range)

    def _cdx(self, query: dict[str, str]) -> bytes:
        """Rows by time from the resume key on, the first one of each hour where asked for."""
        found = [one for one in self.wayback if one.url == query["url"]]
        found = [one for one in found if one.stamp >= query.get("from", "")]
        found.sort(key=lambda one: one.stamp)
        if "collapse" in query:
            digits = int(query["collapse"].partition(":")[2])
            found = [next(same) for _, same in groupby(found, lambda one: one.stamp[:digits])]
        found = [one for one in found if one.stamp >= query.get("resumeKey", "")]
        if not found:
            return b"[]"
        limit = int(query["limit"])
        rows = [list(FIELDS)] + [
            [one.stamp, one.url, one.mimetype, one.status, one.digest] for one in found[:limit]
        ]
        more = [[], [found[limit].stamp]] if len(found) > limit else []
        return json.dumps(rows + more).encode()

    def _capture(self, address: str) -> Answer:
        stamp, _, url = address.removeprefix("/web/").partition("id_/")
        found = [one for one in self.wayback if (one.stamp, one.url) == (stamp, url)]
        if not found or found[0].answer != 200:
            return found[0].answer if found else 404, b"not here", {}
        if found[0].moved_to:
            return 302, b"", {"Location": f"/web/{found[0].moved_to}id_/{url}"}
        return 200, found[0].body, {"Content-Type": "text/html; charset=utf-8"}

    def _index(self, crawl: str, query: dict[str, str]) -> Answer:
        rows = []
        offset = 0
        for one in self.crawls.get(crawl, []):
            length = len(self.record(one))
            if one.url == query["url"]:
                rows.append(self._row(crawl, one, offset, length))
            offset += length
        pages = -(-len(rows) // self.page_size)
        if not rows:
            return 404, b'{"message": "No Captures found for: it"}', {}
        if "showNumPages" in query:
            return 200, json.dumps({"pages": pages, "pageSize": 5, "blocks": pages}).encode(), {}
        start = int(query["page"]) * self.page_size
        lines = [json.dumps(row) for row in rows[start : start + self.page_size]]
        return 200, "\n".join(lines).encode(), {"Content-Type": "text/x-ndjson"}

    def _row(self, crawl: str, one: Archived, offset: int, length: int) -> dict[str, str]:
        return {
            "urlkey": "expert,dapp)/",
            "timestamp": one.stamp,
            "url": one.url,
            "mime": one.mimetype,
            "mime-detected": one.mimetype,
            "status": one.status,
            "digest": one.digest,
            "length": str(length),
            "offset": str(offset),
            "filename": f"crawl-data/{crawl}/part.warc.gz",
        }

    def _ranged(self, path: str, byte_range: str | None) -> Answer:
        crawl = path.split("/")[1] if path.count("/") == 2 else ""
        if crawl not in self.crawls or byte_range is None:
            return 404, b"not here", {}
        first, last = (int(part) for part in byte_range.removeprefix("bytes=").split("-"))
        whole = b"".join(self.record(one) for one in self.crawls[crawl])
        return 206, whole[first : last + 1], {"Content-Type": "application/octet-stream"}

    def record(self, one: Archived) -> bytes:
        """The capture as one gzipped WARC record."""
        return gzip.compress(warc_record(one), mtime=0)


def warc_record(one: Archived) -> bytes:
    """The capture as a WARC record."""
    http = (
        f"HTTP/1.1 {one.status} Fine\r\nContent-Type: {one.mimetype}; charset=utf-8\r\n"
        f"Content-Length: {len(one.body)}\r\n\r\n"
    ).encode() + one.body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Record-ID: <urn:uuid:{one.stamp}>\r\n"
        f"WARC-Target-URI: {one.url}\r\nWARC-Date: {one.taken_at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Payload-Digest: {one.digest}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: Any, _client: Any) -> None:
        """A client that was killed is no error of the server's."""


def _handler(archives: Archives) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_GET(self) -> None:
            """Answer, and note whether the answer went out whole."""
            if archives.reached is not None:
                archives.reached(self.path)
            status, body, headers = archives.answer(self.path, self.headers.get("range"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            if status < 500 and status != 429:
                with archives.lock:
                    archives.answered[f"{self.path} {self.headers.get('range', '')}".rstrip()] += 1

        def log_message(self, *_arguments: Any) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def serving() -> Iterator[Archives]:
    """Running archives."""
    archives = Archives()
    thread = threading.Thread(target=archives.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield archives
    finally:
        archives.server.shutdown()
        archives.server.server_close()
        thread.join()
