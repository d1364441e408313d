"""What waits on disk for a store that could not be reached: runs, their snapshots and pages."""

import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from data import journal
from data.errors import StoreError
from data.jsonform import from_json, instant, iso_or_none, to_json, zoned
from data.model import Page, Run, Snapshot, iso, to_ms
from data.store import Store

UnderWay = Callable[[Run, timedelta], bool]
"""Whether a run of a source with that interval may still come to its end."""
Judge = Callable[[Store, Snapshot], Snapshot]
"""Takes the figures away that the store's history denies."""

ENDED: Final = "The process ended without a word while the store was away."


@dataclass(frozen=True, slots=True)
class Waiting:
    """One attempt and what came of it, as far as it got."""

    run: Run
    every: timedelta
    snapshot: Snapshot | None = None
    page: Page | None = None
    """The page, as its snapshot was not judged yet."""


def put(folder: Path, waiting: Waiting) -> Path:
    """Keep it as a file that survives a crash, in place of what the same run put before.

    Raises StoreError when it cannot.
    """
    run = waiting.run
    path = folder / f"{to_ms(run.started_at):015d}-{run.source}-{run.pid or 0}.json"
    draft = path.with_suffix(".tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(orjson.dumps(_form(waiting), option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(folder)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise StoreError(
            f"The outbox {folder} cannot be written ({error.strerror}) and the store is away: "
            "this snapshot is lost."
        ) from error
    return path


def flush(folder: Path, store: Store, under_way: UnderWay, judge: Judge) -> int:
    """Store what waits, oldest first, each once; how many files there were.

    A run that is still ``under_way`` is left to end. What waited is judged by the history that
    the store holds by now; where that denies a figure, the page is kept. A file that is not of the
    outbox's form is set aside as ``.unreadable``, never thrown away.
    """
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for path in files:
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            continue
        try:
            waiting = _waiting(orjson.loads(body))
        except (ValueError, KeyError, TypeError, OverflowError, zlib.error):
            _set_aside(path)
            continue
        if waiting.run.outcome is None and under_way(waiting.run, waiting.every):
            continue
        try:
            _store(store, waiting, judge)
        except StoreError as error:
            if not error.refused:
                raise
            _set_aside(path)
            continue
        path.unlink(missing_ok=True)
    return len(files)


def count(folder: Path) -> int:
    """How many attempts wait."""
    return len(list(folder.glob("*.json"))) if folder.is_dir() else 0


def _set_aside(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.rename(path.with_suffix(".unreadable"))


def _store(store: Store, waiting: Waiting, judge: Judge) -> None:
    run, page = waiting.run, waiting.page
    if waiting.snapshot is not None:
        snapshot = judge(store, waiting.snapshot)
        if not snapshot.look.empty:
            store.save(snapshot, waiting.every, None if snapshot.look.complete else page)
        elif page is not None:
            store.keep_page(snapshot, page)
    if run.outcome is None:
        run = replace(run, outcome="failed", error_kind=journal.KILLED, message=ENDED)
    journal.settle(store, [run])


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _form(waiting: Waiting) -> dict[str, Any]:
    run, page = waiting.run, waiting.page
    return {
        "run": {
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
        },
        "every_s": waiting.every.total_seconds(),
        "snapshot": None if waiting.snapshot is None else to_json(waiting.snapshot),
        "page": None
        if page is None
        else {
            "body": b64encode(zlib.compress(page.body)).decode(),
            "url": page.url,
            "taken_at": iso(page.taken_at),
            "content_type": page.content_type,
        },
    }


def _waiting(form: dict[str, Any]) -> Waiting:
    """The inverse of :func:`_form`. Raises KeyError, TypeError or ValueError on other input."""
    run = Run(**form["run"])
    if not all(isinstance(value, str | int | None) for value in form["run"].values()):
        raise TypeError("a run has only texts and numbers")
    run = replace(
        run,
        slot=zoned(form["run"]["slot"]),
        started_at=zoned(form["run"]["started_at"]),
        ended_at=instant(form["run"]["ended_at"]),
    )
    page = form["page"]
    return Waiting(
        run=run,
        every=timedelta(seconds=form["every_s"]),
        snapshot=None if form["snapshot"] is None else from_json(form["snapshot"]),
        page=page
        and Page(
            body=zlib.decompress(b64decode(page["body"])),
            url=page["url"],
            taken_at=zoned(page["taken_at"]),
            content_type=page["content_type"],
        ),
    )
