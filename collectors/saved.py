"""Pages saved in files: web archives (WARC), HTML and visible text, one by one or in folders."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from collectors import fetch, warc
from collectors.jobs import FIRST_PAGE
from collectors.wayback import instant
from data.captures import Capture, Captures, Listing
from data.clock import Clock
from data.errors import SourceError, UsageError
from data.model import Origin, Page, from_ms

WARC: Final = (".warc", ".warc.gz")
PAGES: Final = (".html", ".htm", ".txt")
MHTML: Final = (".mhtml", ".mht")
KINDS: Final = ".warc, .warc.gz, .html, .htm and .txt, and folders of them"
BATCH: Final = 500
"""Captures noted in one transaction."""
_STAMP: Final = re.compile(r"(?<!\d)\d{14}(?!\d)")
_ISO: Final = re.compile(
    r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?:[T _](\d\d)[:_.-]?(\d\d)(?:[:_.-]?(\d\d))?)?(?!\d)"
)


@dataclass(slots=True)
class Saved:
    """The files at ``paths``, folders walked to the bottom in the order of names."""

    paths: Sequence[Path]
    url: str
    """The source's page: records of other sites are passed over."""
    clock: Clock
    other_site: int = 0
    problems: list[str] = field(default_factory=list)
    """What could not be read, one sentence each."""
    files: set[str] = field(default_factory=set)
    origin: ClassVar[Origin] = "file"

    def list_captures(self, _url: str, captures: Captures) -> Iterator[int]:
        """Note every page in the files; yields how many each part added.

        An archive file that was listed and has not changed since is not listed again.
        Raises SourceError when there is no page at all.
        """
        pages: list[Path] = []
        for path in self._walk():
            self.files.add(str(path))
            if not is_archive(path):
                pages.append(path)
                continue
            try:
                yield from self._list_archive(path, captures)
            except OSError as error:
                self._note(path, error)
        found = (one for path in pages if (one := self._saved_page(path)) is not None)
        while part := list(islice(found, BATCH)):
            yield captures.listed(self.origin, "pages", part, Listing())
        if not self.files:
            names = ", ".join(map(str, self.paths))
            raise SourceError(f"{names} holds no page: saved pages are {KINDS}.", "empty")

    def fetch(self, capture: Capture) -> Page:
        """The page of a capture. Raises SourceError."""
        return fetch_saved(capture)

    def _walk(self) -> Iterator[Path]:
        other = []
        for path in self.paths:
            inside = sorted(path.rglob("*")) if path.is_dir() else [path]
            for one in inside:
                if is_archive(one) or one.suffix.lower() in PAGES:
                    if self._is_file(one):
                        yield one.absolute()
                elif one.suffix.lower() in MHTML:
                    other.append(one)
        if other:
            more = f" (and {len(other) - 1} more)" if other[1:] else ""
            self.problems.append(f"{other[0]}{more} is MHTML, which is not read: save as HTML.")

    def _is_file(self, path: Path) -> bool:
        try:
            return path.is_file()
        except OSError as error:
            self._note(path, error)
            return False

    def _note(self, path: Path, error: OSError) -> None:
        self.problems.append(f"{path} cannot be read: {error.strerror}.")

    def _list_archive(self, path: Path, captures: Captures) -> Iterator[int]:
        known = captures.listing(self.origin, str(path))
        cursor: dict[str, Any] = json.loads(known.cursor) if known.cursor else {}
        if cursor.get("version") != _version(path):
            cursor = {"version": _version(path), "offset": 0, "other": 0, "problem": None}
            known = Listing()
        if known.ended_at is None:
            yield from self._list_records(path, captures, cursor)
        self.other_site += cursor["other"]
        if cursor["problem"]:
            self.problems.append(cursor["problem"])

    def _list_records(
        self, path: Path, captures: Captures, cursor: dict[str, Any]
    ) -> Iterator[int]:
        """Note the records from the cursor on; with each part goes the last record it holds."""
        with path.open("rb") as file:
            file.seek(cursor["offset"])
            records = warc.pages(file, str(path))
            if cursor["offset"]:
                next(records, None)
            ended = False
            while not ended:
                part, problem = _part(records)
                ended = len(part) < BATCH
                mine = [one for one in part if _host(one.url) == _host(self.url)]
                cursor["other"] += len(part) - len(mine)
                cursor["problem"] = problem
                cursor["offset"] = part[-1].offset if part else cursor["offset"]
                listing = Listing(json.dumps(cursor), self.clock() if ended else None)
                found = [_record(path, one) for one in mine]
                yield captures.listed(self.origin, str(path), found, listing)

    def _saved_page(self, path: Path) -> Capture | None:
        now = self.clock()
        try:
            taken_at = named_time(path.name, now) or from_ms(path.stat().st_mtime_ns // 1_000_000)
            digest = _version(path)
        except OSError as error:
            self._note(path, error)
            return None
        if not FIRST_PAGE <= taken_at <= now:
            when = "in the future" if taken_at > now else f"in {taken_at.year}"
            self.problems.append(f"{path} was changed {when}: put its time in its name.")
            return None
        return Capture(self.origin, f"{path}#0", taken_at, self.url, digest)


def named_time(name: str, now: datetime) -> datetime | None:
    """When a page was saved, by its file's name (UTC): 14 digits, or an ISO date with or without a
    time; None where the name has no possible time.
    """
    stamps = [instant(digits) for digits in _STAMP.findall(name)]
    dates = [_date(match) for match in _ISO.finditer(name)]
    possible = (one for one in (*stamps, *dates) if one and FIRST_PAGE <= one <= now)
    return next(possible, None)


def _date(match: re.Match[str]) -> datetime | None:
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def fetch_saved(capture: Capture) -> Page:
    """The page of a capture that :class:`Saved` noted. Raises SourceError."""
    name, _, offset = capture.key.rpartition("#")
    path = Path(name)
    try:
        with path.open("rb") as file:
            if not is_archive(path):
                return _whole(file.read(fetch.MAX_BYTES + 1), path, capture)
            file.seek(int(offset))
            record = warc.page(file, name)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.", "file") from None
    return Page(record.body or b"", record.url, capture.taken_at, record.content_type)


def _whole(body: bytes, path: Path, capture: Capture) -> Page:
    if len(body) > fetch.MAX_BYTES:
        raise SourceError(f"{path} is larger than {fetch.MAX_BYTES // 2**20} MiB.", "size")
    if not body.strip():
        raise SourceError(f"{path} is empty.", "empty")
    kind = "text/plain" if path.suffix.lower() == ".txt" else ""
    return Page(body, capture.address, capture.taken_at, kind)


def is_archive(path: Path) -> bool:
    """Whether the name is that of a web archive file."""
    return path.name.lower().endswith(WARC)


def check_paths(paths: Iterable[Path]) -> None:
    """Raises UsageError for a path that is not there or is no kind of saved page."""
    for path in paths:
        try:
            is_there = path.exists()
        except OSError as error:
            raise UsageError(f"--from {path} cannot be read: {error.strerror}.") from None
        if not is_there:
            raise UsageError(f"--from {path}: there is no such file, and no such archive.")
        if path.is_file() and not is_archive(path) and path.suffix.lower() not in PAGES:
            raise UsageError(f"--from {path} is no saved page: those are {KINDS}.")


def _part(records: Iterator[warc.Record]) -> tuple[list[warc.Record], str | None]:
    """The next records, at most BATCH, and why there are no more when they cannot be read."""
    part: list[warc.Record] = []
    try:
        part.extend(islice(records, BATCH))
    except SourceError as error:
        return part, str(error)
    return part, None


def _record(path: Path, record: warc.Record) -> Capture:
    key = f"{path}#{record.offset}"
    return Capture("file", key, record.taken_at, record.url, record.digest)


def _version(path: Path) -> str:
    about = path.stat()
    return f"{about.st_size}:{about.st_mtime_ns}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
