"""Web archives: any bytes as a WARC file, any name of a saved page, any encoding of a body."""

import gzip
import io
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import brotli
from hypothesis import strategies as st

from collectors import warc
from collectors.jobs import FIRST_PAGE
from collectors.saved import fetch_saved, named_time
from collectors.unpack import LAYERS, codings, unpack
from data.captures import Capture
from data.errors import SourceError
from tests.archives import Archived, warc_record
from tests.conftest import T0
from tests.fuzz.target import Target, fixtures, is_sentence

Example = tuple[bytes, str]
MOST: Final = 200_000
HEADS: Final = (
    *(b"WARC/1.0\r\n", b"WARC-Type: response\r\n", b"WARC-Type: revisit\r\n", b"WARC-Date: x\r\n"),
    *(b"WARC-Date: 0001-01-01T00:00:00+14:00\r\n", b"Content-Length: 9\r\n", b"\r\n", b"HTTP/1.1"),
    *(b"Content-Length: -5\r\n", b"Content-Length: 99999999999999999999\r\n", b" 200 OK\r\n"),
    *(
        b"Content-Encoding: br\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"ffffffffff\r\n",
        b"\x1b[2J",
    ),
)
PACKED: Final = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@st.composite
def records(draw: Any) -> bytes:
    """A few records, of which some bytes are others, packed or not."""
    made = bytearray()
    for _ in range(draw(st.integers(0, 3))):
        url = draw(st.sampled_from(["https://dapp.expert/", "\u202e", "https://[::1", "x y"]))
        kind = draw(st.sampled_from(["text/html", "", "image/png", "text/html; charset=\x9b"]))
        status = draw(st.sampled_from(["200", "404", "²00"]))
        one = Archived(T0, draw(st.binary(max_size=60)), url, kind, status)
        record = bytearray(warc_record(one))
        for _ in range(draw(st.integers(0, 2))):
            place, length = draw(st.integers(0, len(record))), draw(st.integers(0, 30))
            record[place : place + length] = draw(st.sampled_from(HEADS) | st.binary(max_size=8))
        made += gzip.compress(record, mtime=0) if draw(st.booleans()) else record
    return bytes(made)


names = (
    st.text(max_size=30)
    | st.lists(st.sampled_from("0123456789-_T:. ٣²") | st.just("20260131")).map("".join)
    | st.lists(st.sampled_from([*LAYERS, "identity", ",", " ", "x"])).map(",".join)
)
bodies = records() | st.lists(st.sampled_from(HEADS) | st.binary(max_size=12)).map(b"".join)


@st.composite
def packed(draw: Any) -> Example:
    """A body in the encodings that its header names, maybe cut."""
    kinds = draw(st.lists(st.sampled_from([*PACKED]), max_size=3))
    body = draw(st.binary(max_size=100)) * draw(st.sampled_from([1, 50, 3000]))
    for kind in kinds:
        body = PACKED[kind](body)
    return body[: draw(st.integers(0, len(body)))], ", ".join(kinds)


def check(example: Example) -> None:
    """Pages come out, or one sentence; a body is never more than it may be."""
    data, name = example
    _archive(data)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    at = named_time(name, now)
    assert at is None or FIRST_PAGE <= at <= now
    kinds = codings(name)
    if all(kind in LAYERS for kind in kinds):
        try:
            assert sum(map(len, unpack([data[:7], data[7:]], kinds, MOST))) <= MOST
        except (ValueError, OverflowError):
            return


def _archive(data: bytes) -> None:
    found: list[warc.Record] = []
    try:
        found.extend(warc.pages(io.BytesIO(data), "a.warc.gz"))
    except SourceError as error:
        is_sentence(error)
    for one in found:
        assert one.taken_at.tzinfo == UTC
        try:
            whole = warc.page(io.BytesIO(data[one.offset :]), "a.warc.gz")
        except SourceError as error:
            is_sentence(error)
        else:
            assert whole.url == one.url
            assert whole.body is not None
    with tempfile.NamedTemporaryFile(suffix=".warc") as file:
        file.write(data)
        file.flush()
        key = f"{Path(file.name)}#{len(data) // 2}"
        try:
            fetch_saved(Capture("file", key, T0, "https://dapp.expert/", None))
        except SourceError as error:
            is_sentence(error)


def seeds() -> list[bytes]:
    """Archives of one page, plain and packed."""
    pages = [Archived(T0, body) for body in (*fixtures("dapp_expert/garbage.html"), b"<p>a")]
    plain = [warc_record(one) for one in pages]
    return [*plain, *(gzip.compress(one, mtime=0) for one in plain), b"".join(plain)]


TARGET: Final = Target(
    check,
    st.tuples(bodies, names) | packed(),
    lambda data: (data, data[-20:].decode("latin-1")),
    seeds,
)
