"""Bringing back what the second copies of :mod:`data.copies` hold."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import orjson

from data import stories
from data.errors import StoreError, UsageError
from data.imports import Imported
from data.model import MILLISECOND, Snapshot
from data.store import Store
from data.waiting import MISFORMED, Waiting
from data.writes import Saved

LONGEST: Final = 128 * 2**20
"""Bytes of a line: the largest page, packed, is shorter."""


def load(store: Store, folder: Path) -> Imported:
    """Bring in what a store has not, of every day of the copies: each slot once.

    Lines that cannot be read are counted and left. Raises UsageError for another folder, StoreError
    for a store that does not take them; what was brought by then stays.
    """
    days = sorted(folder.glob("*.jsonl"))
    if not days:
        raise UsageError(f"The folder {folder} holds no copies of a store: it has no .jsonl files.")
    done = Counter(_brought(store, line) for day in days for line in _lines(day))
    new, known = done["stored"] + done["filled"], done["duplicate"]
    return Imported("snapshots", new, known, unreadable=done["unreadable"])


def _lines(day: Path) -> Iterator[bytes]:
    try:
        with day.open("rb") as file:
            while line := file.readline(LONGEST):
                if line.strip():
                    yield line
    except OSError as error:
        raise UsageError(f"The file {day} cannot be read: {error.strerror}.") from None


def _brought(store: Store, line: bytes) -> Saved | Literal["unreadable"] | None:
    """What became of the snapshot of a line, None where its run had none."""
    try:
        waiting = Waiting.of_form(orjson.loads(line))
    except MISFORMED:
        return "unreadable"
    try:
        saved = waiting.bring(store)
    except StoreError as error:
        if not error.refused:
            raise
        return "unreadable"
    if saved == "stored" and waiting.run.outcome == "unchanged" and waiting.snapshot is not None:
        _see_again(store, waiting.snapshot)
    return saved


def _see_again(store: Store, same: Snapshot) -> None:
    """A page that had not changed has the stories of the look before it."""
    before = store.latest_read(same.source, same.slot - MILLISECOND)
    if before is not None:
        with store.writing() as connection:
            stories.see_again(connection, same.source, before.taken_at, same.taken_at)
