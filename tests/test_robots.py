"""robots.txt: read, kept for a day and honoured."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import fetch
from collectors.robots import MOST_BYTES, Memory, Rules, fetch_rules, permitted, site_of
from data.engine import connect, parse_url
from data.errors import SourceError, StoreError
from data.store import Store
from tests import moods
from tests.conftest import T0, database
from tests.site import Answer, Site, serving
from tests.waiting import until

AGENT = fetch.user_agent("ops@example.org")
TEXT = {"Content-Type": "text/plain"}
CLOSED = Answer(b"User-agent: *\nDisallow: /\n", headers=TEXT)
OPEN = Answer(b"User-agent: *\nDisallow: /dashboard\n", headers=TEXT)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site without pages."""
    with serving() as running:
        yield running


@dataclass
class Time:
    """A clock that goes only when told to."""

    now: datetime = T0

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/", True),
        ("User-agent: *\nDisallow: /dashboard\nDisallow: /settings", "/", True),
        ("User-agent: *\nDisallow: /dashboard\nDisallow: /settings", "/settings/a", False),
        ("User-agent: *\nDisallow:", "/", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: masthead\nAllow: /", "/news", True),
        ("User-agent: Masthead\nDisallow: /", "/", False),
        ("User-agent: other\nDisallow: /", "/", True),
        ("User-agent: *\nDisallow: /\nAllow: /$", "/", True),
        ("User-agent: *\nDisallow: /*.json$", "/api/a.json", False),
        ("<!doctype html><title>Not found</title>", "/", True),
    ],
)
def test_rules(text: str, path: str, allowed: bool) -> None:
    """The group for masthead counts, else the one for all; the longest match decides."""
    assert Rules.parse(text).allows(f"https://a.test{path}") is allowed


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("99999999", 86_400),
        ("0", None),
        ("-1", None),
        ("soon", None),
        ("nan", None),
        ("1e999", None),
    ],
)
def test_delay(value: str, seconds: float | None) -> None:
    """Crawl-delay is read; what is no time is none, and a day is the longest."""
    delay = Rules.parse(f"User-agent: *\nCrawl-delay: {value}").delay
    assert delay == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text())
def test_any_text_is_rules(text: str) -> None:
    """Whatever a site serves, it can be asked."""
    rules = Rules.parse(text)
    assert rules.allows("https://a.test/") in (True, False)
    assert rules.delay is None or rules.delay > timedelta()


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://dapp.expert/", "https://dapp.expert"),
        ("http://ann:s3cret@A.test:8050/a?b", "http://a.test:8050"),
        ("http://[::1]/", "http://[::1]"),
    ],
)
def test_site_of(url: str, site: str) -> None:
    """A site is scheme, host and the port where it is not the usual one."""
    assert site_of(url) == site


@pytest.mark.parametrize("url", ["ftp://a.test/", "a.test", "http://a.test:b/"])
def test_other_addresses_have_no_site(url: str) -> None:
    """What cannot be asked is refused by name."""
    with pytest.raises(SourceError, match="no http or https address") as caught:
        site_of(url)
    assert caught.value.kind == "address"


def ask(site: Site, store: Store | None = None, memory: Memory | None = None,
        clock: Time | None = None, path: str = "") -> Rules:  # fmt: skip
    """Whether a page of the site may be asked for; an empty memory where none is given."""
    memory = {} if memory is None else memory
    limit = timedelta(seconds=1)
    return permitted(f"{site.url}{path}", AGENT, store, memory, clock or Time(), limit)


def refusal(site: Site, store: Store | None = None, clock: Time | None = None) -> SourceError:
    """The error that asking ends with."""
    with pytest.raises(SourceError) as caught:
        ask(site, store, clock=clock)
    return caught.value


def test_allowed_page_may_be_asked(site: Site) -> None:
    """The site's rules are asked for politely, and given back."""
    site.answers["/robots.txt"] = Answer(OPEN.body + b"Crawl-delay: 2\n", headers=TEXT)
    assert ask(site).delay == timedelta(seconds=2)
    [(path, headers)] = site.requests
    assert path == "/robots.txt"
    assert headers["user-agent"] == AGENT


def test_disallowed_page_is_refused(site: Site) -> None:
    """A page that the site keeps from robots is not asked for, and the reason is told."""
    site.answers["/robots.txt"] = CLOSED
    error = refusal(site)
    assert error.kind == "robots"
    assert str(error).startswith(f"{site.url} was not asked for: ")
    assert "/robots.txt disallows it to masthead" in str(error)


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410])
def test_no_rules_allow_all(site: Site, status: int) -> None:
    """A site without a robots.txt allows everything."""
    site.answers["/robots.txt"] = Answer(b"no such file", status)
    assert ask(site).allows(site.url)


def test_missing_rules_with_a_wait_are_missing(site: Site) -> None:
    """A Retry-After beside a 404 does not make it a "not now"."""
    site.answers["/robots.txt"] = moods.busy("3600", 404)
    assert ask(site).allows(site.url)


def test_endless_redirect_is_no_rules(site: Site) -> None:
    """A robots.txt that cannot be arrived at is none."""
    site.answers["/robots.txt"] = moods.moved("/robots.txt")
    assert ask(site).allows(site.url)


def test_redirect_to_rules_is_followed(site: Site) -> None:
    """Rules that stand elsewhere hold all the same."""
    site.answers["/robots.txt"] = moods.moved("/rules")
    site.answers["/rules"] = CLOSED
    assert refusal(site).kind == "robots"


@pytest.mark.parametrize(
    ("mood", "kind"),
    [
        (moods.failing(500), "status"),
        (moods.failing(429), "status"),
        (moods.busy("3600", 503), "wait"),
        (moods.resetting(), "network"),
        (moods.dripping_body(), "timeout"),
    ],
    ids=["500", "429", "503", "reset", "dripping"],
)
def test_unknown_rules_forbid(site: Site, store: Store, mood: Answer, kind: str) -> None:
    """While nobody knows what a site allows it is not asked, and nothing is kept of it."""
    site.answers["/robots.txt"] = mood
    error = refusal(site, store)
    assert error.kind == kind
    assert "/robots.txt" in str(error)
    assert store.cached_rules(site_of(site.url)) is None


def test_long_rules_are_cut(site: Site) -> None:
    """500 KiB are read, to the last whole line: half of one could forbid everything."""
    filler = b"# filler\n" * (MOST_BYTES // 9)
    body = filler[: MOST_BYTES - 26] + b"\nUser-agent: *\nDisallow: /a\n"
    assert body[:MOST_BYTES].endswith(b"\nDisallow: /")
    site.answers["/robots.txt"] = Answer(body, headers=TEXT)
    assert ask(site).allows(site.url)


def test_rules_of_any_type_and_encoding(site: Site) -> None:
    """A mark at the beginning, odd bytes and a wrong type do no harm."""
    body = b"\xef\xbb\xbfUser-agent: *\n# \xff\0\nDisallow: /\n"
    site.answers["/robots.txt"] = Answer(body, headers={"Content-Type": "image/png"})
    assert refusal(site).kind == "robots"


def test_rules_are_kept_for_a_day(site: Site, store: Store) -> None:
    """One process asks once a day; so do many that share a store."""
    site.answers["/robots.txt"] = OPEN
    memory: Memory = {}
    clock = Time()
    ask(site, store, memory, clock)
    ask(site, store, memory, clock)
    ask(site, store, {}, clock)
    clock.now += timedelta(hours=23, minutes=59)
    ask(site, store, memory, clock)
    ask(site, store, {}, clock)
    assert site.paths == ["/robots.txt"]
    clock.now += timedelta(minutes=1)
    site.answers["/robots.txt"] = CLOSED
    for known in (memory, {}):
        with pytest.raises(SourceError, match="disallows"):
            ask(site, store, known, clock)
    assert site.paths == ["/robots.txt"] * 2


def test_that_there_are_none_is_kept_too(site: Site, store: Store) -> None:
    """A site without a robots.txt is not asked for it every hour."""
    ask(site, store)
    ask(site, store)
    assert site.paths == ["/robots.txt"]
    assert store.cached_rules(site_of(site.url)) == ("", T0)


def test_rules_from_the_future_are_asked_again(site: Site, store: Store) -> None:
    """A clock that was set back does not keep old rules for ever."""
    store.keep_rules(site_of(site.url), "User-agent: *\nDisallow: /", T0 + timedelta(days=400))
    site.answers["/robots.txt"] = OPEN
    ask(site, store)
    assert store.cached_rules(site_of(site.url)) == (OPEN.body.decode(), T0)


def test_older_rules_bridge_an_outage(site: Site, store: Store) -> None:
    """Where the site is broken its last rules hold for an hour, then it is asked again."""
    store.keep_rules(site_of(site.url), "User-agent: *\nDisallow: /old", T0 - timedelta(days=9))
    site.answers["/robots.txt"] = moods.busy("3600", 503)
    memory: Memory = {}
    clock = Time()
    for _ in range(2):
        assert not ask(site, store, memory, clock).allows(f"{site.url}old")
    clock.now += timedelta(minutes=59)
    ask(site, store, memory, clock)
    assert len(site.requests) == 1
    clock.now += timedelta(minutes=1)
    site.answers["/robots.txt"] = OPEN
    assert ask(site, store, memory, clock).allows(f"{site.url}old")


def test_without_a_store_the_site_is_asked(site: Site, tmp_path: Path) -> None:
    """A store that is away does not stop a run."""
    site.answers["/robots.txt"] = OPEN
    away = Store(connect(parse_url(database(tmp_path / "nowhere"))))
    with pytest.raises(StoreError):
        away.cached_rules(site_of(site.url))
    assert ask(site, away).allows(site.url)
    away.close()


def test_fifty_threads_make_one_request(site: Site) -> None:
    """Threads that share a memory wait for the one that asks."""
    hold = threading.Event()
    site.answers["/robots.txt"] = Answer(OPEN.body, headers=TEXT, hold=hold)
    memory: Memory = {}

    def look() -> Rules:
        clock = Time()
        return permitted(site.url, AGENT, None, memory, clock, timedelta(seconds=10))

    with ThreadPoolExecutor(50) as pool:
        asking = [pool.submit(look) for _ in range(50)]
        until(lambda: len(site.requests) == 1, 10)
        hold.set()
        rules = {id(one.result(20)) for one in asking}
    assert len(rules) == 1
    assert len(site.requests) == 1


def test_failure_is_not_remembered(site: Site) -> None:
    """After a failure the next run asks again."""
    site.answers["/robots.txt"] = moods.in_turn(
        moods.failing(), moods.failing(), moods.failing(), OPEN
    )
    memory: Memory = {}
    with pytest.raises(SourceError):
        ask(site, memory=memory)
    assert memory == {}
    assert ask(site, memory=memory).allows(site.url)


def test_stop_ends_the_one_that_asks_and_the_one_that_waits(site: Site) -> None:
    """Nobody is kept waiting for a robots.txt when Masthead stops."""
    site.answers["/robots.txt"] = moods.slow()
    memory: Memory = {}
    stop = threading.Event()

    def look() -> Rules:
        limit = timedelta(seconds=10)
        return permitted(site.url, AGENT, None, memory, Time(), limit, stop)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(look)
        until(lambda: len(site.requests) == 1, 10)
        second = pool.submit(look)
        stop.set()
        errors = [first.exception(10), second.exception(10)]
    assert [error.kind for error in errors if isinstance(error, SourceError)] == ["stopped"] * 2


def test_limit_is_its_own(site: Site) -> None:
    """robots.txt has a limit of its own, as short as the caller's."""
    site.answers["/robots.txt"] = moods.slow()
    with pytest.raises(SourceError) as caught:
        fetch_rules(site_of(site.url), AGENT, Time(), timedelta(seconds=0.3))
    assert caught.value.kind == "timeout"
