"""What waits on disk for a store that could not be reached: runs, their snapshots and pages."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import orjson

from data import copies, journal, private
from data.disk import is_folder, sync
from data.errors import StoreError
from data.model import Run, Snapshot, from_ms, to_ms
from data.store import Store
from data.waiting import MISFORMED, Waiting

UnderWay = Callable[[Run, timedelta], bool]
"""Whether a run of a source with that interval may still come to its end."""
Judge = Callable[[Store, Snapshot], Snapshot]
"""Takes the figures away that the store's history denies."""

DRAFT_KEPT: Final = timedelta(days=1)
"""How long a file that is being written may be somebody's who is alive."""
ENDED: Final = "The process ended without a word while the store was away."


def put(folder: Path, waiting: Waiting) -> Path:
    """Keep it as a file that survives a crash, in place of what the same run put before.

    Raises StoreError when it cannot.
    """
    run = waiting.run
    path = folder / f"{to_ms(run.started_at):015d}-{run.source}-{run.pid or 0}.json"
    draft = path.with_suffix(".tmp")
    try:
        private.make_folder(folder)
        with open(draft, "wb", opener=private.opener) as file:
            file.write(orjson.dumps(waiting.form(), option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        sync(folder)
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
    outbox's form is set aside as ``.unreadable``, never thrown away. What a process left that was
    killed while it wrote goes after a day.
    """
    _sweep(folder, under_way)
    files = sorted(folder.glob("*.json")) if is_folder(folder) else []
    for path in files:
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            continue
        try:
            waiting = Waiting.of_form(orjson.loads(body))
        except MISFORMED:
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
    """How many attempts wait, as far as we may see."""
    return len(list(folder.glob("*.json"))) if is_folder(folder) else 0


def _sweep(folder: Path, under_way: UnderWay) -> None:
    for draft in folder.glob("*.tmp"):
        with suppress(ValueError, OverflowError):
            at = from_ms(int(draft.stem.partition("-")[0]))
            # Its host is not known: it may be another's, and alive.
            if not under_way(Run("", at, at, host=""), DRAFT_KEPT):
                draft.unlink(missing_ok=True)


def _set_aside(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.rename(path.with_suffix(".unreadable"))


def _store(store: Store, waiting: Waiting, judge: Judge) -> None:
    run, snapshot = waiting.run, waiting.snapshot
    if snapshot is not None:
        snapshot = judge(store, snapshot)
    if run.outcome is None:
        run = replace(run, outcome="failed", error_kind=journal.KILLED, message=ENDED)
    held = replace(waiting, run=run, snapshot=snapshot)
    held.bring(store)
    copies.keep(store, held)
