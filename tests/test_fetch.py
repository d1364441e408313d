"""One polite, bounded GET, against a real server."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from collectors import fetch
from data.errors import SourceError
from data.model import Page
from tests.site import Answer, Site, serving

AT = datetime(2026, 1, 31, 6, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running site without pages."""
    with serving() as running:
        yield running


def get(url: str, seconds: float = 5) -> Page:
    """The page at ``url``, by the code under test."""
    agent = fetch.user_agent("ops@example.org")
    asked = fetch.Asked(url, agent, timedelta(seconds=seconds))
    page = fetch.get(asked, lambda: AT).page
    assert page is not None
    return page


def refusal(url: str, seconds: float = 5) -> SourceError:
    """The error that a fetch ends with."""
    with pytest.raises(SourceError) as caught:
        get(url, seconds)
    assert url in str(caught.value)
    return caught.value


def test_page_is_kept_as_it_came(site: Site) -> None:
    """The body, the address, the type and the time of the answer are kept."""
    site.answers["/"] = Answer(b"<h1>\xff</h1>")
    page = get(site.url)
    assert page == Page(b"<h1>\xff</h1>", site.url, AT, "text/html; charset=utf-8", 200)


def test_asks_honestly(site: Site) -> None:
    """The request names the program and its contact."""
    site.answers["/"] = Answer(b"x")
    get(site.url)
    [(_, headers)] = site.requests
    assert headers["user-agent"].startswith("masthead/")
    assert headers["user-agent"].endswith(" (+ops@example.org)")


def test_no_cookie_is_ever_sent(site: Site) -> None:
    """A cookie set by a redirect is not sent to the page behind it."""
    site.answers["/"] = Answer(status=302, headers={"Set-Cookie": "currency=EUR", "Location": "/a"})
    site.answers["/a"] = Answer(b"x")
    assert get(site.url).url == f"{site.url}a"
    assert [path for path, _ in site.requests] == ["/", "/a"]
    assert all("cookie" not in headers for _, headers in site.requests)


def test_endless_redirect_ends(site: Site) -> None:
    """After five redirects it is a failure with a name."""
    site.answers["/"] = Answer(status=302, headers={"Location": "/"})
    assert refusal(site.url).kind == "redirect"
    assert len(site.requests) == 6


def test_redirect_off_http_is_refused(site: Site) -> None:
    """A redirect to a file does not read the file."""
    site.answers["/"] = Answer(status=302, headers={"Location": "file:///etc/hostname"})
    assert refusal(site.url).kind == "address"


@pytest.mark.parametrize("status", [204, 404, 500, 503])
def test_other_status_is_a_failure(site: Site, status: int) -> None:
    """Anything but 200 is a failure that keeps the status."""
    site.answers["/"] = Answer(b"", status)
    error = refusal(site.url)
    assert (error.kind, error.status) == ("status", status)


def test_huge_body_is_cut(site: Site) -> None:
    """A body over the limit is refused."""
    site.answers["/"] = Answer(bytes(fetch.MAX_BYTES + 1))
    assert refusal(site.url).kind == "size"


def test_bomb_is_stopped(site: Site) -> None:
    """A small body that unpacks to far more than the limit is refused."""
    bomb = gzip.compress(bytes(20 * fetch.MAX_BYTES))
    assert len(bomb) < fetch.MAX_BYTES / 20
    site.answers["/"] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    assert refusal(site.url).kind == "size"


def test_broken_compression_is_a_failure(site: Site) -> None:
    """A body that is not what its encoding says is refused."""
    site.answers["/"] = Answer(b"no gzip", headers={"Content-Encoding": "gzip"})
    assert refusal(site.url).kind == "network"


def test_silence_ends(site: Site) -> None:
    """A server that says nothing is given up at the limit."""
    site.answers["/"] = Answer(b"x", hold=Event())
    assert refusal(site.url, 0.2).kind == "timeout"


def test_nobody_there() -> None:
    """A port where nobody listens is a failure of the network."""
    with serving() as site:
        url = site.url
    assert refusal(url).kind == "network"
