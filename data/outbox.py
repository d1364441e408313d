"""Snapshots that wait on disk for a store that could not be reached."""

import os
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from data.errors import StoreError
from data.jsonform import from_json, to_json
from data.model import Page, Snapshot, iso, to_ms
from data.store import Store


def put(folder: Path, snapshot: Snapshot, every: timedelta, page: Page | None) -> Path:
    """Keep the snapshot as a file that survives a crash. Raises StoreError when it cannot."""
    form = {
        "snapshot": to_json(snapshot),
        "every_s": every.total_seconds(),
        "page": None if page is None else _page_json(page),
    }
    path = folder / f"{to_ms(snapshot.taken_at):015d}-{snapshot.source}-{os.getpid()}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        with draft.open("wb") as file:
            file.write(orjson.dumps(form, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(folder)
    except OSError as error:
        raise StoreError(
            f"The outbox {folder} cannot be written ({error.strerror}) and the store is away: "
            "this snapshot is lost."
        ) from error
    return path


def flush(folder: Path, store: Store) -> int:
    """Store what waits, oldest first, each once; how many waited.

    A file that is no snapshot is set aside as ``.unreadable``, never thrown away.
    """
    waiting = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for path in waiting:
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            continue
        try:
            form = orjson.loads(body)
            snapshot = from_json(form["snapshot"])
            page = form["page"] and _page(form["page"])
            every = timedelta(seconds=form["every_s"])
        except (ValueError, KeyError, TypeError):
            path.rename(path.with_suffix(".unreadable"))
            continue
        store.save(snapshot, every, page)
        path.unlink(missing_ok=True)
    return len(waiting)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _page_json(page: Page) -> dict[str, Any]:
    return {
        "body": b64encode(page.body).decode(),
        "url": page.url,
        "taken_at": iso(page.taken_at),
        "content_type": page.content_type,
    }


def _page(form: dict[str, Any]) -> Page:
    return Page(
        body=b64decode(form["body"]),
        url=form["url"],
        taken_at=datetime.fromisoformat(form["taken_at"]),
        content_type=form["content_type"],
    )
