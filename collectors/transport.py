"""Connections for httpx2: pools on our own sockets, TLS only when asked for, proxies as set."""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from collectors.network import Backend
from collectors.places import Resolve, resolve
from data.errors import SourceError

Client = httpx2.Client
"""What :func:`client` makes."""
PUBLIC_ONLY: Final = "masthead.public_only"
"""Extension of a request: connect to no private address."""
PUBLIC: Final = "masthead.public"
"""Extension of a response: whether the server has a public address (or is behind a proxy)."""
IDLE: Final = 10.0
"""Seconds a connection is kept for the next request of the same client."""

_making_tls = threading.Lock()


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def tls() -> ssl.SSLContext:
    """The one TLS context of the process, made when it is first needed (about 20 ms)."""
    with _making_tls:
        return _tls()


def proxy_for(url: httpx2.URL) -> str | None:
    """The proxy set by ``HTTPS_PROXY``, ``NO_PROXY`` and the like; never one for loopback."""
    if _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    known = getproxies()
    return known.get(url.scheme) or known.get("all")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Transport(httpx2.BaseTransport):
    """HTTP/1.1 on :mod:`collectors.network`; errors are those of httpcore2.

    Requests that may only go to public addresses have connections of their own, so that they
    never meet one that was made to a private address. Behind a proxy the server's address is
    not seen: it counts as public, and what the proxy may connect to is the proxy's matter.
    """

    def __init__(
        self,
        resolve: Resolve = resolve,
        tls: Callable[[], ssl.SSLContext] = tls,
        proxy_for: Callable[[httpx2.URL], str | None] = proxy_for,
    ) -> None:
        self._resolve = resolve
        self._tls = tls
        self._proxy_for = proxy_for
        self._pools: dict[tuple[bool, bool, str | None], httpcore2.ConnectionPool] = {}
        self._making = threading.Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and give the answer as soon as its headers are there."""
        url, proxy = request.url, self._proxy_for(request.url)
        public_only = proxy is None and bool(request.extensions.get(PUBLIC_ONLY))
        answer = self._pool(url.scheme == "https", public_only, proxy).handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions={**answer.extensions, PUBLIC: proxy is not None or _is_public(answer)},
        )

    def close(self) -> None:
        """Hang up all connections."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, secure: bool, public_only: bool, proxy: str | None) -> httpcore2.ConnectionPool:
        key = (secure, public_only, proxy)
        with self._making:
            if key not in self._pools:
                self._pools[key] = self._new_pool(*key)
            return self._pools[key]

    def _new_pool(
        self, secure: bool, public_only: bool, proxy: str | None
    ) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(
            ssl_context=self._tls() if secure else None,
            proxy=None if proxy is None else _proxy(proxy),
            max_connections=None,
            max_keepalive_connections=10,
            keepalive_expiry=IDLE,
            network_backend=Backend(self._resolve, public_only),
        )


def _is_public(answer: httpcore2.Response) -> bool:
    return bool(answer.extensions["network_stream"].get_extra_info("public"))


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        stream = self._answer.stream
        return iter(stream) if isinstance(stream, Iterable) else iter(())

    def close(self) -> None:
        self._answer.close()


def _proxy(address: str) -> httpcore2.Proxy:
    try:
        url = httpx2.URL(address if "://" in address else f"http://{address}")
    except httpx2.InvalidURL:
        # It is not repeated: a password with a slash in it, for one, is what makes it none.
        raise SourceError("The proxy that is set is no address.", kind="network") from None
    if url.scheme != "http":
        raise SourceError(
            f"The proxy at {url.host} is set as {url.scheme}: set an http one, or none.",
            kind="network",
        )
    bare = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port or 80, target=b"/")
    return httpcore2.Proxy(bare, auth=(url.username, url.password) if url.username else None)


def client(transport: Transport | None = None) -> Client:
    """A client that keeps connections between requests, but neither cookies nor redirects."""
    return Client(
        transport=transport or Transport(),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
