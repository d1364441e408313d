"""Small disks of their own, that can be full or read-only: tmpfs, mounted by root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Disk:
    """A small disk at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, left: int) -> None:
        """Leave so many bytes of room, in whole blocks."""
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 12))
        room = os.statvfs(self.folder)
        assert room.f_bavail == 0
        size = self._ballast.stat().st_size // room.f_frsize * room.f_frsize
        os.truncate(self._ballast, max(0, size - left))

    def empty(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def lock(self, locked: bool) -> None:
        """Let it only be read, or be written again."""
        _mount("-o", f"remount,{'ro' if locked else 'rw'}", str(self.folder))


@contextmanager
def disk(folder: Path, megabytes: int = 3) -> Iterator[Disk]:
    """A disk mounted at ``folder`` for a while; fails where this user may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    assert os.geteuid() == 0, "a full or read-only disk has to be mounted: run this test as root"
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
