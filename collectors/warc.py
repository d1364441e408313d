"""Records of web archive files (WARC): the HTML pages in them, and where each one starts."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import brotli
from warcio.archiveiterator import WARCIterator
from warcio.bufferedreaders import BufferedReader, DecompressingBufferedReader

from collectors import fetch
from data.errors import SourceError

MOST_HEAD: Final = 2**20
"""Bytes of one record's heads; real ones have a few thousand."""
AS_ONE: Final = "non-chunked gzip"
"""What warcio says of a file whose records cannot be reached one by one."""
HTML: Final = ("text/html", "application/xhtml+xml")


class _Brotli:
    """Brotli for warcio, whose own asks for an attribute that the package has no more."""

    unused_data = None

    def __init__(self) -> None:
        self._unpack = brotli.Decompressor()

    def decompress(self, data: bytes) -> bytes:
        """At most a little more than a page may have: the ratio of a bomb knows no bounds."""
        part: bytes = self._unpack.process(data, output_buffer_limit=fetch.MAX_BYTES + 1)
        return part

    def flush(self) -> bytes:
        """Nothing is left over."""
        return b""


BufferedReader.DECOMPRESSORS["br"] = _Brotli


class _Reader(DecompressingBufferedReader):  # type: ignore[misc]
    """An archive's bytes, unpacked; the heads of one record, read by line, come to an end."""

    head = 0
    """Bytes read as lines since the record began, or since a part of its body."""

    def readline(self, length: int | None = None) -> bytes:
        """The next line. Raises ValueError where that is a bomb."""
        line: bytes = super().readline(min(length or MOST_HEAD, MOST_HEAD))
        self.head += len(line)
        if self.head >= MOST_HEAD:
            raise ValueError(f"a record's head is more than {MOST_HEAD // 2**20} MiB")
        return line

    def read(self, length: int | None = None) -> bytes:
        """A part of a body."""
        self.head = 0
        part: bytes = super().read(length)
        return part


def _records(file: BinaryIO) -> WARCIterator:
    records = WARCIterator(file)
    records.reader = _Reader(records.fh)
    return records


@dataclass(frozen=True, slots=True)
class Record:
    """An answer of a site as it was archived."""

    offset: int
    url: str
    taken_at: datetime
    content_type: str
    digest: str | None
    body: bytes | None = None
    """Only where it was asked for."""


def pages(file: BinaryIO, name: str) -> Iterator[Record]:
    """The HTML pages with status 200 from the file's place on, without their bodies.

    Raises SourceError at a record that cannot be read, when those before it were given.
    """
    records = _records(file)
    while True:
        with _named(name, records):
            records.reader.head = 0
            one = next(records, None)
            if one is None:
                _check_end(file, records.offset)
                return
            record = _page(one, records.offset)
            _drain(one)
        if record is not None:
            yield record


def page(file: BinaryIO, name: str) -> Record:
    """The one page whose record starts at the file's place, at most MAX_BYTES of it.

    Raises SourceError.
    """
    records = _records(file)
    with _named(name, records):
        one = next(records)
        found = _page(one, records.offset)
        body = one.content_stream().read(fetch.MAX_BYTES + 1) if found else b""
        if len(body) <= fetch.MAX_BYTES:
            _drain(one)
    if found is None:
        raise SourceError(f"{name} holds no HTML page with status 200 there.", "warc")
    if len(body) > fetch.MAX_BYTES:
        limit = fetch.MAX_BYTES // 2**20
        raise SourceError(f"{name} holds a page larger than {limit} MiB.", "size")
    return replace(found, body=body)


def _page(one: Any, offset: int) -> Record | None:
    """The record, when it is a page that a browser would have shown."""
    headers = one.http_headers
    if one.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
        return None
    kind = headers.get_header("Content-Type") or ""
    if kind and not kind.lower().startswith(HTML):
        return None
    taken_at = datetime.fromisoformat(one.rec_headers.get_header("WARC-Date"))
    if taken_at.tzinfo is None:
        taken_at = taken_at.replace(tzinfo=UTC)
    taken_at = taken_at.astimezone(UTC)
    return Record(
        offset=offset,
        url=one.rec_headers.get_header("WARC-Target-URI"),
        taken_at=taken_at.replace(microsecond=taken_at.microsecond // 1000 * 1000),
        content_type=kind,
        digest=one.rec_headers.get_header("WARC-Payload-Digest"),
    )


def _drain(one: Any) -> None:
    """Read to the record's end, which must be there: one cut short looks whole to warcio."""
    while one.raw_stream.read(2**16):
        pass
    if getattr(one.raw_stream, "limit", 0) > 0:
        raise EOFError("it is cut short")


def _check_end(file: BinaryIO, offset: int) -> None:
    if file.seek(0, io.SEEK_END) > offset:
        raise EOFError("it is cut short")


@contextmanager
def _named(name: str, records: WARCIterator) -> Iterator[None]:
    """Bytes that are no WARC become one sentence.

    warcio raises whatever its parts do (AttributeError and zlib's own among them), and prints.
    """
    try:
        with redirect_stderr(io.StringIO()):
            yield
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        if AS_ONE in reason:
            what = "is compressed as a whole, not record by record: unpack it with gunzip"
            raise SourceError(f"{name} {what}.", "warc") from None
        raise SourceError(
            f"{name} cannot be read as WARC at byte {records.offset}: {reason[:200]}.", "warc"
        ) from None
