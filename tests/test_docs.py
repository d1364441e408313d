"""The documents say what is there: commands, settings, metrics, sources, links, pictures."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import masthead
from collectors import COLLECTORS
from data.model import METRICS
from data.rules import WAYS, WITHIN, rule_keys
from data.settings import TABLES, ArchiveSettings, Settings, SourceSettings, keys, load
from data.times import shown_duration
from tests.guides import DOCUMENTS, ROOT, Block, anchors, blocks, document, everywhere, links, prose

README = document("README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMMANDS = get_command(masthead.application()).commands  # type: ignore[attr-defined]
CALL = re.compile(r"(?:[A-Z_]+=\S+ )*\S*\bmasthead ([^|>]*)")
"""A command line that calls masthead, up to where its output goes."""
TABLE_OF_SETTINGS = document("docs/settings.md")


def command_lines() -> list[str]:
    """Every line of the documents that calls masthead."""
    lines = [line for block in everywhere("sh", "console") for line in block.lines]
    table = [line for block in everywhere("cron", "crontab") for line in block.lines]
    lines += [line.split(" ", 5)[5] for line in table if not line.startswith("MAILTO")]
    units = "\n".join(block.text for block in everywhere("ini"))
    lines += re.findall(r"^ExecStart=(.*)$", units, re.MULTILINE)
    for path in DOCUMENTS:
        lines += re.findall(r"`(masthead [a-z][^`|]*)`", prose(path))
    return sorted({found[1] for line in lines if (found := CALL.match(line))})


@pytest.mark.parametrize("words", command_lines())
def test_commands_parse(words: str) -> None:
    """Each command line in the documents is one that the program takes."""
    split = shlex.split(words)
    done = CliRunner().invoke(masthead.application(), [*split, "--help"])
    assert done.exit_code == 0, done.output
    assert f" {next(word for word in split if word in COMMANDS)} " in done.output


def test_every_command_has_a_row() -> None:
    """The README's table of commands is the program's."""
    rows = re.findall(r"^\| `masthead ([a-z]+)`", README, re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_every_setting_has_a_row() -> None:
    """The table of settings is the program's, defaults included."""
    text = TABLE_OF_SETTINGS.read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `([a-zA-Z_.]+)` \| ([^|]*) \|", text, re.MULTILINE))
    ways = re.findall(
        r"^\| `(alerts\.rules\.NAME)\.falls`, `\.rises`, `\.changes` \|", text, re.MULTILINE
    )
    table |= {f"{rule}.{way}": "none" for rule in ways for way in WAYS}
    fields = {name for name in keys(Settings) if name not in TABLES}
    fields |= {f"archives.{name}" for name in keys(ArchiveSettings)}
    fields |= {f"sources.NAME.{name}" for name in keys(SourceSettings)}
    fields |= {"alerts.to", *(f"alerts.rules.NAME.{name}" for name in rule_keys())}
    assert fields <= table.keys() <= fields | {"alerts.rules.NAME.falls"}
    assert table["alerts.rules.NAME.within"] == f"`{shown_duration(WITHIN)}`"
    for key in ("host", "port", "workers", "prefix", "proxies"):
        assert table[key] == f"`{getattr(Settings(), key)}`"
    for key in keys(ArchiveSettings):
        assert table[f"archives.{key}"] == f"`{getattr(ArchiveSettings(), key)}`"
    assert table["timeout"] == f"`{shown_duration(Settings().timeout)}`"


def test_every_metric_has_a_row() -> None:
    """The README's table of metrics is the model's."""
    for metric in METRICS:
        assert f"| `{metric.key}` | {metric.label} | {metric.unit} | {metric.kind} |" in README


def test_every_collector_has_its_row() -> None:
    """The README's table of sources gives each one's page and interval."""
    for name, collector in COLLECTORS.items():
        every = shown_duration(collector.every)
        assert f"| `{name}` | `{collector.url}` | `{every}` |" in README


@pytest.mark.parametrize(
    "block", everywhere("toml"), ids=lambda block: f"{block.document.stem}-{block.under}"
)
def test_config_examples_are_valid(block: Block, tmp_path: Path) -> None:
    """Each config in the documents is one that the program takes, every key of it known."""
    path = tmp_path / "masthead.toml"
    path.write_text(block.text, encoding="utf-8")
    settings = load({}, {}, path).settings
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in told.keys() - TABLES - {"outbox"}:
        assert getattr(settings, key) == told[key]


def test_every_kind_of_rule_has_an_example(tmp_path: Path) -> None:
    """The alerts' guide shows each kind of rule in its first config."""
    path = tmp_path / "masthead.toml"
    path.write_text(blocks(document("docs/alerts.md"), "toml")[0].text, encoding="utf-8")
    rules = load({}, {}, path).settings.alerts.rules
    assert {rule.kind for rule in rules.values()} == {"falls", "missed", "moves", "words"}


def like_the_guides(printed: str, config: Path) -> str:
    """What was printed here, with the paths, the user and the minute of the guides."""
    program = Path(sys.executable).with_name("masthead")
    printed = printed.replace(str(config), "/etc/masthead.toml")
    printed = printed.replace(str(program), "/opt/masthead/.venv/bin/masthead")
    printed = re.sub(r"^User=.*$", "User=masthead", printed, flags=re.MULTILINE)
    printed = re.sub(r"^\d+-59/20 ", "7-59/20 ", printed, flags=re.MULTILINE)
    return re.sub(r":\d\d/20:", ":07/20:", printed)


def test_printed_timetables(tmp_path: Path) -> None:
    """The guides' crontab line and units are those printed for the config of settings.md."""
    path = tmp_path / "masthead.toml"
    path.write_text(blocks(TABLE_OF_SETTINGS, "toml")[0].text, encoding="utf-8")
    printed = []
    for words in (["cron"], ["systemd"], ["systemd", "--collect"]):
        done = CliRunner().invoke(masthead.application(), ["--config", str(path), *words])
        printed.append(like_the_guides(done.stdout, path))
    line, *units = printed
    told = blocks(document("docs/cron.md"), "cron") + blocks(document("docs/systemd.md"), "ini")
    assert [block.text for block in told] == [line, *units]
    [short] = blocks(document("README.md"), "cron")
    assert short.lines == told[0].lines


def test_make_targets() -> None:
    """Each target that the documents name is one of the Makefile; each with a help is told."""
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    assert {"run", "test", "help"} <= targets
    told = set()
    for path in DOCUMENTS:
        told |= set(re.findall(r"`make ([a-z-]+)[^`]*`", prose(path)))
    lines = [line for block in everywhere("sh", "console") for line in block.lines]
    told |= {line.split()[1] for line in lines if line.startswith("make ")}
    assert told == targets - {"help"}


def test_make_alone_lists_its_commands() -> None:
    """All that can be called, each with its words in one column, on lines that fit a screen."""
    alone = ["make", "--no-print-directory"]
    said = subprocess.run(alone, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    lines = said.splitlines()
    [callable_] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.M)
    assert [line.split()[0] for line in lines] == callable_.split()
    assert len({len(line) - len(line.split(None, 1)[1]) for line in lines}) == 1
    assert max(map(len, lines)) <= 100
    assert callable_.startswith("help run test check ")
    assert callable_.endswith(" clean")


def test_benchmarks_can_be_repeated() -> None:
    """Every benchmark of the Makefile stands in BENCHMARKS.md, and the other way round."""
    told = document("BENCHMARKS.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(bench(?:-[a-z]+)?):", MAKEFILE, re.MULTILINE))
    assert targets
    assert set(re.findall(r"`make (bench(?:-[a-z]+)?)`", told)) == targets


def test_every_part_of_the_address_has_a_row() -> None:
    """What the page's scripts read from the address is told on how to read the page."""
    assets = ROOT / "dashboard" / "assets"
    scripts = "".join((assets / name).read_text("utf-8") for name in ("state.js", "theme.js"))
    known = set(re.findall(r'(?:get|getAll)\("(\w+)"\)', scripts))
    assert {"range", "source", "theme"} <= known
    text = document("docs/reading-the-page.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| `")]
    told = set(re.findall(r"[`&](\w+)=", "\n".join(line.split("|")[1] for line in table)))
    assert known == told


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links(path: Path) -> None:
    """Each link within the tree leads to a file and a heading that are there."""
    for file, anchor in links(path):
        assert file.is_relative_to(ROOT), file
        assert file.exists(), file
        assert not anchor or anchor in anchors(file), f"{file}#{anchor}"


def test_every_document_is_found() -> None:
    """From the README a reader comes to every document of the tree."""
    found, new = set(), {document("README.md")}
    while new:
        found |= new
        led = {file for path in new for file, _ in links(path) if file.suffix == ".md"}
        new = {path for path in led - found if path.exists()}
    assert found == set(DOCUMENTS)


def test_pictures_exist() -> None:
    """Every picture of the documents is a PNG or an SVG in the tree."""
    pictures = [
        path.parent / name
        for path in DOCUMENTS
        for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", prose(path))
    ]
    assert ROOT / "docs" / "page.png" in pictures
    for picture in pictures:
        begins = {".png": b"\x89PNG", ".svg": b"<svg "}[picture.suffix]
        assert picture.read_bytes().startswith(begins)


@pytest.mark.parametrize("block", everywhere("python"), ids=lambda block: block.document.stem)
def test_python_examples_parse(block: Block) -> None:
    """Each example in Python is Python."""
    assert ast.parse(block.text).body


def test_version_is_in_the_changelog() -> None:
    """The changelog has a place for what is being built, or names the version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = document("CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in changelog or f"## {project['version']}" in changelog
