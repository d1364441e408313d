"""The programs that tests use and Python does not bring: where they are, how they get there.

``python tests/machine.py`` prints their paths; ``--install`` brings what is missing first.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

Command = tuple[str, ...]

PACKAGES: Final = {
    "cron": "cron",
    "ip": "iproute2",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
    "unshare": "util-linux",
}
"""By program, the Debian package that has it."""
LIBRARIES: Final = {"libfaketimeMT.so.1": "libfaketime"}
"""The same by library."""
MEASURING: Final = {"sqlite3": "sqlite3", "wrk": "wrk"}
"""The same, for what only benchmarks use."""


class MissingError(Exception):
    """A program that the tests use is not there."""


def apt(*packages: str) -> tuple[Command, ...]:
    """What brings Debian packages, also where the lists of packages are old or not there."""
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)
    return ("apt-get", "update", "-qq"), install


def can_apt() -> bool:
    """Whether this user may call :func:`apt`'s commands."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def told(commands: Iterable[Command]) -> str:
    """The commands as a person types them."""
    return " && ".join(" ".join(command) for command in commands)


def run(commands: Iterable[Command]) -> bool:
    """Whether all the commands went well, one after the other."""
    return all(
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
        for command in commands
    )


def find(program: str) -> str:
    """The program's path, also of one for administrators. Raises MissingError with what to run."""
    places = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")
    path = shutil.which(program, path=os.pathsep.join(places))
    if path is None:
        raise MissingError(
            f"The tests need the program {program!r} and it was not found: run this as root: "
            f"{told(apt((PACKAGES | MEASURING)[program]))}"
        )
    return path


def find_library(name: str) -> str:
    """The path of a library to be loaded before others. Raises MissingError with what to run."""
    found = sorted(Path("/usr/lib").glob(f"*/faketime/{name}"))
    if not found:
        raise MissingError(
            f"The tests need the library {name!r} and it was not found: run this as root: "
            f"{told(apt(LIBRARIES[name]))}"
        )
    return str(found[0])


def install() -> None:
    """Bring what is missing. Raises MissingError with what to run."""
    try:
        _all()
    except MissingError:
        if can_apt():
            run(apt(*PACKAGES.values(), *LIBRARIES.values()))
        _all()


def _all() -> dict[str, str]:
    libraries = {name: find_library(name) for name in LIBRARIES}
    return {program: find(program) for program in PACKAGES} | libraries


def main(arguments: list[str]) -> int:
    """Print the paths, or one sentence on what to do."""
    try:
        if "--install" in arguments:
            install()
        print(*_all().values(), sep="\n")
    except MissingError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
