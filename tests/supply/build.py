"""Wheel and source distribution, byte for byte the same from the same commit.

``python -m tests.supply.build`` fills the folder ``dist`` and prints the SHA-256 of both.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from dashboard import bundle
from data.errors import SourceError
from tests.supply.locked import ROOT, UV, requirements, run

DIST: Final = ROOT / "dist"


def build(out: Path = DIST) -> list[Path]:
    """The sdist and the wheel made from it, in ``out``. Raises SourceError."""
    with tempfile.TemporaryDirectory() as draft:
        tree = Path(draft, "tree")
        _copy(tree)
        # What builds is held by hash as well: another hatchling would write another wheel.
        tools = Path(draft, "build.txt")
        tools.write_text(requirements("--only-group", "build"), encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        held = ("--build-constraints", tools, "--require-hashes", "--python", sys.executable)
        # The hook looks for an npm on PATH and for uv, which may bring one.
        path = os.pathsep.join((str(UV.parent), os.environ.get("PATH", os.defpath)))
        committed = {"PATH": path, "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct")}
        run("build", "--quiet", "--out-dir", out, *held, where=tree, **committed)
    [sdist], [wheel] = out.glob("*.tar.gz"), out.glob("*.whl")
    _refuse_half(wheel)
    return [sdist, wheel]


def uncommitted() -> list[str]:
    """The files that are not as the last commit has them, new ones too."""
    return [line[3:] for line in _git("status", "--porcelain").splitlines()]


def _copy(tree: Path) -> None:
    """Only what git knows: whatever else lies about does not get in."""
    for name in _git("ls-files", "-z").rstrip("\0").split("\0"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def _refuse_half(wheel: Path) -> None:
    """Raise SourceError for a wheel without plotly.js, which an installation may do without."""
    lacking = {f"dashboard/vendor/{name}" for name in bundle.files()}
    lacking -= set(zipfile.ZipFile(wheel).namelist())
    if lacking:
        wheel.unlink()
        raise SourceError(
            f"{wheel.name} is removed: it has no {', '.join(sorted(lacking))}; "
            f"see whether npm can reach its registry, and call 'make build' again."
        )


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, check=False, cwd=ROOT, text=True
    )
    if done.returncode:
        raise SourceError(f"A build needs a clone, for it dates from its commit: {done.stderr}")
    return done.stdout.strip("\n")


def main() -> int:
    """Build, print what came out; say on stderr what is not as committed."""
    if changed := uncommitted():
        print(f"masthead: not as committed: {', '.join(changed)}", file=sys.stderr)
    try:
        built = build()
    except SourceError as error:
        print(f"masthead: {error}", file=sys.stderr)
        return 1
    for path in built:
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
