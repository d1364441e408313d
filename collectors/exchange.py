"""One attempt at one address: redirects followed, the answer checked, failures named."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpcore2
import httpx2

from collectors.bounds import Bounds
from collectors.retry import is_busy, retry_after
from collectors.terms import Answer, Asked, Validators
from collectors.transport import PUBLIC, PUBLIC_ONLY, Client
from collectors.unpack import LAYERS, codings, unpack
from data.clock import Clock, stopwatch
from data.errors import SourceError
from data.model import Page
from data.secrets import bare

MAX_REDIRECTS: Final = 5
PAGES: Final = re.compile(
    r"text/(html|plain|json|x-ndjson)|application/(xhtml\+xml|([\w.-]+\+)?json)"
)
"""The content types of pages."""


def shown(url: str) -> str:
    """An address without user and password, fit for messages and for the store."""
    return bare(url, "")


@dataclass(frozen=True, slots=True)
class Exchange:
    """All that the attempts of one fetch share; ``bounds`` names its address."""

    asked: Asked
    clock: Clock
    bounds: Bounds
    client: Client
    most: int
    """Bytes of the body after decompression."""
    whole: bool
    """It must be a page and whole; else it may be anything and is cut after ``most``."""
    part_from: int | None = None
    """Ask only for the ``most`` bytes from here on."""

    def once(self) -> Answer:
        """One attempt: the answer behind at most MAX_REDIRECTS redirects."""
        url, public = self._address(self.asked.url), False
        with self._named_failures():
            for hop in range(MAX_REDIRECTS + 1):
                request = self._request(url, first=hop == 0, public_only=public)
                with closing(self.client.send(request, stream=True)) as response:
                    if not response.has_redirect_location:
                        return self._answer(response, first=hop == 0)
                    public = bool(response.extensions[PUBLIC])
                    url = self._target(response)
        raise self._failure("redirect", f"redirects more than {MAX_REDIRECTS} times")

    def _address(self, text: str) -> httpx2.URL:
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL:
            raise self._failure("address", "is no address that can be asked") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise self._failure("address", "is not, or leads to what is not, http or https")
        return url

    def _target(self, response: httpx2.Response) -> httpx2.URL:
        """Where a redirect leads: with the user's password only on the user's own site."""
        try:
            target = str(response.url.join(response.headers["location"]))
        except (httpx2.InvalidURL, ValueError):
            raise self._failure("address", "redirects to what is no address") from None
        url, own = self._address(target), self._address(self.asked.url)
        same = (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)
        user, password = (own.username, own.password) if same else ("", "")
        return url.copy_with(username=user, password=password)

    def _request(self, url: httpx2.URL, first: bool, public_only: bool) -> httpx2.Request:
        seconds = self.asked.limit.total_seconds()
        headers = {
            "user-agent": self.asked.agent,
            "accept": "text/html, application/json;q=0.9, */*;q=0.1",
            "accept-encoding": "gzip, deflate, br",
        }
        if first and self.asked.validators.etag is not None:
            headers["if-none-match"] = self.asked.validators.etag
        if first and self.asked.validators.last_modified is not None:
            headers["if-modified-since"] = self.asked.validators.last_modified
        if self.part_from is not None:
            headers["range"] = f"bytes={self.part_from}-{self.part_from + self.most - 1}"
            headers["accept-encoding"] = "identity"
        return self.client.build_request(
            "GET",
            url,
            headers=headers,
            # Less than the limit, so that a lost packet leaves time for another attempt.
            timeout=httpx2.Timeout(min(20, seconds / 2), connect=min(10, seconds / 3)),
            extensions={PUBLIC_ONLY: public_only},
        )

    def _answer(self, response: httpx2.Response, first: bool) -> Answer:
        taken_at, status = self.clock(), response.status_code
        validators = _validators(response) if first else Validators()
        if status == httpx2.codes.NOT_MODIFIED and first and self.asked.validators.known:
            kept = validators if validators.known else self.asked.validators
            return Answer(None, status, kept, 0, 0, taken_at)
        wanted = httpx2.codes.OK if self.part_from is None else httpx2.codes.PARTIAL_CONTENT
        if status != wanted:
            raise self._refused(status, retry_after(response.headers.get("retry-after"), taken_at))
        content_type = response.headers.get("content-type", "")
        # Some servers send the header twice, which reads as a list.
        kind = re.split("[;,]", content_type)[0].strip().lower()
        if self.whole and kind and not PAGES.fullmatch(kind):
            raise self._failure("content", f"is no page but {kind[:80]}", status)
        body = self._body(response)
        if self.whole and not body.strip():
            raise self._failure("empty", "is empty", status)
        page = Page(body, shown(str(response.url)), taken_at, content_type, status)
        return Answer(page, status, validators, 0, len(body), taken_at)

    def _body(self, response: httpx2.Response) -> bytes:
        names = codings(response.headers.get("content-encoding", ""))
        if unknown := [name for name in names if name not in LAYERS]:
            what = f"is encoded as {unknown[0][:80]}, which was not asked for"
            raise self._failure("content", what, response.status_code)
        body = bytearray()
        try:
            for part in unpack(response.iter_raw(), names, self.most):
                body += part
        except OverflowError:
            if self.whole:
                what = f"is more than {self.most // 2**20} MiB"
                raise self._failure("size", what, response.status_code) from None
        except ValueError as error:
            raise self._failure("network", f"cannot be read: {error}") from None
        return bytes(body)

    def _refused(self, status: int, wait: timedelta | None) -> SourceError:
        what = f"answered {status}"
        if status == httpx2.codes.NOT_MODIFIED:
            what += " (not modified), though it was not asked whether it is"
        if not wait or not is_busy(status):
            return self._failure("status", what, status)
        what += f" and wants not to be asked for {wait.total_seconds():.0f} s"
        too_long = stopwatch() + wait.total_seconds() >= self.bounds.deadline
        return self._failure("wait" if too_long else "status", what, status, wait)

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        try:
            yield
        except httpcore2.TimeoutException as error:
            raise self._failure("timeout", self._too_slow(error)) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise self._failure("network", f"cannot be reached: {reason}") from None

    def _too_slow(self, error: httpcore2.TimeoutException) -> str:
        if stopwatch() >= self.bounds.deadline:
            return f"was not there within {self.asked.limit.total_seconds():g} s"
        if isinstance(error, httpcore2.ConnectTimeout):
            return "could not be connected to in time"
        return "fell silent"

    def _failure(
        self, kind: str, what: str, status: int | None = None, wait: timedelta | None = None
    ) -> SourceError:
        return SourceError(f"{self.bounds.url} {what}.", kind=kind, status=status, wait=wait)


def _validators(response: httpx2.Response) -> Validators:
    return Validators(response.headers.get("etag"), response.headers.get("last-modified"))
