"""What the browser is sent and how: names, caching, compression, policy, what is asked for."""

import gzip
import json
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from dashboard import scripts, suites
from dashboard.app import create_app
from dashboard.compression import Compressed
from dashboard.scripts import ASSETS, FIRST
from dashboard.static import FOREVER, Files
from data import clock
from data.settings import Settings


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """The page over a store that is not there: its files need none."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'nowhere' / 'masthead.db'}")
    opened: Client = create_app(settings).server.test_client()
    return opened


def named(page: str) -> list[str]:
    """The addresses that a page names."""
    return re.findall(r'(?:src|href)="([^"]+)"', page)


def ask(client: Client, path: str, encodings: str, **headers: str) -> TestResponse:
    """One answer to a client that takes ``encodings``."""
    asked = {"Accept-Encoding": encodings, **headers}
    return client.get(path, headers=asked, buffered=True)


def test_shell(client: Client) -> None:
    """The page carries its language, its first scripts early, no inline script at all."""
    page = client.get("/").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert page.index("/static/first.") < page.index("/static/page.") < page.index("</head>")
    assert re.findall(r"<script(?![^>]* src=)(?![^>]*application/json)", page) == []
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_everything_named_is_there(client: Client) -> None:
    """Each address of the page answers, whichever process is asked first."""
    addresses = named(client.get("/").get_data(as_text=True))
    assert len(addresses) >= 8
    for address in addresses:
        assert client.get(address, buffered=True).status_code == 200, address


def test_files_are_kept_for_a_year_under_names_of_their_own(client: Client) -> None:
    """A file's name carries its hash, so it need not be asked for again; another name: 404."""
    addresses = named(client.get("/").get_data(as_text=True))
    files = [address for address in addresses if address.startswith("/static/")]
    assert {Path(name).suffix for name in files} == {".css", ".js", ".svg", ".woff2"}
    for address in files:
        assert re.fullmatch(r"/static/[a-z-]+\.[0-9a-f]{16}\.[a-z0-9]+", address)
        answer = client.get(address, buffered=True)
        assert answer.headers["Cache-Control"] == FOREVER
        again = ask(client, address, "br", **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(address.replace(".", ".0", 1)).status_code == 404


def test_a_file_changes_its_name() -> None:
    """Other bytes, another address; and the style names its fonts by theirs."""
    files = Files("/static/")
    assert files.add("a.js", b"1") != files.add("a.js", b"2")
    collected = Files("/static/")
    scripts.collect(collected)
    server = Flask("test", static_folder=None)
    collected.register(server, "/static/")
    client = server.test_client()
    style = client.get(collected.address("page.css")).get_data(as_text=True)
    fonts = re.findall(r'url\("([^"]+)"\)', style)
    assert len(fonts) == len(list((ASSETS / "fonts").glob("*.woff2")))
    for font in fonts:
        answer = client.get(f"/static/{font}")
        assert (answer.status_code, answer.mimetype) == (200, "font/woff2")
        assert answer.data.startswith(b"wOF2")


def test_every_script_is_sent_once(client: Client) -> None:
    """Each of the page's scripts is in the first file or in the later one, whole."""
    page = client.get("/").get_data(as_text=True)
    sent = "".join(
        client.get(address).get_data(as_text=True)
        for address in named(page)
        if re.match(r"/static/(first|page)\..*js", address)
    )
    own = sorted(path.name for path in ASSETS.glob("*.js"))
    assert sorted([*FIRST, *scripts.later()]) == own
    for name in own:
        assert sent.count(scripts.source(name)) == 1, name
    assert not re.search(r"^ *//", sent, re.MULTILINE), "remarks are for people, who read the tree"


def test_dash_is_sent_as_one(client: Client) -> None:
    """What the page uses of Dash is one file, the chart's part too; the rest is not sent at all."""
    page = client.get("/").get_data(as_text=True)
    assert "_dash-component-suites" not in page
    [address] = re.findall(r'src="(/static/dash-renderer\.[^"]*)"', page)
    sent = client.get(address).get_data(as_text=True)
    order = [sent.index(text) for text in ("react.production.min.js", "dash_html_components=")]
    assert order == sorted(order)
    assert "webpackChunkdash_core_components" in sent
    assert "\n//# sourceMappingURL" not in sent
    assert "dash_table=" not in sent
    assert len(sent) < 1_150_000


def test_polyfill_stays_where_it_is_needed() -> None:
    """Dash's one generator is of the form that generators.js runs; any other is not."""
    known = (
        "regeneratorRuntime.mark(function t(){return regeneratorRuntime.wrap(function(e){for(;;)"
        "switch(e.prev=e.next){case 0:return e.next=2,n(!0);case 2:o.isReady=!0;case 3:"
        'case"end":return e.stop()}},t)})'
    )
    assert suites.modern(f"a({known})")
    assert suites.modern("no generator at all")
    assert not suites.modern(known.replace("o.isReady=!0;", 'return e.abrupt("return",1);'))
    assert not suites.modern(f"{known};regeneratorRuntime.async(f)")


def test_joined_scripts_stay_apart() -> None:
    """A missing semicolon, a comment at the end, a map that is not there: none reaches the next."""
    text = scripts.joined(["(() => 1)()", "(() => 2)() // done", "3\n//# sourceMappingURL=a.map"])
    assert text == b"(() => 1)()\n;\n(() => 2)() // done\n;\n3\n"


def test_the_shell_is_not_sent_again(client: Client) -> None:
    """Page, layout and callbacks are the same bytes for everyone: asked again, 304."""
    for path in ("/", "/_dash-layout", "/_dash-dependencies"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-cache"
        assert client.get(path).data == answer.data
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert json.loads(client.get("/_dash-layout").data)["type"] == "Div"


@pytest.mark.parametrize("path", ["/", "/?embed=0", "/health?embed=1", "/static/no.js", "/api/no"])
def test_headers(client: Client, path: str) -> None:
    """Every answer, errors too, forbids foreign scripts, frames and guesses of its type."""
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert policy.endswith("frame-ancestors 'none'")
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == 1
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_an_embed_may_be_framed_by_anyone(client: Client) -> None:
    """Only the page with ``embed=1``; all else of its policy stays."""
    headers = client.get("/?embed=1").headers
    assert headers["Content-Security-Policy"].endswith("; frame-ancestors *")
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/static/page.js", "/static/style.css"])
def test_compression(client: Client, path: str) -> None:
    """The same bytes in every encoding; caches are told what they depend on."""
    if path.startswith("/static/"):
        pattern = path.replace(".", r"\.[0-9a-f]+\.", 1)
        [path] = re.findall(pattern, client.get("/").get_data(as_text=True))
    whole = ask(client, path, "identity")
    brotlied = ask(client, path, "gzip, br")
    gzipped = ask(client, path, "gzip, br;q=0")
    assert "Content-Encoding" not in whole.headers
    assert brotlied.headers["Content-Encoding"] == "br"
    assert gzipped.headers["Content-Encoding"] == "gzip"
    assert brotli.decompress(brotlied.data) == gzip.decompress(gzipped.data) == whole.data
    assert len(brotlied.data) < len(whole.data) / 2
    assert all(one.headers["Vary"] == "Accept-Encoding" for one in (whole, brotlied, gzipped))


def test_compressed_bodies_are_bounded() -> None:
    """A client that asks for ever new answers can't fill the memory."""
    compressed = Compressed(kept=5_000)
    for number in range(300):
        text = clock.now().isoformat().encode() + bytes(range(256)) + str(number).encode()
        assert gzip.decompress(compressed.get(text, "gzip")) == text
    assert 4_000 < compressed.bodies.size <= 5_000
