"""Programs of others for the benchmarks, each in a folder of its own below ``build``."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.machine import MissingError, can_apt

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build"
UV: Final = ROOT / ".tools" / "bin" / "uv"
"""Where ``make`` puts it."""


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
