"""What a client needs before it asks: TLS, proxies."""

import subprocess
import sys

import httpx2
import pytest

from collectors.transport import proxy_for, tls


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.test/", "http://one.test:3128"),
        ("https://a.test/", "http://two.test:3128"),
        ("http://b.inside.test/", None),
        ("http://localhost:8050/", None),
        ("http://127.0.0.1/", None),
        ("http://[::1]/", None),
    ],
)
def test_proxies_of_the_environment(
    url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` are honoured; loopback needs no proxy."""
    monkeypatch.setenv("http_proxy", "http://one.test:3128")
    monkeypatch.setenv("https_proxy", "http://two.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")
    assert proxy_for(httpx2.URL(url)) == expected


def test_proxy_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """``ALL_PROXY`` stands in for both."""
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("all_proxy", "http://any.test:3128")
    assert proxy_for(httpx2.URL("https://a.test/")) == "http://any.test:3128"


def test_one_tls_context_a_process() -> None:
    """The context is made once: a thousand sources would not fit in memory otherwise."""
    assert tls() is tls()


def test_http_loads_neither_certificates_nor_retries() -> None:
    """A page over http costs no TLS context, and a first answer does not load stamina."""
    script = (
        "import sys\n"
        "from datetime import UTC, datetime, timedelta\n"
        "from collectors import fetch, transport\n"
        "from tests.site import Answer, serving\n"
        "with serving() as site:\n"
        "    site.answers['/'] = Answer(b'x')\n"
        "    asked = fetch.Asked(site.url, 'a', timedelta(seconds=5))\n"
        "    assert fetch.get(asked, lambda: datetime(2026, 1, 31, tzinfo=UTC)).page\n"
        "assert transport._tls.cache_info().currsize == 0\n"
        "loaded = {'stamina', 'tenacity', 'asyncio', 'h2', 'structlog', 'prometheus_client'}\n"
        "print(loaded & {name.split('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("set()\n", 0), done.stderr
