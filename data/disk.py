"""What is on the disk: whether it is there, and that it is before anybody is told so."""

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is such a file; no, too, where nobody lets us see or the name is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """As :func:`is_file`, of a folder."""
    try:
        return path.is_dir()
    except OSError:
        return False


def sync(place: Path) -> None:
    """Have what was written to a file, or the names in a folder, on the disk. Raises OSError."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
