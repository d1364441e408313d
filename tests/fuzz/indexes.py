"""What servers say beside pages: indexes of archives, robots.txt, waits, names of encodings."""

import json
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st

from collectors import commoncrawl, wayback
from collectors.exchange import shown
from collectors.retry import LONGEST_WAIT, retry_after
from collectors.robots import Rules, site_of
from data.errors import SourceError
from tests.conftest import T0
from tests.fuzz.target import Target, is_sentence
from tests.looks import any_json

URL: Final = "https://dapp.expert/"
LINES: Final = (
    *("User-agent: *", "User-agent: masthead", "Disallow: /", "Allow: /news", "Crawl-delay: 1e400"),
    *("Crawl-delay: nan", "Crawl-delay: -1", "Disallow: /*a*a*a*a*a*a*a*a*b$", "Sitemap: \x9b"),
    *("Request-rate: 1/0", "Request-rate: 1/9999999999999s 0000-9999", "Visit-time: 9999-0000"),
    *("Disallow: /%zz%", "Disallow: " + "%" * 200, "User-agent:", ":", "\ufeff", "Disallow: $*$*"),
)
WAITS: Final = (
    *("120", "9" * 400, "Sat, 31 Jan 2026 07:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -9959"),
    *("Sat, 31 Jan 2026 07:00:00 +99999999999", "Sat, 31 Jan 99999 07:00:00 GMT", "²", "-1", "1.5"),
    *("Sat, 31 Jan 9999999999 07:00:00 GMT", "Sat, 31 Jan 2026 07:00:00 +99999999999999999999"),
)
STAMPS: Final = ("20260131060000", "20261331060000", "2026013106000²", "00000101000000", 5, None)
rows = st.lists(
    st.lists(st.sampled_from([*STAMPS, *wayback.FIELDS, URL, "200", "text/html"]) | any_json("x"))
).map(lambda found: [[*wayback.FIELDS], *found])
crawled = st.fixed_dictionaries(
    {"timestamp": st.sampled_from(STAMPS), "url": st.just(URL) | any_json("x")},
    optional={
        "status": st.just("200"),
        "mime": st.just("text/html") | any_json("x"),
        "filename": st.just("crawl-data/a.warc.gz") | st.text(max_size=5),
        "offset": st.sampled_from(["0", "9" * 30, "-1", 7, 1e400, "٣"]),
        "length": st.sampled_from(["10", "9" * 18, 0, None, True]),
    },
)
documents = (
    rows.map(json.dumps)
    | st.lists(crawled.map(json.dumps), max_size=4).map("\n".join)
    | any_json("id", "pages").map(json.dumps)
    | st.sampled_from(["[" * 100_000, "1" * 5_000, '{"pages": 1e999}', '{"pages": true}'])
)
robots = st.lists(st.sampled_from(LINES) | st.text(max_size=12), max_size=12).map("\n".join)
examples = documents | robots | st.sampled_from(WAITS) | st.text(max_size=40)


def check(text: str) -> None:
    """Each of them takes the text for what it is, or refuses it in a sentence."""
    body = text.encode("utf-8", "replace")
    for parse in (wayback.parse, commoncrawl.parse, commoncrawl.parse_pages):
        _parsed(parse, body, URL)
    for crawl in _parsed(commoncrawl.parse_crawls, body) or ():
        assert isinstance(commoncrawl.within(crawl, T0, T0 + timedelta(days=1)), bool)
    wait = retry_after(text[:200], T0)
    assert wait is None or timedelta() <= wait <= LONGEST_WAIT
    rules = Rules.parse(text)
    assert isinstance(rules.allows(URL), bool)
    assert isinstance(rules.allows("https://dapp.expert/aaaaaaaaaaaaaaaa?x=%zz"), bool)
    assert rules.delay is None or timedelta() < rules.delay <= timedelta(days=1)
    assert "secret" not in shown(f"https://u:secret@{text[:50].translate({64: None})}/")
    _parsed(site_of, text)


def _parsed(parse: Any, *arguments: object) -> Any:
    try:
        return parse(*arguments)
    except SourceError as error:
        is_sentence(error)
        return None


def seeds() -> list[bytes]:
    """Answers as the archives and sites give them."""
    row = {"timestamp": STAMPS[0], "url": URL, "status": "200", "mime": "text/html"}
    row |= {"filename": "crawl-data/a.warc.gz", "offset": "0", "length": "10"}
    index = [[*wayback.FIELDS], [STAMPS[0], URL, "text/html", "200", "D"], [], ["resume"]]
    lines = "\n".join(LINES)
    found = [json.dumps(index), json.dumps(row), '{"pages": 3}', '[{"id": "CC-MAIN-2026-05"}]']
    return [text.encode() for text in (*found, lines, *LINES, *WAITS)]


TARGET: Final = Target(check, examples, lambda data: data.decode("utf-8", "replace"), seeds)
