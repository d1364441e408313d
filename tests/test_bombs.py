"""Bombs cost what a bounded piece of work costs, each in a process of its own."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from tests import moods
from tests.hostile import bombs
from tests.hostile.cost import Cost, cost
from tests.site import Answer, serving

SECONDS = 20.0
"""Of work: what is quadratic takes minutes, what is worse than that never ends."""
MEBIBYTES = 450.0
"""A parsed page of several megabytes takes up to 300; a bomb that goes off takes gigabytes."""


def bounded(work: Callable[[Path], str], folder: Path) -> str:
    """What came of it, at little cost."""
    found = cost(work, folder)
    assert found.seconds < SECONDS, found
    assert found.mebibytes < MEBIBYTES, found
    return found.said


def several(read: Callable[[str], str], names: tuple[str, ...], _folder: Path) -> str:
    """In the other process: one after the other."""
    return " | ".join(f"{name}: {read(name)}" for name in names)


def test_cost_is_measured(tmp_path: Path) -> None:
    """What takes time and memory is seen to do so."""
    found = cost(bombs.waste, tmp_path)
    assert isinstance(found, Cost)
    assert found.mebibytes > 150
    assert found.seconds > 0


def test_pages(tmp_path: Path) -> None:
    """However a page is built, it is read or left within bounds."""
    said = bounded(partial(several, bombs.read_page, tuple(bombs.PAGES)), tmp_path)
    assert "a plain page: taken" in said
    assert "attributes: nothing there" in said


def test_attributes_in_disguise(tmp_path: Path) -> None:
    """No quote hides how many attributes a tag has; a page of many tags is read all the same."""
    said = bounded(partial(several, bombs.read_page, tuple(bombs.WIDE_TAGS)), tmp_path)
    assert said == "quoted: nothing there | hidden: nothing there | many tags: taken"


def test_json(tmp_path: Path) -> None:
    """So is whatever an API or an index answers."""
    said = bounded(partial(several, bombs.read_text, tuple(bombs.TEXTS)), tmp_path)
    assert "is not JSON" in said
    assert "is no list of captures" in said


def test_rules(tmp_path: Path) -> None:
    """And a robots.txt, however many stars it has."""
    said = bounded(partial(several, bombs.read_rules, tuple(bombs.RULES)), tmp_path)
    assert "agents: False False False" in said


def test_archives(tmp_path: Path) -> None:
    """A web archive's heads, bodies and blank lines, packed once or twice."""
    said = bounded(partial(several, bombs.read_archive, tuple(bombs.ARCHIVES)), tmp_path)
    assert said.count("a record's head is more than 1 MiB") >= 4
    assert said.count("holds a page larger than 10 MiB") == 2


def test_saved_page(tmp_path: Path) -> None:
    """A saved page of eight gigabytes."""
    assert bounded(bombs.read_saved, tmp_path).endswith("is larger than 10 MiB.")


def test_import(tmp_path: Path) -> None:
    """A CSV of two gigabytes in one line."""
    said = bounded(bombs.import_lines, tmp_path)
    assert "the line after it is longer than 4 MiB" in said
    assert "taken" not in said


def test_config(tmp_path: Path) -> None:
    """A config whose lists, numbers and names have no end."""
    said = bounded(bombs.read_config, tmp_path)
    assert "its lists have no end" in said
    assert "taken" not in said


def test_outbox(tmp_path: Path) -> None:
    """A page that waits and unpacks to more than any page has."""
    assert bounded(bombs.empty_outbox, tmp_path) == ".unreadable"


def lines(parts: Iterable[bytes]) -> Answer:
    """Says these bytes, as long as anybody listens."""

    def speak(handler: BaseHTTPRequestHandler, closing: Event) -> None:
        for part in parts:
            if closing.is_set():
                return
            try:
                handler.wfile.write(part)
            except OSError:
                return

    return Answer(speak=speak)


def again(part: bytes) -> Iterator[bytes]:
    """For ever."""
    while True:
        yield part


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
SPOKEN: dict[str, tuple[Callable[[], Answer], str]] = {
    "a header of a megabyte": (lambda: lines([OK, b"X: " + b"a" * 2**20, b"\r\n\r\na"]), "network"),
    "endless headers": (lambda: lines([OK, *[b"X: a\r\n" * 10_000] * 500]), "network"),
    "an endless status": (lambda: lines(again(b"HTTP/1.1 200 " + b"a" * 2**16)), "network"),
    "an endless chunk": (lambda: lines([CHUNKED, b"7fffffff\r\n", *[bytes(2**20)] * 50]), "size"),
    "endless chunks": (
        lambda: lines(parts_of(CHUNKED, b"400\r\n" + b"a" * 1_024 + b"\r\n")),
        "size",
    ),
    "an endless size": (lambda: lines([CHUNKED, *[b"0" * 2**20] * 50]), "network"),
    "an endless body": (lambda: lines(parts_of(OK + b"\r\n", b"a" * 2**20)), "size"),
    "a long type": (
        lambda: Answer(b"a", headers={"Content-Type": "text/html; " + "charset=" * 7_000}),
        "taken",
    ),
    "odd bytes": (lambda: Answer(b"a", headers={"Content-Type": "\x9b31m"}), "content"),
    "many encodings": (
        lambda: Answer(b"a", headers={"Content-Encoding": "gzip, " * 5_000}),
        "network",
    ),
    "nested": (
        lambda: Answer(
            gzip.compress(gzip.compress(bytes(2**28))),
            headers={"Content-Type": "text/html", "Content-Encoding": "gzip, gzip"},
        ),
        "size",
    ),
    "a circle": (lambda: moods.moved("/"), "redirect"),
    "a long target": (lambda: moods.moved("/" + "a" * 60_000), "status"),
}


def parts_of(first: bytes, part: bytes) -> Iterator[bytes]:
    """A beginning, and the same for ever."""
    yield first
    yield from again(part)


def asks(address: str, _folder: Path) -> str:
    """In the other process."""
    return bombs.ask(address)


@pytest.mark.parametrize("name", SPOKEN)
def test_answers(name: str, tmp_path: Path) -> None:
    """A server that sends without end is hung up on; what it is told of is one harmless line."""
    make, kind = SPOKEN[name]
    with serving() as site:
        site.answers["/"] = make()
        said = bounded(partial(asks, site.url), tmp_path)
    assert said.partition(":")[0] == kind, said
    assert said.isprintable()
    assert len(said) < 1_100
