"""dapp.expert's reader: any page gives a sound look, and what it reads stood there and is kept."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import orjson
from hypothesis import strategies as st

from collectors.dapp_expert import read
from collectors.quantity import parse
from data.export import stream
from data.imports import load
from data.jsonform import from_json, to_json
from data.model import METRIC, Page, Snapshot
from data.store import Store, open_store
from data.tables import Query
from tests.conftest import HOUR, T0
from tests.fuzz.payload import texts as payloads
from tests.fuzz.target import Target, fixtures, is_sound
from tests.test_imports import empty, whole

URL: Final = "https://dapp.expert/news/a-story"
KINDS: Final = ("", "text/html", "text/plain; charset=utf-8", "text/html; charset=koi8-r", "a")
LABELS: Final = ("Dapps", "Blockchains", "Active users", "30d volume", "30d transactions", "Dapps:")
FIGURES: Final = ("16.23K", "78", "66.47M", "$303.26B", "879,24 млн $", "0", "€1", "NaN", "1e9")
WORDS: Final = (
    *("by Ann", "2 years ago", "user avatar", "Other news", "© 2026", "Read more About it"),
    *(
        "\u202egnp.exe",
        "\x1b]0;title\x07",
        "<!--",
        "]]>",
        "&#0;",
        "&#x202e;",
        "a\u0000b",
        "от Анны",
    ),
)
LINKS: Final = (
    *("/news/a", "javascript:alert(1)", "//evil.example/news/b", "https://dapp.expert/news/c?x=1"),
    *("data:text/html,<script>", "\x01javascript:alert(1)", "https://[::1", "/news/\u202eb"),
)
TAGS: Final = ("ul", "li", "div", "span", "dl", "dt", "dd", "table", "tr", "td", "p", "article")

Example = tuple[bytes, str]

tokens = st.sampled_from([*LABELS, *FIGURES, *WORDS]) | st.text(max_size=12)
names = st.sampled_from([*TAGS, "h1", "h3", "nav", "script", "svg", "template", "b", "x"])


@st.composite
def pages(draw: Any) -> Example:
    """A page of labels, figures, cards and a payload, in any arrangement."""
    parts = [draw(st.sampled_from(["<html><body>", "<!doctype html>", "", "\ufeff"]))]
    for tag, inside, ends in draw(st.lists(st.tuples(names, tokens, st.booleans()), max_size=25)):
        parts.append(f"<{tag}>{inside}" + (f"</{tag}>" if ends else ""))
    for link, label, title in draw(
        st.lists(st.tuples(st.sampled_from(LINKS), tokens, tokens), max_size=4)
    ):
        about = f"Read more About {label}"
        parts.append(
            f'<div><a href="{link}" aria-label="{about}"></a><h3>{title}</h3>'
            f'<p>{label}</p><img alt="user avatar"><span>{title}</span></div>'
        )
    if draw(st.booleans()):
        parts.append(f'<script id="__NUXT_DATA__">{draw(payloads)}</script>')
    charset = draw(st.sampled_from(["utf-8", "utf-16", "cp1251"]))
    return "".join(parts).encode(charset, "replace"), draw(st.sampled_from(KINDS))


@cache
def _store() -> Store:
    folder = tempfile.mkdtemp(prefix="masthead-fuzz-")
    return open_store(f"sqlite:///{folder}/m.db")


def check(example: Example) -> None:
    """The look is sound, its figures lie in what was printed, and it survives every way out."""
    body, kind = example
    look = read(Page(body, URL, T0, kind))
    is_sound(look)
    assert tuple(look.readings) == tuple(METRIC)
    for key, reading in look.readings.items():
        if reading.value is not None and look.via in ("page", "text"):
            assert reading.shown is not None
            seen = parse(reading.shown, METRIC[key])
            assert (seen.value, seen.half_width) == (reading.value, reading.half_width), reading
    snapshot = Snapshot("dapp_expert", T0, T0, "live", look)
    assert from_json(orjson.loads(orjson.dumps(to_json(snapshot)))) == snapshot
    # Going in and out of a store takes fifty times as long as reading.
    if (not look.empty or look.headlines) and crc32(body) % 16 == 0:
        _survives(snapshot)


def _survives(snapshot: Snapshot) -> None:
    """Stored, exported, imported and exported again it is what it was."""
    store = _store()
    empty(store)
    store.save(snapshot, HOUR)
    asked = [Query(shape="tidy"), Query(), Query("headlines")]
    files = [whole(store, query) for query in asked]
    for query in asked:
        assert b"".join(stream(store, query, "jsonl")) is not None
    empty(store)
    with tempfile.TemporaryDirectory() as folder:
        for number, (query, before) in enumerate(zip(asked, files, strict=True)):
            path = Path(folder) / f"{number}.csv"
            path.write_bytes(before)
            load(store, path)
            # The wide file does not tell the texts that the tidy one has told before.
            assert number == 1 or whole(store, query) == before


TARGET: Final = Target(
    check,
    pages(),
    lambda data: (data[1:], KINDS[(data[0] if data else 0) % len(KINDS)]),
    lambda: (b"\0" + body for body in fixtures("dapp_expert/*.html", "dapp_expert/*.txt")),
)
