"""One attempt and what came of it, as JSON and back: for the outbox and for the second copies."""

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self

from data import journal
from data.jsonform import from_json, instant, iso_or_none, to_json, zoned
from data.model import MILLISECOND, Page, Run, Snapshot, iso
from data.store import Store
from data.typed import typed
from data.writes import Saved

MOST_BYTES: Final = 64 * 2**20
"""Of a page; what is fetched is never larger."""
MISFORMED: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError, zlib.error)
"""What taking JSON of any form for an attempt can raise."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One attempt and what came of it, as far as it got."""

    run: Run
    every: timedelta
    snapshot: Snapshot | None = None
    page: Page | None = None
    """The page of a snapshot that was not judged yet, or not read fully."""

    def bring(self, store: Store) -> Saved | None:
        """Store it, once however often: what became of its snapshot, if any. Raises StoreError."""
        snapshot, page, saved = self.snapshot, self.page, None
        if snapshot is not None and not snapshot.look.empty:
            kept = None if snapshot.look.complete else page
            saved = store.save(snapshot, self.every, kept)
        elif snapshot is not None and page is not None:
            store.keep_page(snapshot, page)
        journal.settle(store, [self.run])
        return saved

    def form(self) -> dict[str, Any]:
        """It as an object of JSON, its page packed."""
        return {
            "run": _run_form(self.run),
            "every_s": self.every.total_seconds(),
            "snapshot": None if self.snapshot is None else to_json(self.snapshot),
            "page": None if self.page is None else _page_form(self.page),
        }

    @classmethod
    def of_form(cls, form: dict[str, Any]) -> Self:
        """The inverse of :meth:`form`. Raises one of MISFORMED on other input."""
        told, page = form["run"], form["page"]
        times = {"slot": zoned(told["slot"]), "started_at": zoned(told["started_at"])}
        run = typed(Run(**{**told, **times, "ended_at": instant(told["ended_at"])}))
        every = timedelta(seconds=form["every_s"])
        if every < MILLISECOND:
            raise ValueError(f"{every} is no interval")
        return cls(
            run=run,
            every=every,
            snapshot=None if form["snapshot"] is None else from_json(form["snapshot"]),
            page=None if page is None else _page(page),
        )


def _run_form(run: Run) -> dict[str, Any]:
    return {
        "source": run.source,
        "slot": iso(run.slot),
        "started_at": iso(run.started_at),
        "ended_at": iso_or_none(run.ended_at),
        "outcome": run.outcome,
        "error_kind": run.error_kind,
        "message": run.message,
        "http_status": run.http_status,
        "bytes": run.bytes,
        "attempts": run.attempts,
        "host": run.host,
        "pid": run.pid,
    }


def _page_form(page: Page) -> dict[str, Any]:
    return {
        "body": b64encode(zlib.compress(page.body)).decode(),
        "url": page.url,
        "taken_at": iso(page.taken_at),
        "content_type": page.content_type,
    }


def _page(form: dict[str, Any]) -> Page:
    """The page that waits; one that is larger than any can be is damaged, or a bomb."""
    unpack = zlib.decompressobj()
    body = unpack.decompress(b64decode(form["body"]), MOST_BYTES)
    if not unpack.eof:
        raise ValueError("its page is cut short, or has no end")
    taken_at, kind = zoned(form["taken_at"]), form["content_type"]
    return typed(Page(body, form["url"], taken_at, kind))
