"""Mutation testing: a change that matters is noticed, none is not, and a stuck one is ended."""

import subprocess
import sys

TRIED = """
from pathlib import Path
from tests.mutation import fates

path, line = "collectors/quantity.py", "_LONGEST: Final = 40"
source = Path(path).read_text("utf-8")
assert source.count(line) == 1
others = (line, "_LONGEST: Final = 4", "while True: pass")
print(*fates(path, [source.replace(line, other) for other in others], 15), sep="\\n")
"""


def test_fates() -> None:
    """The module's tests run against the source that is given, whatever lies in the tree."""
    done = subprocess.run([sys.executable, "-c", TRIED], capture_output=True, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line in ("survived", "killed", "too slow")]
    assert told == ["survived", "killed", "too slow"]
