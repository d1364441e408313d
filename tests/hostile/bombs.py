"""Bombs: little to send, and much to read for whoever reads carelessly; each says what it met."""

import gzip
import io
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import brotli
import orjson

from collectors import commoncrawl, defillama, fetch, growthepie, robots, warc, wayback
from collectors.dapp_expert import read
from collectors.parts import bundle
from collectors.payload import decode
from collectors.saved import fetch_saved
from data.captures import Capture
from data.errors import MastheadError, SourceError
from data.imports import load
from data.model import Page, Run
from data.outbox import flush, put
from data.settings import load as load_settings
from data.store import open_store
from data.waiting import Waiting
from tests.archives import Archived, warc_record
from tests.conftest import HOUR, T0, database, snapshot
from tests.pages import page

MANY: Final = 300_000
URL: Final = "https://dapp.expert/"


def told(work: Callable[[], object]) -> str:
    """What an attempt came to: one of our own sentences, or "taken"."""
    try:
        work()
    except MastheadError as error:
        return str(error)
    return "taken"


PAGES: Final[dict[str, Callable[[], bytes]]] = {
    "a plain page": page,
    "attributes": lambda: b"<p " + b"".join(b"a%d=1 " % n for n in range(MANY // 2)) + b">",
    "one attribute": lambda: b"<p " + b"a=1 " * 2 * MANY + b">",
    "a long attribute": lambda: b"<a href='/news/" + b"a" * 30 * MANY + b"'>",
    "entities": lambda: b"<p>" + b"&#x41;&CounterClockwiseContourIntegral;" * (MANY // 5),
    "misnested": lambda: b"<b><i><a>" * 1_500 + b"<p>" * 50_000,
    "formatting": lambda: b"<font size=1><b>" * 2_400 + b"</font>" * 10_000,
    "tables": lambda: b"<table><tr><td>" * 1_600 + b"x<p>" * 50_000,
    "comments": lambda: b"<!--" * 2 * MANY,
    "brackets": lambda: b"<" * 10 * MANY,
    "templates": lambda: b"<template>" * 4_000 + b"<p>a" * 100_000,
    "labels": lambda: (
        b"<html>" + b"<ul><li>Dapps: <b>1K</b><li>Blockchains: <b>7</b></ul>" * 60_000
    ),
    "links": lambda: b"<html>" + b'<a href="/news/a" aria-label="Read more About a">a</a>' * 60_000,
    "bylines": lambda: b"<h1>a</h1><article>" + b"<p>by Ann<p>2 years ago" * 130_000,
    "lines": lambda: b"user avatar\nby Ann\n2 years ago\n" * 100_000,
    "one line": lambda: b"Dapps: 1K Blockchains: 7 " * 130_000,
    "blanks": lambda: b" " * 10 * MANY,
    "marks": lambda: "\u202e".encode() * 3 * MANY,
    "charsets": lambda: b"<meta " + b"charset" * MANY,
}
WIDE_TAGS: Final[dict[str, Callable[[], bytes]]] = {
    "quoted": lambda: b"<p " + b"".join(b"a%d='><' " % n for n in range(MANY // 2)) + b">",
    "hidden": lambda: b'<p x" a=">" ' + b"".join(b"a%d/" % n for n in range(MANY // 2)) + b">",
    "many tags": lambda: page() + b"<p a='1' b=\"2\" c=3 d>x</p>" * 200_000,
}
"""A tag with too many attributes, told from a page with many of them."""
TEXTS: Final[dict[str, Callable[[], bytes]]] = {
    "nested lists": lambda: b"[" * 4 * MANY,
    "nested objects": lambda: b'{"a":' * MANY,
    "closed lists": lambda: b"[" * MANY + b"]" * MANY,
    "a long number": lambda: b"[" + b"9" * MANY + b"]",
    "a large number": lambda: b'[["timestamp"], [1e400]]',
    "many numbers": lambda: b"[" + b"1," * 4 * MANY + b"1]",
    "many objects": lambda: b"[" + b'{"metric_key":"txcount"},' * 130_000 + b"{}]",
    "many lines": lambda: b'{"timestamp": "1"}\n' * 150_000,
    "one key": lambda: b'{"' + b"a" * 10 * MANY + b'": 1}',
}
RULES: Final[dict[str, Callable[[], str]]] = {
    "stars": lambda: "User-agent: *\nDisallow: /" + "*a" * 200_000 + "b$",
    "few stars": lambda: "User-agent: *\nDisallow: /" + "*a" * 12 + "b$",
    "all stars": lambda: "User-agent: *\nDisallow: /" + "*" * 150_000,
    "rules": lambda: "User-agent: *\n" + "Disallow: /a*a*a*a*b\n" * 20_000,
    "agents": lambda: "User-agent: masthead\n" * 20_000 + "Disallow: /",
    "percent": lambda: "User-agent: *\nDisallow: /" + "%" * 150_000,
}


def read_page(name: str) -> str:
    """dapp.expert's reader on a page of at most what is fetched."""
    look = read(Page((PAGES | WIDE_TAGS)[name]()[: fetch.MAX_BYTES], URL, T0, "text/html"))
    return "taken" if look.via else "nothing there"


def read_text(name: str) -> str:
    """Each reader of JSON on an answer of at most what is fetched."""
    body = TEXTS[name]()[: fetch.MAX_BYTES]
    decode(body.decode())
    answer = Page(body, URL, T0, "application/json")
    parts = [(part, answer) for part in defillama.COLLECTOR.parts]
    said = [
        told(lambda: growthepie.read(answer)),
        told(lambda: defillama.read(bundle(URL, parts, T0))),
        told(lambda: wayback.parse(body, URL)),
        told(lambda: commoncrawl.parse(body, URL)),
        told(lambda: commoncrawl.parse_crawls(body)),
        told(lambda: commoncrawl.parse_pages(body, URL)),
    ]
    return " ".join(said)


def read_rules(name: str) -> str:
    """A robots.txt of at most what is taken, asked about addresses that it might match."""
    rules = robots.Rules.parse(RULES[name]()[: robots.MOST_BYTES])
    asked = (URL, f"{URL}{'a' * 60}", f"{URL}web/20260131060000id_/{URL}{'a' * 40}?{'a' * 40}")
    return " ".join(str(rules.allows(url)) for url in asked)


def packed(first: bytes, part: bytes, times: int) -> bytes:
    """A beginning, and a part so many times, packed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    parts = [packer.compress(first), *(packer.compress(part) for _ in range(times))]
    return b"".join(parts) + packer.flush()


HEAD: Final = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-31T06:00:00Z\r\n"
ARCHIVES: Final[dict[str, Callable[[], bytes]]] = {
    "zeros": lambda: packed(b"", bytes(2**20), 150),
    "zeros twice": lambda: gzip.compress(packed(b"", bytes(2**20), 150)),
    "a long line": lambda: packed(HEAD + b"X: ", b"a" * 2**20, 150),
    "many heads": lambda: packed(HEAD, b"a: b\r\n" * 2**17, 100),
    "blank lines": lambda: packed(b"", b"\r\n" * 2**19, 20),
    "a body": lambda: _answered("gzip", packed(b"", bytes(2**20), 150)),
    "a body twice": lambda: _answered("gzip", gzip.compress(packed(b"", bytes(2**20), 150))),
    "a brotli body": lambda: _answered("br", brotli.compress(bytes(100 * 2**20), quality=1)),
}


def _answered(encoding: str, body: bytes) -> bytes:
    kind = f"text/html\r\nContent-Encoding: {encoding}\r\nX: x"
    return warc_record(Archived(T0, body, mimetype=kind))


def read_archive(name: str) -> str:
    """An archive listed, and its first page read."""
    data = ARCHIVES[name]()
    listed = told(lambda: list(warc.pages(io.BytesIO(data), "a.warc.gz")))
    return f"{listed} {told(lambda: warc.page(io.BytesIO(data), 'a.warc.gz'))}"


def read_saved(folder: Path) -> str:
    """A saved page of 8 GiB, which is a hole in a file."""
    path = folder / "20260131060000.html"
    _hole(path, 8)
    capture = Capture("file", f"{path}#0", T0, URL, None)
    return told(lambda: fetch_saved(capture))


def _hole(path: Path, gibibytes: int, start: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(gibibytes * 2**30)


WIDE: Final = b"slot,taken_at,as_of,source,origin,via,dapps\r\n"
LINE: Final = b"2026-01-31T06:00:00Z,2026-01-31T06:00:04Z,,alpha,live,payload,1\r\n"
STARTS: Final = (b"", b'"', WIDE, WIDE + LINE, WIDE + b'"', WIDE + LINE * 3 + b'"a"\r\n', LINE)


def import_lines(folder: Path) -> str:
    """Files of 2 GiB in one line, that begin as ours do or not."""
    store, said = open_store(database(folder)), []
    for number, start in enumerate(STARTS):
        path = folder / f"{number}.csv"
        _hole(path, 2, start)
        said += [told(partial(load, store, path, block=block)) for block in (1 << 20, 0)]
    assert store.sources() == []
    store.close()
    return " ".join(said)


def read_config(folder: Path) -> str:
    """Config files that go on and on."""
    said = []
    texts = ["a = " + "[" * 10**5, "a = " + "9" * MANY, ".".join("a" * 2_000) + " = 1"]
    texts += ["port = 0x" + "f" * MANY, 'a = "' + "\\u0041" * 10**5 + '"', "[a]\n" * 2_000]
    for text in texts:
        path = folder / "a.toml"
        path.write_text(text, encoding="utf-8")
        said.append(told(partial(load_settings, {}, {}, path)))
    environ = {"MASTHEAD_" + "A__" * 20_000 + "B": "1", "MASTHEAD_PORT": "9" * 10**5}
    said.append(told(lambda: load_settings(environ, {}, None)))
    return " ".join(said)


def empty_outbox(folder: Path) -> str:
    """A page in the outbox that unpacks to 500 MiB."""
    store, box = open_store(database(folder)), folder / "box"
    look = snapshot(dapps=1.0)
    run = Run("dapp_expert", T0, T0, T0, "outbox", host="a")
    path = put(box, Waiting(run, HOUR, look, Page(b"<p>", URL, T0)))
    form = orjson.loads(path.read_bytes())
    form["page"]["body"] = b64encode(zlib.compress(bytes(500 * 2**20), 1)).decode()
    path.write_bytes(orjson.dumps(form))
    flush(box, store, lambda _run, _every: False, lambda _store, kept: kept)
    store.close()
    return " ".join(one.suffix for one in box.iterdir())


def ask(address: str) -> str:
    """The page at an address, which does its worst."""
    asked = fetch.Asked(address, "masthead", HOUR / 240, attempts=1)
    try:
        fetch.get(asked, lambda: T0)
    except SourceError as error:
        return f"{error.kind}: {error}"
    return "taken"


def waste(_folder: Path) -> str:
    """What a bomb that goes off would do, a little of it."""
    return str(sum(bytearray(b"a") * (200 * 2**20)))
