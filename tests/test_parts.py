"""The envelope of several documents: what goes in comes out, and nothing else is taken for one."""

import gzip
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import parts
from collectors.parts import CONTENT_TYPE, Part, bundle, opened
from data.errors import SourceError
from data.model import Page
from tests.looks import any_json

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
URL = "https://api.test/"


def answer(body: bytes, kind: str = "application/json") -> Page:
    """What one part answered."""
    return Page(body, f"{URL}one", AT, kind, status=200)


@given(
    st.dictionaries(st.text(max_size=20), st.binary(max_size=80), min_size=1, max_size=5),
    st.text(max_size=40),
)
def test_round_trip(bodies: dict[str, bytes], kind: str) -> None:
    """Any bytes come back as they were, with their type."""
    answers = [(name, answer(body, kind)) for name, body in bodies.items()]
    page = bundle(URL, answers, AT)
    assert (page.url, page.taken_at, page.status) == (URL, AT, 200)
    assert page.content_type == CONTENT_TYPE
    assert opened(page) == {name: Part(body, kind) for name, body in bodies.items()}


def test_failed_part_keeps_its_reason() -> None:
    """Beside parts that came, one that did not is its sentence."""
    page = bundle(URL, [("one", answer(b"[]")), ("two", "two gave no answer within 30 s.")], AT)
    found = opened(page)
    assert found["one"].error is None
    assert found["two"] == Part(error="two gave no answer within 30 s.")


def test_all_parts_failed() -> None:
    """Nothing came: that is a failed run with the first reason, not a page."""
    with pytest.raises(SourceError, match=r"none of its 2 parts: one answered 503\.$") as caught:
        bundle(URL, [("one", "one answered 503."), ("two", "two answered 404.")], AT)
    assert caught.value.kind == "parts"
    with pytest.raises(SourceError, match=r"none of its 0 parts\.$"):
        bundle(URL, [], AT)


def test_survives_being_kept() -> None:
    """A page that was gzipped, stored and read again has lost its status and type, not a part."""
    page = bundle(URL, [("one", answer('{"name": "Mühle"}'.encode()))], AT)
    kept = gzip.decompress(gzip.compress(page.body))
    assert opened(Page(kept, URL, AT, "")) == opened(page)


def test_large_bodies() -> None:
    """Three documents at the limit of what is fetched, one of them all quotes, still fit."""
    bodies = [b"a" * 10 * 2**20, b'"' * 10 * 2**20, b"\n" * 10 * 2**20]
    found = opened(bundle(URL, [(str(n), answer(body)) for n, body in enumerate(bodies)], AT))
    assert [found[str(n)].body for n in range(3)] == bodies


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither made nor opened beyond the bound."""
    monkeypatch.setattr(parts, "MAX_BYTES", 2**20)
    with pytest.raises(SourceError, match=r"sent more than 1 MiB in all\."):
        bundle(URL, [("one", answer(b"a" * 2**20))], AT)
    with pytest.raises(SourceError, match=r"is larger than 1 MiB\."):
        opened(Page(b" " * (2**20 + 1), URL, AT))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<!DOCTYPE html>\n<html>", "is not JSON: it starts '<!DOCTYPE html>'"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 5000, "is not JSON"),
        (b"[]", "is no envelope of parts"),
        (b"null", "is no envelope of parts"),
        (b'{"protocols": []}', "is no envelope of parts"),
        (b'{"masthead_parts": {}}', "is no envelope of parts"),
        (b'{"masthead_parts": []}', "is no envelope of parts"),
        (b'{"masthead_parts": {"one": {}}}', "neither body nor error"),
        (b'{"masthead_parts": {"one": "[]"}}', "neither body nor error"),
        (b'{"masthead_parts": {"one": {"body": 3}}}', "neither body nor error"),
        (b'{"masthead_parts": {"one": {"base64": "?"}}}', "neither body nor error"),
        (
            orjson.dumps({"masthead_parts": {str(n): {"body": ""} for n in range(51)}}),
            "no envelope",
        ),
    ],
)
def test_no_envelope(body: bytes, says: str) -> None:
    """A body that is none is a failure whose sentence names the page."""
    with pytest.raises(SourceError, match=says) as caught:
        opened(Page(body, URL, AT))
    assert str(caught.value).startswith(URL)
    assert str(caught.value).endswith(".")


def test_written_by_hand() -> None:
    """A byte order mark and a part without a type are no reason to refuse a file."""
    body = b'\xef\xbb\xbf{"masthead_parts": {"one": {"body": "[1]"}}}'
    assert opened(Page(body, URL, AT)) == {"one": Part(b"[1]")}


@settings(max_examples=200)
@given(any_json("masthead_parts", "body", "base64", "error"))
def test_any_json(form: object) -> None:
    """Whatever JSON it is: parts, or a SourceError."""
    found: Mapping[str, Part] = {}
    with suppress(SourceError):
        found = opened(Page(orjson.dumps(form), URL, AT))
    assert all((part.error is None) or not part.body for part in found.values())
