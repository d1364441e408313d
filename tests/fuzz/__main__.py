"""``make fuzz``: every target, so many seconds each, a table of what was done and found."""

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz import TARGETS

FOLDER: Final = Path("build/fuzz")
PATIENCE: Final = 300
"""Seconds after its time in which a target comes to its end."""
HEAD: Final = (
    "| target | what | seconds | executions | edges | findings |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one target."""

    name: str
    seconds: float
    executions: int
    edges: int | None
    findings: int

    def __str__(self) -> str:
        edges = "–" if self.edges is None else f"{self.edges:,}"
        return (
            f"| {self.name} | {TARGETS[self.name]} | {self.seconds:.0f} | {self.executions:,} "
            f"| {edges} | {self.findings} |"
        )


def fuzz(name: str, seconds: int) -> Done:
    """Fuzz one target in a process of its own; what it says goes into its folder."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.txt"), *folder.glob("*.bin"), *folder.glob("*-*")):
        old.unlink()
    words = [sys.executable, "-m", "tests.fuzz.engine", name, str(seconds), str(folder)]
    began = time.monotonic()
    with (folder / "said.log").open("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            words, stdout=said, stderr=said, timeout=seconds + PATIENCE, check=False
        )
        took = time.monotonic() - began
        said.seek(0)
        text = said.read()
    crashes = [path for kind in ("crash-*", "timeout-*", "oom-*") for path in folder.glob(kind)]
    findings = len([*folder.glob("*.txt"), *crashes])
    if done.returncode and not findings:
        print(f"{name} ended with {done.returncode}:\n{text[-2_000:]}", file=sys.stderr)
        findings = 1
    return Done(name, took, _executions(text), _edges(text), findings)


def _executions(text: str) -> int:
    if found := re.search(r"number_of_executed_units:\s*(\d+)", text):
        return int(found[1])
    if text.rstrip().endswith("}"):
        return int(json.loads(text.rstrip().splitlines()[-1])["executions"])
    rounds = re.findall(r"^#(\d+)\t", text, re.MULTILINE)
    return int(rounds[-1]) if rounds else 0


def _edges(text: str) -> int | None:
    found = re.findall(r"\bcov: (\d+)", text)
    return int(found[-1]) if found else None


def main() -> int:
    """Print the table; 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    asked = parser.parse_args()
    if unknown := {*asked.targets} - {*TARGETS}:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not here (it is for Linux on x86-64): fuzzing by chance, not by coverage")
    print(HEAD, flush=True)
    found = 0
    for name in asked.targets or TARGETS:
        done = fuzz(name, asked.seconds)
        found += done.findings
        print(done, flush=True)
    if found:
        print(f"{found} findings: see {FOLDER}/TARGET/*.txt", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
