"""Web archive files: whole, cut short, of other kinds, and made of anything."""

import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import fetch, warc
from data.errors import SourceError
from tests.archives import Archived, warc_record

START = datetime(2024, 3, 1, 6, tzinfo=UTC)
PAGES = [Archived(START + n * timedelta(days=1), f"<p>page {n}</p>".encode()) for n in range(3)]
REQUEST = (
    b"WARC/1.0\r\nWARC-Type: request\r\nWARC-Target-URI: https://dapp.expert/\r\n"
    b"WARC-Date: 2024-03-01T06:00:00Z\r\nContent-Type: application/http; msgtype=request\r\n"
    b"Content-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n\r\n"
)
INFO = (
    b"WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2024-03-01T06:00:00Z\r\n"
    b"Content-Type: application/warc-fields\r\nContent-Length: 6\r\n\r\na: b\r\n\r\n\r\n"
)


def archive(records: list[bytes], packed: bool) -> bytes:
    """A file of records, each packed by itself or none."""
    return b"".join(gzip.compress(one) if packed else one for one in records)


def given_before_failing(body: bytes) -> tuple[int, str]:
    """How many pages a file gives before it fails, and how it does."""
    pages: list[warc.Record] = []
    with pytest.raises(SourceError) as caught:
        pages.extend(warc.pages(io.BytesIO(body), "a.warc"))
    return len(pages), str(caught.value)


@pytest.mark.parametrize("packed", [True, False])
def test_pages_and_their_places(packed: bool) -> None:
    """Every page is found, requests and notes are passed over; each is read at its place."""
    records = [INFO, *(warc_record(one) for one in PAGES), REQUEST]
    body = archive(records, packed)
    found = list(warc.pages(io.BytesIO(body), "a.warc"))
    assert [one.taken_at for one in found] == [one.taken_at for one in PAGES]
    for record, one in zip(found, PAGES, strict=True):
        file = io.BytesIO(body)
        file.seek(record.offset)
        assert warc.page(file, "a.warc").body == one.body
    file = io.BytesIO(body)
    file.seek(found[1].offset)
    assert [one.offset for one in warc.pages(file, "a.warc")] == [one.offset for one in found[1:]]


@pytest.mark.parametrize(
    "other",
    [
        Archived(START, b"", status="404"),
        Archived(START, b"", mimetype="image/png"),
        Archived(START, b"", status="301"),
    ],
)
def test_other_answers(other: Archived) -> None:
    """What is no page that was found is passed over, and no page to be read."""
    body = warc_record(other)
    assert list(warc.pages(io.BytesIO(body), "a.warc")) == []
    with pytest.raises(SourceError, match="holds no HTML page"):
        warc.page(io.BytesIO(body), "a.warc")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("cut", [1, 30, -60])
def test_cut_short(packed: bool, cut: int) -> None:
    """What stands before the cut is given, the rest is a failure that names the file."""
    records = [warc_record(one) for one in PAGES]
    whole = archive(records[:2], packed)
    last = archive(records[2:], packed)
    count, message = given_before_failing(whole + last[:cut])
    assert count == 2
    assert message.startswith(f"a.warc cannot be read as WARC at byte {len(whole)}")


def test_every_cut() -> None:
    """Wherever a packed file is cut, no half page is taken for a whole one."""
    body = archive([warc_record(PAGES[0])], packed=True)
    bodies = set()
    for length in range(1, len(body)):
        try:
            bodies.add(warc.page(io.BytesIO(body[:length]), "a.warc").body)
        except SourceError:
            bodies.add(None)
    assert bodies == {None, PAGES[0].body}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>no archive</html>" * 9, "Invalid WARC record"),
        (gzip.compress(b"".join(warc_record(one) for one in PAGES)), "unpack it with gunzip"),
        (warc_record(PAGES[0]).replace(b"2024-03-01T", b"yesterday "), "isoformat"),
    ],
)
def test_no_archive(body: bytes, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no WARC is named in one sentence, and nothing is printed."""
    _, message = given_before_failing(body)
    assert reason in message
    assert message.endswith(".")
    assert "\n" not in message
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("identity", bytes)],
)
def test_packed_bodies(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    """A body that the site had packed is unpacked."""
    packed = pack(b"<p>packed</p>" * 99)
    one = Archived(START, packed, mimetype=f"text/html\r\nContent-Encoding: {encoding}\r\nX: x")
    assert warc.page(io.BytesIO(warc_record(one)), "a.warc").body == b"<p>packed</p>" * 99


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_page_too_large(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    """A page that unpacks to more than 10 MiB is not read into memory."""
    bomb = pack(bytes(2 * fetch.MAX_BYTES))
    one = Archived(START, bomb, mimetype=f"text/html\r\nContent-Encoding: {encoding}\r\nX: x")
    with pytest.raises(SourceError, match="larger than 10 MiB"):
        warc.page(io.BytesIO(warc_record(one)), "a.warc")


WHOLE = archive([INFO, *(warc_record(one) for one in PAGES)], packed=False)


@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.booleans())
def test_any_bytes(junk: bytes, place: int, packed: bool) -> None:
    """Junk anywhere in a file gives pages or a SourceError, and nothing else."""
    body = WHOLE[:place] + junk + WHOLE[place:]
    body = gzip.compress(body) if packed else body
    for read in (listed, taken):
        try:
            found = read(body)
        except SourceError:
            continue
        assert len(found) <= 4


def listed(body: bytes) -> list[warc.Record]:
    """All pages."""
    return list(warc.pages(io.BytesIO(body), "a"))


def taken(body: bytes) -> list[warc.Record]:
    """The page at the start."""
    return [warc.page(io.BytesIO(body), "a")]
