"""docs/add-a-source.md is followed to the letter, in a copy of the tree."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from tests.conftest import database
from tests.guides import ROOT, Block, blocks, document
from tests.registry import complaints
from tests.served import served
from tests.site import Answer, serving

GUIDE: Final = document("docs/add-a-source.md")
STEPS: Final = {
    "1": "The source example has no module: write collectors/example.py with 'read'.",
    "2": "The source example has no line in COLLECTORS in collectors/__init__.py.",
    "3": "The source example has no fixture: put its pages in tests/fixtures/example/.",
    "4": "The source example has no row (name, page, every) in README.md.",
}
"""What is said when one of the guide's steps is left out."""
TAKEN: Final = ("collectors", "dashboard", "data", "docs", "tests", "pyproject.toml", "Makefile")
UNWANTED: Final = shutil.ignore_patterns("__pycache__", "*.db", "vendor")
CHECKED: Final = (
    *("tests/test_docs.py", "tests/test_house.py", "tests/test_sources.py"),
    "tests/test_add_a_source.py::test_every_source_is_whole",
    *("-k", "row or arrows or source"),
)
"""Tests that know of every source: they hold in the copy as they do here."""
CALL: Final = '#!/bin/sh\nexec "{python}" -m masthead "$@"\n'


def write(tree: Path, block: Block) -> None:
    """Do what a block says with the file that its heading names."""
    file = tree / block.under.split("`")[1]
    if block.language != "diff":
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        return
    lines = [(line[:1], line[1:]) for line in block.text.splitlines(keepends=True)]
    before = "".join(line for sign, line in lines if sign in " -")
    after = "".join(line for sign, line in lines if sign in " +")
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after), encoding="utf-8")


def follow(tree: Path, without: str = "") -> None:
    """Take every step of the guide, but one."""
    for block in blocks(GUIDE, "python", "json", "diff"):
        if block.under[0] != without:
            write(tree, block)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of this tree, in which nothing of the example is."""
    copy = tmp_path / "tree"
    copy.mkdir()
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=UNWANTED)
        else:
            shutil.copy(ROOT / name, copy)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*.py"), ROOT / "LICENSE"):
        shutil.copy(path, copy)
    return copy


@pytest.fixture
def environ(tree: Path) -> Iterator[dict[str, str]]:
    """Where a new source is tried: the copy's command, a store, and the source itself."""
    place = tree.parent / "bin"
    place.mkdir()
    (place / "masthead").write_text(CALL.format(python=sys.executable), encoding="utf-8")
    (place / "masthead").chmod(0o755)
    programs = [place, Path(sys.executable).parent, os.environ.get("PATH", os.defpath)]
    [fixture] = blocks(GUIDE, "json")
    with serving() as site:
        site.answers["/figures.json"] = Answer(fixture.text.encode())
        yield {
            "PATH": os.pathsep.join(map(str, programs)),
            "PYTHONPATH": str(tree),
            "HOME": str(tree.parent),
            "MASTHEAD_DATABASE": database(tree.parent),
            "MASTHEAD_OUTBOX": str(tree.parent / "outbox"),
            "MASTHEAD_SOURCES__EXAMPLE__URL": f"{site.url}figures.json",
        }


def test_every_source_is_whole() -> None:
    """Each source of this tree has its module, its line, its fixtures and its row."""
    assert complaints(ROOT) == []


def test_the_guide_adds_a_source(tree: Path, environ: dict[str, str]) -> None:
    """Its commands work, and the new source is in status, API and export; the tests agree."""
    follow(tree)
    said = []
    for block in blocks(GUIDE, "sh"):
        done = subprocess.run(
            ["sh", "-eu"],
            input=block.text,
            cwd=tree,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    told, _, status = said[0].partition("\n")
    found = {key: one["value"] for key, one in json.loads(told)["readings"].items()}
    assert found == {"dapps": 18_774, "volume_30d": 303_260_000_000}
    assert "example" in status
    with (tree / "example.csv").open(encoding="utf-8", newline="") as lines:
        [row] = csv.DictReader(lines)
    assert (row["source"], row["dapps"], row["blockchains"]) == ("example", "18774", "")
    with (
        served(environ["MASTHEAD_DATABASE"]) as address,
        urlopen(f"{address}/api/v1/sources", timeout=30) as answer,
    ):
        assert "example" in answer.read().decode()
    (tree / "example.csv").unlink()
    bare = {name: text for name, text in environ.items() if not name.startswith("MASTHEAD_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHECKED]
    checked = subprocess.run(
        command, cwd=tree, env=bare, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("forgotten", STEPS)
def test_a_forgotten_step_is_told(tree: Path, forgotten: str) -> None:
    """Whichever of the four steps is left out, one sentence says so."""
    assert complaints(tree) == []
    follow(tree, forgotten)
    assert complaints(tree) == [STEPS[forgotten]]


def test_empty_fixture_folder_is_told(tree: Path) -> None:
    """A folder without a page is no fixture."""
    follow(tree)
    (tree / "tests" / "fixtures" / "example" / "figures.json").unlink()
    assert complaints(tree) == [STEPS["3"]]
