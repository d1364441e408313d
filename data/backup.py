"""A copy of a live SQLite file: of one moment, checked, and in its place only when it is whole."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final

from data import private, sqlite
from data.disk import sync
from data.errors import StoreError, UsageError
from data.revisions import revision
from data.sqlite import SqliteEngine
from data.store import Store

Advance = Callable[[int, int], None]
"""Told how many pages of the file are copied, of how many."""
DRAFT: Final = ".part"


def backup(store: Store, file: Path, advance: Advance) -> int:
    """Copy the store into a new ``file`` while others write; its bytes.

    Raises UsageError where the file cannot be written, is there or is being made, and for a store
    on a server, StoreError where the store cannot be read or the copy is damaged.
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
        with _ours_alone(draft):
            with store.reading() as connection:
                faults = sqlite.copy_into(connection.raw, draft, advance)
            if faults:
                raise StoreError(f"The copy of {engine.url.shown} is damaged: {faults[0]}.")
            sync(draft)
            _refuse_present(place)
            draft.rename(place)
        sync(place.parent)
        return place.stat().st_size
    except OSError as error:
        raise UsageError(f"The file {file} cannot be written: {error.strerror}.") from None


@contextmanager
def _ours_alone(draft: Path) -> Iterator[None]:
    """The empty draft; it is gone in the end. Raises UsageError while another backup fills it.

    Two that filled one would put in place what only one of them had finished.
    """
    with open(draft, "ab", opener=private.opener) as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise _taken(draft) from None
        # One that has just ended has put this very file in its place: that is a backup by now.
        if not draft.exists() or not os.path.samestat(os.fstat(file.fileno()), draft.stat()):
            raise _taken(draft)
        file.truncate(0)
        try:
            yield
        finally:
            for left in (draft, *(draft.with_name(draft.name + end) for end in ("-wal", "-shm"))):
                with suppress(OSError):
                    left.unlink(missing_ok=True)


def _taken(draft: Path) -> UsageError:
    return UsageError(f"Another backup writes {draft}: wait until it has ended.")


def _refuse_present(place: Path) -> None:
    if place.exists() or place.is_symlink():
        raise UsageError(f"The file {place} is there already: a backup takes a new name.")
