"""JSON answers: made once, in each form once, and sent again without asking the store."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from flask import Response, request

from dashboard.compression import SMALLEST, encoding_of, packed
from dashboard.recent import Recent
from dashboard.replay import LASTING, Lasting

KEPT: Final = 8_000_000
"""Bytes of answers that one process keeps at most."""
LEAST: Final = 1_000
"""Bytes that an answer takes beside its own."""
TURNS: Final = 64
"""Addresses of which answers can be made at once; two that share a turn wait for one another."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer will say."""

    tag: str
    """Another one whenever it says something else."""
    since: datetime
    until: datetime
    """When it says something else, whatever the store holds."""
    make: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Found
    lasting: Lasting
    forms: dict[str | None, bytes] = field(default_factory=dict)
    """Its bytes by their encoding."""
    following: str | None = None
    """Where a list goes on, as the answer says by ``next``."""

    @property
    def size(self) -> int:
        return LEAST + sum(map(len, self.forms.values()))


class Answers:
    """Answers by their address while there is no news; those not asked for longest go first."""

    def __init__(self, news: Callable[[], int], kept: int = KEPT) -> None:
        self._news = news
        self._answers: Recent[_Answer] = Recent(kept, lambda answer: answer.size)
        self._turns = [Lock() for _ in range(TURNS)]

    def tagged(self, now: datetime, find: Callable[[], Found]) -> Response:
        """The answer at the request's address; empty where the browser has it.

        Whoever comes while it is being made waits for it. Raises StoreError while the store is
        away, and what ``find`` raises.
        """
        address, encoding, news = request.full_path, encoding_of(request), self._news()
        answer = self._answers.get(address)
        if not (answer and answer.lasting.holds(news, now) and _sendable(answer, encoding)):
            with self._turns[hash(address) % TURNS]:
                answer = self._made(address, encoding, news, now, find)
        request.environ[LASTING] = answer.lasting
        return _response(answer, encoding)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._answers.size

    def _made(
        self,
        address: str,
        encoding: str | None,
        news: int,
        now: datetime,
        find: Callable[[], Found],
    ) -> _Answer:
        answer = self._answers.get(address)
        if answer is None or not answer.lasting.holds(news, now):
            found = find()
            same = answer is not None and answer.found.tag == found.tag
            lasting = Lasting(news, found.since, found.until)
            answer = (
                replace(answer, found=found, lasting=lasting)
                if answer and same
                else _Answer(found, lasting)
            )
        forms, following = dict(answer.forms), answer.following
        if not _has(answer):
            if None not in forms:
                made = answer.found.make()
                forms[None], following = orjson.dumps(made), made.get("next")
            if encoding not in forms and len(forms[None]) >= SMALLEST:
                forms[encoding] = packed(forms[None], str(encoding))
        answer = replace(answer, forms=forms, following=following)
        self._answers.put(address, answer)
        return answer


def _has(answer: _Answer) -> bool:
    """Whether the browser that asks has it already."""
    return request.if_none_match.contains_weak(answer.found.tag)


def _sendable(answer: _Answer, encoding: str | None) -> bool:
    plain = answer.forms.get(None)
    small = plain is not None and len(plain) < SMALLEST
    return small or encoding in answer.forms or _has(answer)


def _response(answer: _Answer, encoding: str | None) -> Response:
    if _has(answer):
        response = Response(status=304)
    else:
        form = encoding if encoding in answer.forms else None
        response = Response(answer.forms[form], mimetype="application/json")
        if form:
            response.headers["Content-Encoding"] = form
        if answer.following:
            asked = [(name, value) for name, value in request.args.items() if name != "after"]
            more = urlencode([*asked, ("after", answer.following)])
            response.headers["Link"] = f'<{request.script_root}{request.path}?{more}>; rel="next"'
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(answer.found.tag, weak=True)
    return response


def plain(body: dict[str, Any], status: int = 200) -> Response:
    """An answer that nobody keeps."""
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
