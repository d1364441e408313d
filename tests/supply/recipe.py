"""What Dockerfile, .dockerignore and compose.yaml say, as far as they are used here."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.supply.locked import ROOT


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a Dockerfile: its word and what follows it."""

    word: str
    rest: str

    def words(self) -> list[str]:
        """What follows, apart: a JSON list, or words as a shell splits them."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        assert "$" not in self.rest, f"nobody fills in the variables of: {self.rest}"
        return shlex.split(self.rest)


def steps() -> list[Step]:
    """The Dockerfile's instructions, without comments; lines that go on are one."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    return [Step(*line.split(None, 1)) for line in lines.replace("\\\n", "").splitlines() if line]


def context(name: str) -> Iterator[Path]:
    """The files that an engine is given of ``name``, a file or folder of the tree."""
    start = ROOT / name
    found = sorted(start.rglob("*")) if start.is_dir() else [start]
    return (path for path in found if path.is_file() and _admitted(path.relative_to(ROOT)))


def _admitted(path: Path) -> bool:
    """By .dockerignore: the last line that fits the path, or a folder it lies in, decides."""
    said = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?")
        if re.match(pattern.replace(r"\*", "[^/]*") + "(/|$)", path.as_posix()):
            said = line.startswith("!")
    return said


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """What compose.yaml says, with the variables it asks for filled in."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    filled = re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", lambda match: variables[match[1]], text)
    said: dict[str, Any] = yaml.safe_load(filled)
    return said
