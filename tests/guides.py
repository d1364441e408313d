"""The documents as the tests read them: their code blocks, their links, their headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
DOCUMENTS: Final = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]))
"""Every document for people."""
_BLOCK: Final = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code in a document."""

    document: Path
    language: str
    text: str
    under: str
    """The heading it stands under."""

    @property
    def lines(self) -> list[str]:
        """The commands: lines that a backslash joins are one, prompts and comments are none."""
        joined = self.text.replace("\\\n", " ").splitlines()
        bare = (line.removeprefix("$ ").strip() for line in joined)
        return [line for line in bare if line and not line.startswith("#")]


def document(name: str) -> Path:
    """A document by its name: ``README.md``, or one in ``docs/``."""
    return next(path for path in DOCUMENTS if path.relative_to(ROOT).as_posix() == name)


def blocks(path: Path, *languages: str) -> list[Block]:
    """A document's blocks in these languages, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(path, found[1], found[2], _heading(text[: found.start()]))
        for found in _BLOCK.finditer(text)
        if found[1] in languages
    ]


def everywhere(*languages: str) -> list[Block]:
    """The blocks in these languages of every document."""
    return [block for path in DOCUMENTS for block in blocks(path, *languages)]


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return _BLOCK.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor, which may be empty, of each link within the tree; pictures too."""
    for target in _LINK.findall(prose(path)):
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = target.partition("#")
            yield (path.parent / file).resolve() if file else path, anchor


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub names them."""
    return {
        re.sub(r"[^\w\- ]", "", re.sub(_LINK, "", heading).lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose(path))
    }


def _heading(before: str) -> str:
    found = _HEADING.findall(_BLOCK.sub("", before))
    return found[-1] if found else ""
