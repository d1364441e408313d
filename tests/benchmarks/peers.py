"""Programs of others for the benchmarks, each in a folder of its own below ``build``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from data.clock import stopwatch
from tests.machine import MissingError, can_apt
from tests.waiting import until

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build"
UV: Final = ROOT / ".tools" / "bin" / "uv"
"""Where ``make`` puts it."""
PATIENCE_S: Final = 120.0


def environment(requirement: str, uv: Path = UV) -> Path:
    """The programs of a Python package, ``name==version``, in an environment made for it.

    Raises MissingError without uv.
    """
    folder = BUILD / requirement.replace("==", "-")
    if not (folder / "bin" / requirement.partition("==")[0]).exists():
        if not uv.exists():
            raise MissingError(f"{uv.relative_to(ROOT)} is not there: run 'make check' once.")
        python = str(folder / "bin" / "python")
        install = ("pip", "install", "-q", "--compile-bytecode", "--python", python, requirement)
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, *install], check=True)
    return folder / "bin"


def debian(package: str) -> Path:
    """The folder into which a Debian package was unpacked, nothing of it being installed.

    Raises MissingError where apt is not there or does not have it.
    """
    folder = BUILD / package
    if folder.exists():
        return folder
    fetch = ("apt-get", "download", "-qq", package)
    BUILD.mkdir(exist_ok=True)
    if can_apt():
        subprocess.run(("apt-get", "update", "-qq"), capture_output=True, check=False)
        subprocess.run(fetch, cwd=BUILD, capture_output=True, check=False)
    found = next(BUILD.glob(f"{package}_*.deb"), None)
    if found is None:
        raise MissingError(
            f"The benchmark needs the Debian package {package!r}: run 'cd build && "
            f"{' '.join(fetch)}', or put its .deb file into the folder build."
        )
    subprocess.run(("dpkg-deb", "-x", found, folder), check=True)
    return folder


def debian_version(package: str) -> str:
    """The version of a package that :func:`debian` unpacked, as its file is named."""
    return next(BUILD.glob(f"{package}_*.deb")).name.split("_")[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took from start to end."""

    seconds: float
    mebibytes: float
    """At most: the kernel hands a child the peak of the process that starts it."""


def cost(command: Sequence[str], **how: Any) -> Cost:
    """Run a command to its end, ``how`` as Popen takes it; leaves when it fails."""
    start = stopwatch()
    with subprocess.Popen(command, **how) as child:
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        seconds = stopwatch() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} gave {child.returncode}.")
    return Cost(seconds, usage.ru_maxrss / 1024)


def end_orderly() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that the servers it started are stopped."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@contextmanager
def running(command: Sequence[str], address: str, path: str) -> Iterator[str]:
    """A server as long as it is needed; it answers at ``path`` of its address before."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(address, path), PATIENCE_S)
            yield address
        finally:
            process.terminate()


def _answers(address: str, path: str) -> bool:
    try:
        return bool(said(address, path))
    except ConnectionRefusedError:
        return False


def said(address: str, path: str, body: bytes | None = None) -> bytes:
    """What a server says at a path (with ``body``: to its POST), by a connection of its own.

    Leaves when that is no success.
    """
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as connection:
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        text = answer.read()
    if not 200 <= answer.status < 300:
        raise SystemExit(f"{address} said {answer.status} to {path[:80]}: {text[:200]!r}")
    return text
