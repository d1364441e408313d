"""A copy of a live SQLite file: of one moment, checked, and in its place only when it is whole."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from data import sqlite
from data.errors import StoreError, UsageError
from data.revisions import revision
from data.sqlite import SqliteEngine
from data.store import Store

Advance = Callable[[int, int], None]
"""Told how many pages of the file are copied, of how many."""
DRAFT: Final = ".part"


def backup(store: Store, file: Path, advance: Advance) -> int:
    """Copy the store into a new ``file`` while others write; its bytes.

    Raises UsageError where the file cannot be written or is there, and for a store on a server,
    StoreError where the store cannot be read or the copy is damaged.
    """
    engine = store.engine
    if not isinstance(engine, SqliteEngine):
        raise UsageError(
            f"The store {engine.url.shown} is on a server, whose own program copies it: "
            f"pg_dump --format=custom --file={file} {engine.url.shown}"
        )
    if revision(engine) is None:
        raise StoreError(f"The store {engine.url.shown} holds nothing of Masthead's.")
    place = file.absolute()
    draft = place.with_name(f".{place.name}{DRAFT}")
    try:
        _refuse_present(place)
        draft.unlink(missing_ok=True)
        draft.touch(exist_ok=False)
        with store.reading() as connection:
            faults = sqlite.copy_into(connection.raw, draft, advance)
        if faults:
            raise StoreError(f"The copy of {engine.url.shown} is damaged: {faults[0]}.")
        _sync(draft)
        _refuse_present(place)
        draft.rename(place)
        _sync(place.parent)
        return place.stat().st_size
    except OSError as error:
        raise UsageError(f"The file {file} cannot be written: {error.strerror}.") from None
    finally:
        for left in (draft, *(draft.with_name(draft.name + end) for end in ("-wal", "-shm"))):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _refuse_present(place: Path) -> None:
    if place.exists() or place.is_symlink():
        raise UsageError(f"The file {place} is there already: a backup takes a new name.")


def _sync(place: Path) -> None:
    """Have what was written to a file, or the names in a folder, on the disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
