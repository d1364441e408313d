"""What uv.lock holds, as uv tells it: what users install, and what only this tree uses."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from data.errors import SourceError

ROOT: Final = Path(__file__).parents[2]
UV: Final = ROOT / ".tools" / "bin" / "uv"
"""Where make puts uv."""
USERS: Final = ("--no-dev",)
"""The options that name what an installation brings."""
OURS: Final = tuple(
    f"--only-group={group}" for group in ("dev", "audit", "build", "fuzz", "mutation")
)
"""The options that name what only this tree uses: the tests, the audit, the build."""


def requirements(*options: str) -> str:
    """The locked packages as lines for pip, each with its hashes. Raises SourceError."""
    plain = ("--format", "requirements.txt", "--no-header", "--no-annotate", "--no-emit-project")
    return _export(*plain, *options)


def bill(*options: str) -> dict[str, Any]:
    """The same as a CycloneDX document: with who needs whom. Raises SourceError."""
    document: dict[str, Any] = json.loads(_export("--format", "cyclonedx1.5", *options))
    return document


def packages(*options: str) -> set[tuple[str, str]]:
    """Name and version of every locked package, on whatever system. Raises SourceError."""
    return {(part["name"], part["version"]) for part in bill(*options)["components"]}


def run(*arguments: str | Path, where: Path = ROOT, **more: str) -> str:
    """What uv prints; ``more`` goes into its environment. Raises SourceError with its words."""
    try:
        done = subprocess.run(
            [UV, *arguments],
            capture_output=True,
            check=False,
            cwd=where,
            env=os.environ | more,
            text=True,
        )
    except OSError as error:
        raise SourceError(f"uv could not be called ({error}): call 'make check'.") from error
    if done.returncode:
        raise SourceError(f"uv {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _export(*options: str) -> str:
    return run("export", "--quiet", "--locked", *options)
