"""One polite, bounded GET, against a real server in all its moods."""

import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from collectors import fetch
from collectors.dapp_expert import read
from collectors.fetch import Asked, Validators
from collectors.places import Place, Resolve, resolve
from collectors.transport import Transport, client
from data.clock import stopwatch
from data.errors import SourceError
from data.model import Page
from tests import moods
from tests.moods import HTML, zeros
from tests.pages import page
from tests.site import Answer, Site, serving
from tests.waiting import until

AT = datetime(2026, 1, 31, 6, tzinfo=UTC)
NONE = Validators()
AGENT = fetch.user_agent("ops@example.org")


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site without pages."""
    with serving() as running:
        yield running


def get(url: str, seconds: float = 5, validators: Validators = NONE, **terms: Any) -> fetch.Answer:
    """The answer of ``url``, by the code under test."""
    return fetch.get(Asked(url, AGENT, timedelta(seconds=seconds), validators), lambda: AT, **terms)


def got(url: str, seconds: float = 5, **terms: Any) -> Page:
    """The page at ``url``."""
    found = get(url, seconds, **terms).page
    assert found is not None
    return found


def refusal(url: str, seconds: float = 5, **terms: Any) -> SourceError:
    """The error that a fetch ends with."""
    with pytest.raises(SourceError) as caught:
        get(url, seconds, **terms)
    assert url in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


def stopped(site: Site, begin: Callable[[Event], object], ready: Callable[[], bool]) -> SourceError:
    """The error of a fetch that was told to stop once it was ``ready``."""
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(begin, stop)
        until(ready, 10)
        stop.set()
        error = fetching.exception(timeout=10)
    assert isinstance(error, SourceError)
    return error


def test_page_is_kept_as_it_came(site: Site) -> None:
    """The body, the address, the type and the time of the answer are kept."""
    site.answers["/"] = Answer(b"<h1>\xff</h1>")
    answer = get(site.url)
    assert answer.page == Page(b"<h1>\xff</h1>", site.url, AT, HTML, 200)
    assert (answer.status, answer.attempts, answer.bytes, answer.taken_at) == (200, 1, 10, AT)
    assert not answer.validators.known


def test_asks_honestly(site: Site) -> None:
    """The request names the program and its contact, and asks for nothing it cannot read."""
    site.answers["/"] = Answer(b"x")
    get(site.url)
    [(_, headers)] = site.requests
    assert headers["user-agent"].startswith("masthead/")
    assert headers["user-agent"].endswith(" (+ops@example.org)")
    assert headers["accept-encoding"] == "gzip, deflate, br"
    assert "if-none-match" not in headers
    assert "if-modified-since" not in headers


def test_any_contact_can_be_sent(site: Site) -> None:
    """A contact in any script, or with a line break, makes a header and no second one."""
    site.answers["/"] = Answer(b"x")
    agent = fetch.user_agent("Größe <a@b.c>\r\nX-Evil: yes")
    fetch.get(Asked(site.url, agent, timedelta(seconds=5)), lambda: AT)
    [(_, headers)] = site.requests
    assert headers["user-agent"].endswith("(+Gr%C3%B6%C3%9Fe %3Ca@b.c%3E%0D%0AX-Evil: yes)")
    assert "x-evil" not in headers


def test_no_cookie_is_ever_sent(site: Site) -> None:
    """A cookie is sent neither to the page behind the redirect that set it nor the next time."""
    site.answers["/"] = Answer(status=302, headers={"Set-Cookie": "currency=EUR", "Location": "/a"})
    site.answers["/a"] = Answer(b"x")
    with client() as shared:
        assert got(site.url, client=shared).url == f"{site.url}a"
        get(site.url, client=shared)
    assert site.paths == ["/", "/a"] * 2
    assert all("cookie" not in headers for _, headers in site.requests)


def test_endless_redirect_ends(site: Site) -> None:
    """After five redirects it is a failure with a name, and not tried again."""
    site.answers["/"] = moods.moved("/")
    assert refusal(site.url).kind == "redirect"
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    "target",
    ["file:///etc/hostname", "ftp://127.0.0.1/", "mailto:a@b.c", "http://a:b/"],
)
def test_redirect_off_http_is_refused(site: Site, target: str) -> None:
    """A redirect to a file does not read the file."""
    site.answers["/"] = moods.moved(target)
    assert refusal(site.url).kind == "address"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "127.0.0.1/", "http://", "http://a:b/"])
def test_other_addresses_are_refused(url: str) -> None:
    """Only http and https addresses are asked."""
    assert refusal(url).kind == "address"


@pytest.mark.parametrize("status", [204, 300, 401, 404, 410])
def test_other_status_is_a_failure(site: Site, status: int) -> None:
    """Anything but 200 is a failure that keeps the status; it is not tried again."""
    site.answers["/"] = Answer(b"", status)
    error = refusal(site.url)
    assert (error.kind, error.status, error.attempts, error.wait) == ("status", status, 1, None)
    assert len(site.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_failure_is_tried_three_times(site: Site, status: int) -> None:
    """A server that is broken or busy is asked three times in all."""
    site.answers["/"] = moods.failing(status)
    error = refusal(site.url, 2)
    assert (error.kind, error.status, error.attempts) == ("status", status, 3)
    assert len(site.requests) == 3


@pytest.mark.parametrize(
    "mood",
    [
        moods.failing(502),
        moods.busy("0"),
        moods.resetting(),
        moods.resetting_within(),
        moods.short(),
        moods.cut_gzip(),
    ],
    ids=["502", "429", "reset", "reset within", "short", "cut gzip"],
)
def test_passing_failure_passes(site: Site, mood: Answer) -> None:
    """After one failure of a passing kind the page comes, and the attempts are counted."""
    site.answers["/"] = moods.in_turn(mood, Answer(b"x"))
    assert get(site.url, 3).attempts == 2
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    "mood",
    [moods.resetting(), moods.resetting_within(), moods.short(), moods.cut_gzip()],
    ids=["reset", "reset within", "short", "cut gzip"],
)
def test_half_a_page_is_no_page(site: Site, mood: Answer) -> None:
    """A connection that breaks is a failure of the network, however much had come."""
    site.answers["/"] = mood
    error = refusal(site.url, 2)
    assert (error.kind, error.attempts) == ("network", 3)


def test_silence_is_tried_again(site: Site) -> None:
    """A server that says nothing for half of the limit is asked once more."""
    site.answers["/"] = moods.in_turn(moods.slow(), Answer(b"x"))
    assert get(site.url, 2).attempts == 2


def test_retrying_is_quiet(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Cron's mail does not hear of an attempt that failed."""
    site.answers["/"] = moods.in_turn(moods.failing(), moods.failing(), Answer(b"x"))
    with caplog.at_level(logging.INFO):
        assert get(site.url, 2).attempts == 3
    assert [record for record in caplog.records if record.name.startswith("stamina")] == []


def test_short_retry_after_is_waited_for(site: Site) -> None:
    """A wait that fits is kept to, whether given in seconds or as a date."""
    date = format_datetime(AT + timedelta(seconds=1), usegmt=True)
    site.answers["/"] = moods.in_turn(moods.busy("1"), moods.busy(date, 503), Answer(b"x"))
    began = stopwatch()
    assert get(site.url, 60).attempts == 3
    assert stopwatch() - began >= 2


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        ("3600", 3600),
        (format_datetime(AT + timedelta(hours=2), usegmt=True), 7200),
        ("9" * 30, 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_long_retry_after_is_told(site: Site, wait: str, seconds: int) -> None:
    """A wait that does not fit ends the fetch; how long it is, at most a day, is handed on."""
    site.answers["/"] = moods.busy(wait)
    error = refusal(site.url)
    assert (error.kind, error.status, error.wait) == ("wait", 429, timedelta(seconds=seconds))
    assert f"wants not to be asked for {seconds} s" in str(error)
    assert len(site.requests) == 1


@pytest.mark.parametrize("wait", ["soon", "-5", "", "²", "1.5", "Mon, 99 Foo 2026 25:00:00 GMT"])
def test_odd_retry_after_is_none(site: Site, wait: str) -> None:
    """What is neither seconds nor a date changes nothing."""
    site.answers["/"] = moods.in_turn(moods.busy(wait), Answer(b"x"))
    assert get(site.url, 2).attempts == 2


def test_total_limit_covers_the_attempts(site: Site) -> None:
    """Attempts end with the limit, though each of them took less."""
    site.answers["/"] = moods.busy("2")
    error = refusal(site.url, 3.5)
    assert (error.kind, error.attempts) == ("wait", 2)
    assert error.wait == timedelta(seconds=2)


@pytest.mark.parametrize(
    "mood",
    [moods.slow, moods.dripping_headers, moods.dripping_body],
    ids=["silent", "dripping headers", "dripping body"],
)
def test_total_limit_holds(site: Site, mood: Callable[[], Answer]) -> None:
    """Neither silence nor a byte now and then keeps a fetch beyond its limit."""
    site.answers["/"] = mood()
    began = stopwatch()
    assert refusal(site.url, 0.6).kind == "timeout"
    assert stopwatch() - began < 10


@pytest.mark.parametrize(
    "mood",
    [moods.slow, moods.dripping_headers, moods.dripping_body, partial(moods.busy, "60")],
    ids=["silent", "dripping headers", "dripping body", "resting"],
)
def test_stop_ends_it_at_once(site: Site, mood: Callable[[], Answer]) -> None:
    """A fetch that was told to stop neither waits for the server nor for its next attempt."""
    site.answers["/"] = mood()
    error = stopped(
        site, lambda stop: get(site.url, 600, stop=stop), lambda: len(site.requests) == 1
    )
    assert error.kind == "stopped"
    assert error.attempts <= 1


def test_stopped_before_it_began(site: Site) -> None:
    """A fetch that begins after the order to stop asks nothing."""
    stop = Event()
    stop.set()
    assert refusal(site.url, stop=stop).kind == "stopped"
    assert site.requests == []


def test_huge_body_is_cut(site: Site) -> None:
    """A body over the limit is refused; one of the limit is not."""
    site.answers["/"] = Answer(bytes(fetch.MAX_BYTES + 1))
    site.answers["/most"] = Answer(b"x" * fetch.MAX_BYTES)
    error = refusal(site.url)
    assert (error.kind, error.attempts) == ("size", 1)
    assert get(f"{site.url}most").bytes == fetch.MAX_BYTES


@pytest.mark.parametrize("encoding", ["gzip", "gzip, identity", "x-gzip"])
def test_bomb_is_stopped(site: Site, encoding: str) -> None:
    """A body that unpacks to 10 GiB is refused before it has been sent."""
    sent: list[int] = []

    def parts() -> Iterator[bytes]:
        for part in zeros(10_240 * 2**20):
            sent.append(len(part))
            yield part

    site.answers["/"] = moods.bomb(moods.Anew(parts), encoding)
    for _ in range(2):
        assert refusal(site.url, 60).kind == "size"
    assert len(sent) < 2 * 10_000


def test_encoded_page_is_unpacked(site: Site) -> None:
    """A compressed page is the page; its size is that of the page."""
    site.answers["/"] = Answer(
        gzip.compress(page()), headers={"Content-Type": HTML, "Content-Encoding": "gzip"}
    )
    answer = get(site.url)
    assert answer.page is not None
    assert answer.page.body == page()
    assert answer.bytes == len(page())


def test_broken_compression_is_a_failure(site: Site) -> None:
    """A body that is not what its encoding says is refused."""
    site.answers["/"] = Answer(b"no gzip", headers={"Content-Encoding": "gzip"})
    assert refusal(site.url, 1).kind == "network"


def test_unknown_encoding_is_no_page(site: Site) -> None:
    """An encoding that was not asked for is named."""
    site.answers["/"] = Answer(b"\x28\xb5\x2f\xfd", headers={"Content-Encoding": "zstd"})
    error = refusal(site.url)
    assert (error.kind, error.attempts) == ("content", 1)
    assert "zstd" in str(error)


@pytest.mark.parametrize(
    "kind", ["image/png", "application/pdf", "application/octet-stream", "application/zip", "x"]
)
def test_no_page_is_named_by_its_type(site: Site, kind: str) -> None:
    """Status 200 with something that is no page is a failure that says what came."""
    site.answers["/"] = moods.no_page(kind)
    error = refusal(site.url)
    assert (error.kind, error.status, error.attempts) == ("content", 200, 1)
    assert kind in str(error)


@pytest.mark.parametrize(
    "kind",
    [HTML, "TEXT/HTML", "application/xhtml+xml", "text/plain", "application/json;charset=utf-8",
     "application/ld+json", "text/html, text/html", ""],
)  # fmt: skip
def test_types_of_pages(site: Site, kind: str) -> None:
    """HTML, text and JSON are pages, and so is what has no type."""
    site.answers["/"] = Answer(b"x", headers={"Content-Type": kind} if kind else {})
    assert got(site.url).content_type == kind


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_empty_page_is_a_failure(site: Site, body: bytes) -> None:
    """A page without a word is no page, though its status is 200."""
    site.answers["/"] = Answer(body)
    assert refusal(site.url).kind == "empty"


@pytest.mark.parametrize(
    ("mood", "unread"),
    [(moods.mobile_empty, 5), (moods.redesign, 0), (moods.outage, 5)],
    ids=["mobile", "redesign", "outage"],
)
def test_shape_is_the_readers_matter(site: Site, mood: Callable[[], Answer], unread: int) -> None:
    """A page without figures is fetched all the same: the reader says what is missing."""
    site.answers["/"] = mood()
    readings = read(got(site.url)).readings.values()
    assert sum(reading.value is None for reading in readings) == unread


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [('"v1"', None), (None, "Sat, 31 Jan 2026 05:00:00 GMT"), ('W/"v1"', "yesterday")],
)
def test_unmodified_page_is_told(site: Site, etag: str | None, last_modified: str | None) -> None:
    """The validators of a page, brought again, give 304 and no page."""
    site.answers["/"] = moods.remembering(etag, last_modified)
    first = get(site.url)
    assert first.validators == Validators(etag, last_modified)
    again = get(site.url, validators=first.validators)
    assert (again.page, again.status, again.bytes, again.attempts) == (None, 304, 0, 1)
    assert again.validators == first.validators
    assert get(site.url, validators=Validators('"v0"')).page is not None


def test_unasked_304_is_a_failure(site: Site) -> None:
    """Who says "not modified" to somebody who has nothing has not answered."""
    site.answers["/"] = Answer(status=304)
    error = refusal(site.url)
    assert (error.kind, error.status) == ("status", 304)
    assert "though it was not asked" in str(error)


def test_validators_stay_with_their_address(site: Site) -> None:
    """They go to the first address only, and none is taken from behind a redirect."""
    site.answers["/"] = moods.moved("/b")
    site.answers["/b"] = moods.remembering('"v1"')
    answer = get(site.url, validators=Validators('"v1"', "yesterday"))
    assert answer.page is not None
    assert not answer.validators.known
    [(_, first), (_, second)] = site.requests
    assert (first["if-none-match"], first["if-modified-since"]) == ('"v1"', "yesterday")
    assert not {"if-none-match", "if-modified-since"} & second.keys()


def test_password_is_never_shown(site: Site) -> None:
    """User and password of an address are sent, but stand in no page and no message."""
    url = site.url.replace("//", "//ann:s3cret@")
    site.answers["/"] = moods.moved("/a")
    site.answers["/a"] = Answer(b"x")
    assert got(url).url == f"{site.url}a"
    assert all(headers["authorization"].startswith("Basic ") for _, headers in site.requests)
    for address in (f"{url}gone", "http://ann:s3/cret@127.0.0.1/", "ftp://ann:s3cret@127.0.0.1/"):
        with pytest.raises(SourceError) as caught:
            get(address)
        assert "cret" not in str(caught.value)
        assert "ann" not in str(caught.value)
        assert "127.0.0.1" in str(caught.value)


def test_password_stays_on_its_site(site: Site) -> None:
    """Another host gets neither the user's password nor one that the redirect brings."""
    with serving() as other:
        other.answers["/"] = Answer(b"x")
        site.answers["/"] = moods.moved(other.url.replace("//", "//eve:hers@"))
        get(site.url.replace("//", "//ann:s3cret@"))
        [(_, headers)] = other.requests
    assert "authorization" not in headers


def test_nobody_there() -> None:
    """A port where nobody listens is a failure of the network."""
    with serving() as site:
        url = site.url
    error = refusal(url, 1)
    assert (error.kind, error.attempts) == ("network", 3)
    assert "refused" in str(error)


def public(names: dict[str, bool]) -> Resolve:
    """A look-up in which each name stands for 127.0.0.1, public or not as told."""

    def look_up(host: str, port: int) -> list[Place]:
        if host not in names:
            return resolve(host, port)
        return [Place(socket.AF_INET, ("127.0.0.1", port), names[host])]

    return look_up


@pytest.mark.parametrize("target", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "inside.test"])
def test_redirect_into_the_house_is_refused(site: Site, target: str) -> None:
    """A public page cannot send Masthead to an address that only this network reaches."""
    names = public({"news.test": True, "inside.test": False})
    site.answers["/"] = moods.moved(f"http://{target}:{site.port}/inside")
    site.answers["/inside"] = Answer(b"the router's password")
    url = f"http://news.test:{site.port}/"
    with client(Transport(names)) as outside:
        error = refusal(url, client=outside)
    assert (error.kind, error.attempts) == ("private", 1)
    assert site.paths == ["/"]


def test_public_redirect_is_followed(site: Site) -> None:
    """From one public name to another is the way of the web."""
    site.answers["/"] = moods.moved(f"http://other.test:{site.port}/a")
    site.answers["/a"] = Answer(b"x")
    with client(Transport(public({"news.test": True, "other.test": True}))) as outside:
        found = got(f"http://news.test:{site.port}/", client=outside)
    assert found.url == f"http://other.test:{site.port}/a"


def test_private_stays_refused_after_another_hop(site: Site) -> None:
    """What came from the internet once does not become trusted on its way."""
    site.answers["/"] = moods.moved(f"http://other.test:{site.port}/a")
    site.answers["/a"] = moods.moved(site.url + "inside")
    with client(Transport(public({"news.test": True, "other.test": True}))) as outside:
        assert refusal(f"http://news.test:{site.port}/", client=outside).kind == "private"
    assert site.paths == ["/", "/a"]


def test_name_that_changes_its_address_gains_nothing(site: Site) -> None:
    """The address is judged when it is connected to, at every connection."""
    verdicts = iter([True, False])

    def rebinding(host: str, port: int) -> list[Place]:
        return [Place(socket.AF_INET, ("127.0.0.1", port), next(verdicts))]

    site.answers["/"] = moods.moved("/inside")
    with client(Transport(rebinding)) as outside:
        assert refusal(f"http://news.test:{site.port}/", client=outside).kind == "private"
    assert site.paths == ["/"]


def test_kept_connection_is_no_way_around() -> None:
    """A connection that was rightly made to a private address does not serve a public redirect."""
    with serving("HTTP/1.1") as site, client(Transport(public({"news.test": True}))) as shared:
        site.answers["/inside"] = Answer(b"x")
        site.answers["/"] = moods.moved(f"{site.url}inside")
        get(f"{site.url}inside", client=shared)
        assert refusal(f"http://news.test:{site.port}/", client=shared).kind == "private"
        assert site.paths == ["/inside", "/"]


def test_client_keeps_connections() -> None:
    """Two fetches with one client need one connection, so one look-up."""
    looked_up: list[str] = []

    def counting(host: str, port: int) -> list[Place]:
        looked_up.append(host)
        return resolve(host, port)

    with serving("HTTP/1.1") as site, client(Transport(counting)) as shared:
        site.answers["/"] = Answer(b"x")
        assert [get(site.url, client=shared).bytes for _ in range(3)] == [1, 1, 1]
    assert looked_up == ["127.0.0.1"]


def test_slow_look_up_is_bounded(site: Site) -> None:
    """A name server that does not answer ends at the limit, or when told to stop."""
    held, asked = Event(), Event()

    def hanging(host: str, port: int) -> list[Place]:
        asked.set()
        held.wait(30)
        return []

    with client(Transport(hanging)) as waiting:
        assert refusal("http://slow.test/", 0.5, client=waiting).kind == "timeout"
        asked.clear()
        error = stopped(
            site,
            lambda stop: get("http://slow.test/", 600, stop=stop, client=waiting),
            asked.is_set,
        )
        held.set()
    assert error.kind == "stopped"


@pytest.mark.parametrize("failure", [OSError("no"), UnicodeError("no"), None])
def test_unknown_name_is_a_failure(failure: Exception | None) -> None:
    """A name without an address is a failure of the network that names it."""

    def unknown(host: str, port: int) -> list[Place]:
        if failure is not None:
            raise failure
        return []

    with client(Transport(unknown)) as nowhere:
        error = refusal("http://nowhere.test/", 1, client=nowhere)
    assert error.kind == "network"
    assert "nowhere.test" in str(error).partition(" cannot")[2]


def trusting() -> ssl.SSLContext:
    """A context that trusts the tests' certificate alone."""
    return ssl.create_default_context(cafile=Path(__file__).parent / "tls.pem")


@pytest.fixture
def secure() -> Iterator[Site]:
    """A running site behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parent / "tls.pem")
    with serving(tls=context) as running:
        yield running


def test_https_is_read(secure: Site) -> None:
    """A page behind TLS is the same page."""
    secure.answers["/"] = Answer(page())
    with client(Transport(tls=trusting)) as knowing:
        assert got(secure.url, client=knowing).body == page()


def test_unknown_certificate_is_refused(secure: Site) -> None:
    """A certificate that nobody vouches for is a failure of the network; nothing is asked."""
    assert "certificate" in str(refusal(secure.url, 1))
    assert secure.requests == []


@pytest.mark.parametrize("mood", [moods.slow, moods.dripping_body])
def test_limit_and_stop_hold_behind_tls(secure: Site, mood: Callable[[], Answer]) -> None:
    """TLS waits as patiently, and ends as soon."""
    secure.answers["/"] = mood()
    with client(Transport(tls=trusting)) as knowing:
        assert refusal(secure.url, 0.6, client=knowing).kind == "timeout"
        before = len(secure.requests)
        error = stopped(
            secure,
            lambda stop: get(secure.url, 600, stop=stop, client=knowing),
            lambda: len(secure.requests) > before,
        )
    assert error.kind == "stopped"


def test_silent_handshake_is_bounded() -> None:
    """A server that takes the connection and says nothing does not hold the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert refusal(url, 0.5).kind == "timeout"


def test_proxy_is_used(site: Site) -> None:
    """What the proxy settings name is asked instead, with the whole address."""
    site.answers["http://news.test/a"] = Answer(b"x")
    through = site.url.replace("//", "//ann:s3cret@")
    with client(Transport(proxy_for=lambda url: through)) as behind:
        assert got("http://news.test/a", client=behind).body == b"x"
    [(_, headers)] = site.requests
    assert headers["proxy-authorization"].startswith("Basic ")


def test_proxied_page_counts_as_public(site: Site) -> None:
    """What came through the proxy may not lead past it into the house."""
    site.answers["http://news.test/"] = moods.moved(site.url)
    behind = Transport(proxy_for=lambda url: site.url if url.host == "news.test" else None)
    with client(behind) as proxied:
        assert refusal("http://news.test/", client=proxied).kind == "private"
    assert site.paths == ["http://news.test/"]


def test_other_kinds_of_proxy_are_refused() -> None:
    """A proxy that is not http is named, without its password."""
    socks = Transport(proxy_for=lambda url: "socks5://ann:s3cret@inside.test:1080")
    named = pytest.raises(SourceError, match=r"inside\.test is set as socks5")
    with client(socks) as behind, named as caught:
        get("http://news.test/", 1, client=behind)
    assert "s3cret" not in str(caught.value)


def test_many_share_one_client(site: Site) -> None:
    """A hundred threads with one client get a hundred pages."""
    site.answers["/"] = Answer(page())
    with client() as shared, ThreadPoolExecutor(100) as pool:
        pages = list(pool.map(lambda _: got(site.url, 30, client=shared).body, range(300)))
    assert pages == [page()] * 300
    assert threading.active_count() < 100


def test_start_of_anything(site: Site) -> None:
    """``get_start`` takes any type, an empty body too, and cuts what is longer."""
    site.answers["/"] = moods.no_page("text/css", b"0123456789")
    site.answers["/empty"] = Answer()
    asked = Asked(site.url, AGENT, timedelta(seconds=5))
    assert fetch.get_start(asked, lambda: AT, 4).bytes == 4
    assert fetch.get_start(asked, lambda: AT, 10).bytes == 10
    empty = Asked(f"{site.url}empty", AGENT, timedelta(seconds=5))
    assert fetch.get_start(empty, lambda: AT, 4).bytes == 0


def test_part_of_a_file(site: Site) -> None:
    """``get_part`` asks for a range as it is, and refuses the whole in its place."""
    site.answers["/"] = Answer(b"3456", 206, {"Content-Type": "application/warc"})
    site.answers["/whole"] = Answer(b"0123456789")
    asked = Asked(site.url, AGENT, timedelta(seconds=5))
    part = fetch.get_part(asked, lambda: AT, 3, 4)
    assert part.page is not None
    assert part.page.body == b"3456"
    [(_, headers)] = site.requests
    assert (headers["range"], headers["accept-encoding"]) == ("bytes=3-6", "identity")
    with pytest.raises(SourceError, match="answered 200"):
        fetch.get_part(Asked(f"{site.url}whole", AGENT, asked.limit), lambda: AT, 3, 4)
