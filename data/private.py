"""Files and folders that are made for their owner alone, whatever the umask."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER: Final = 0o700
FILE: Final = 0o600


def make_folder(folder: Path) -> None:
    """Make it, and those above it that are not there; what is there stays as it is.

    Raises OSError.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        with suppress(FileExistsError):
            place.mkdir(FOLDER)
    # What is there may be no folder.
    folder.mkdir(exist_ok=True)


def make_file(path: str | Path) -> None:
    """Make an empty file where none is, for others to fill. Raises OSError.

    One that is there is not opened: closing it would give up this process's locks on it.
    """
    os.close(opener(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def opener(path: str | Path, flags: int) -> int:
    """For :func:`open`: a file that is made by it can be read by its owner alone."""
    return os.open(path, flags, FILE)
