"""Sources as such: what adding one takes, what each keeps to, and how one is switched on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import COLLECTORS, Collector
from collectors.jobs import jobs
from data.errors import SourceError
from data.model import KEYS, Page
from data.settings import Settings, load
from tests.conftest import HOUR, database
from tests.registry import complaints

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCES = tuple(COLLECTORS.values())

MODULE = '''"""Millpond: the number of mills."""

from datetime import timedelta

from collectors.api import document, number, reading
from collectors.collector import Collector
from data.model import Look, Page


def read(page: Page) -> Look:
    """The number of mills."""
    mills = document(page.body, page.url)
    return Look({"dapps": reading("dapps", lambda: (number(mills, "mills"), None))}, "api")


COLLECTOR = Collector(
    name="millpond",
    label="Millpond",
    url="https://millpond.test/",
    every=timedelta(days=1),
    read=read,
    metrics=("dapps",),
)
'''
BEFORE_LINES = "from collectors.collector import Collector\n"
LAST_LINE = '    "growthepie": growthepie.COLLECTOR,\n'
LAST_ROW = "| `growthepie` | `https://api.growthepie.com/v1/fundamentals.json` | `1d` |\n"


def add_module(tree: Path) -> None:
    """One file."""
    (tree / "collectors" / "millpond.py").write_text(MODULE, encoding="utf-8")


def add_line(tree: Path) -> None:
    """One line in the registry (and the import of what it names)."""
    registry = tree / "collectors" / "__init__.py"
    insert(registry, LAST_LINE, '    "millpond": millpond.COLLECTOR,\n')
    insert(registry, BEFORE_LINES, "from collectors import millpond\n")


def add_fixture(tree: Path) -> None:
    """One folder of fixtures."""
    folder = tree / "tests" / "fixtures" / "millpond"
    folder.mkdir()
    (folder / "mills.json").write_text("7\n", encoding="utf-8")


def add_row(tree: Path) -> None:
    """One row in the README."""
    insert(tree / "README.md", LAST_ROW, "| `millpond` | `https://millpond.test/` | `1d` |\n")


def insert(path: Path, after: str, line: str) -> None:
    """Put a line after another."""
    text = path.read_text(encoding="utf-8")
    assert text.count(after) == 1
    path.write_text(text.replace(after, after + line), encoding="utf-8")


STEPS: dict[Callable[[Path], None], str] = {
    add_module: "The source millpond has no module: write collectors/millpond.py with 'read'.",
    add_line: "The source millpond has no line in COLLECTORS in collectors/__init__.py.",
    add_fixture: "The source millpond has no fixture: put its pages in tests/fixtures/millpond/.",
    add_row: "The source millpond has no row (name, page, every) in README.md.",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the steps touch and of what a collector needs to run."""
    copy = tmp_path / "tree"
    unwanted = shutil.ignore_patterns("__pycache__")
    for name in ("collectors", "data", "tests/fixtures"):
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    for name in ("README.md", "masthead.py"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def test_every_source_is_whole() -> None:
    """Each source of this tree has its module, its line, its fixtures and its row."""
    assert complaints(ROOT) == []


def test_four_steps_add_a_source(tree: Path) -> None:
    """Nothing is forgotten, and the new source is collected by name."""
    assert complaints(tree) == []
    for step in STEPS:
        step(tree)
    assert complaints(tree) == []
    page = tree / "tests" / "fixtures" / "millpond" / "mills.json"
    words = ["--database", database(tree), "collect", "millpond", "--from-file", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", "masthead", *words, "--json"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "MASTHEAD_OUTBOX": str(tree / "outbox")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["source"], told["outcome"]) == ("millpond", "stored")
    assert {key: one["value"] for key, one in told["readings"].items()} == {"dapps": 7}


@pytest.mark.parametrize("forgotten", STEPS, ids=lambda step: step.__name__)
def test_forgotten_step_is_told(tree: Path, forgotten: Callable[[Path], None]) -> None:
    """Whichever of the four steps is left out, one sentence says so."""
    for step in STEPS:
        if step is not forgotten:
            step(tree)
    assert complaints(tree) == [STEPS[forgotten]]


def test_empty_fixture_folder_is_told(tree: Path) -> None:
    """A folder without a page is no fixture."""
    for step in STEPS:
        step(tree)
    (tree / "tests" / "fixtures" / "millpond" / "mills.json").unlink()
    assert complaints(tree) == [STEPS[add_fixture]]


@pytest.mark.parametrize("collector", SOURCES, ids=lambda one: one.name)
def test_collector(collector: Collector) -> None:
    """Its name is its key, its metrics are of the closed list, its credit leads to the web."""
    assert COLLECTORS[collector.name] is collector
    assert collector.label
    assert collector.metrics
    assert list(collector.metrics) == [key for key in KEYS if key in collector.metrics]
    assert collector.url.startswith("https://")
    assert not any(part.startswith(("/", "http")) for part in collector.parts)
    assert (collector.credit is None) == (collector.credit_url is None)
    assert (collector.credit_url or "https://").startswith("https://")


@pytest.mark.parametrize("collector", SOURCES, ids=lambda one: one.name)
def test_reader_takes_every_page(collector: Collector) -> None:
    """Whatever page of whatever source it is given: its own metrics, or a SourceError."""
    pages = [path for path in FIXTURES.rglob("*") if path.is_file()]
    assert len(pages) > 50
    for path in pages:
        try:
            look = collector.read(Page(path.read_bytes(), collector.url, AT, ""))
        except SourceError:
            continue
        assert tuple(look.readings) == collector.metrics, path


def test_only_dapp_expert_is_on(tmp_path: Path) -> None:
    """The others are off until named; an empty table, or one variable, is enough."""
    assert [job.source for job in jobs(Settings())] == ["dapp_expert"]
    path = tmp_path / "masthead.toml"
    path.write_text("[sources.defillama]\n[sources.growthepie]\n", encoding="utf-8")
    by_file = jobs(load({}, {}, path).settings)
    assert [job.source for job in by_file] == ["dapp_expert", "defillama", "growthepie"]
    assert [job.every for job in by_file] == [HOUR, DAY, DAY]
    assert by_file[1].url == "https://api.llama.fi/"
    environ = {"MASTHEAD_SOURCES__DEFILLAMA__ENABLED": "true", "MASTHEAD_CONFIG": os.devnull}
    by_environment = jobs(load(environ, {}, None).settings)
    assert [job.source for job in by_environment] == ["dapp_expert", "defillama"]
    by_name = jobs(Settings(), ["growthepie"])
    assert [(job.source, job.every) for job in by_name] == [("growthepie", DAY)]
