"""The sample for who has no data yet, in a file that passes with its process."""

import fcntl
import os
import shutil
import stat
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from data import sample
from data.store import open_store

NAME: Final = "masthead-sample-"
LOCK: Final = "lock"


class Passing:
    """A store that holds the sample up to ``hour``, in a folder that goes with it.

    The folder of a process that was killed goes when another one makes its own: nobody holds the
    lock in it any more.
    """

    def __init__(self, hour: datetime) -> None:
        sweep()
        self.hour = hour
        self._folder = TemporaryDirectory(prefix=NAME)
        folder = Path(self._folder.name)
        # Under this name only once it is held: who sweeps would take it for a dead one's.
        self._lock = (folder / "making").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (folder / "making").rename(folder / LOCK)
        self.store = open_store(f"sqlite:///{folder}/sample.db")
        sample.load(self.store, hour)

    def close(self) -> None:
        """Close the store and remove it."""
        self.store.close()
        self._lock.close()
        self._folder.cleanup()


def sweep() -> None:
    """Remove what processes of this user left behind."""
    for folder in Path(gettempdir()).glob(f"{NAME}*"):
        try:
            about = folder.lstat()
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                continue
            with (folder / LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            # It is in use, or gone by now.
            continue
