"""Second copies: what runs stored in a SQLite file, a line each, in a file a day beside it.

SQLite keeps no checksums: a run may store its snapshot into a file that is damaged already, where
it cannot be read again. What runs stored since the last backup is brought back from here.
"""

import errno
import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson

from data import private
from data.sqlite import SqliteEngine
from data.store import Store
from data.waiting import Waiting

SUFFIX: Final = "-copies"
"""Behind the name of the store's file."""
DAYS: Final = 14
"""Days with runs whose copies stay."""
MOST_BYTES: Final = 256 * 2**20
"""Of all copies: beyond that the oldest days go earlier, and pages of the newest are left out."""
PASSING: Final = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What ends by itself, or is said of the store too; a folder of somebody else's is neither."""

log: Final = logging.getLogger("masthead")


def keep(store: Store, waiting: Waiting) -> None:
    """Write down a run whose snapshot the store has taken; never raises.

    The store is what was acknowledged: a copy that cannot be made is no failure of the run, and
    is not waited for until it is on the disk. Of a server, and without a snapshot, there is none.
    """
    snapshot = waiting.snapshot
    if snapshot is None or not isinstance(store.engine, SqliteEngine):
        return
    file = Path(store.engine.url.database)
    folder = file.with_name(f"{file.name}{SUFFIX}")
    day = folder / f"{waiting.run.started_at:%Y-%m-%d}.jsonl"
    try:
        private.make_folder(folder)
        # What is large are the pages: a day of them must not fill the disk that the store is on.
        is_full = day.exists() and day.stat().st_size > MOST_BYTES
        if snapshot.look.complete or is_full:
            waiting = replace(waiting, page=None)
        # A line that a full disk has cut is ended by the next one.
        line = b"\n" + orjson.dumps(waiting.form())
        handle = private.opener(day, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
        _drop_old(folder, day)
    except OSError as error:
        level = logging.DEBUG if error.errno in PASSING else logging.WARNING
        log.log(level, "no second copy in %s: %s", folder, error.strerror)


def _drop_old(folder: Path, newest: Path) -> None:
    """Keep so many days, and so many bytes: by the number of days, for a clock may be wrong."""
    size = 0
    for number, day in enumerate(sorted(folder.glob("*.jsonl"), reverse=True)):
        # Another run may drop it at the same time.
        with suppress(FileNotFoundError):
            size += day.stat().st_size
            if day != newest and (number >= DAYS or size > MOST_BYTES):
                day.unlink()
