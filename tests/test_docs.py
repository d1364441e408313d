"""The documents say what is there: commands, settings, metrics, sources."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import masthead
from collectors import COLLECTORS
from data.model import METRICS
from data.settings import TABLES, ArchiveSettings, Settings, SourceSettings, keys, load
from data.times import shown_duration

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(masthead.application()).commands  # type: ignore[attr-defined]


def blocks(language: str) -> list[str]:
    """The README's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    """Every line of the README that calls masthead."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    table = [line for block in blocks("cron") for line in block.splitlines()]
    lines += [line.split(" ", 5)[5] for line in table if not line.startswith("#")]
    lines += re.findall(r"^ExecStart=(.*)$", "\n".join(blocks("ini")), re.MULTILINE)
    lines += re.findall(r"`(masthead [a-z][^`|]*)`", README)
    return [line for line in lines if "masthead " in line]


@pytest.mark.parametrize("line", command_lines())
def test_commands_in_the_readme_parse(line: str) -> None:
    """Each command line in the README is one that the program takes."""
    words = shlex.split(line)
    assert words[0].rsplit("/", 1)[-1] == "masthead"
    done = CliRunner().invoke(masthead.application(), [*words[1:], "--help"])
    assert done.exit_code == 0, done.output
    assert f" {next(word for word in words[1:] if word in COMMANDS)} " in done.output


def test_every_command_has_a_row() -> None:
    """The README's table of commands is the program's."""
    rows = re.findall(r"^\| `masthead ([a-z]+)`", README, re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_every_setting_has_a_row() -> None:
    """The README's table of settings is the program's, defaults included."""
    table = dict(re.findall(r"^\| `([a-zA-Z_.]+)` \| ([^|]*) \|", README, re.MULTILINE))
    fields = {name for name in keys(Settings) if name not in TABLES}
    fields |= {f"archives.{name}" for name in keys(ArchiveSettings)}
    fields |= {f"sources.NAME.{name}" for name in keys(SourceSettings)}
    assert fields <= table.keys()
    for key in ("host", "port", "workers"):
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


def test_config_examples_are_valid(tmp_path: Path) -> None:
    """The README's configs are ones that the program takes, every key of them known."""
    path = tmp_path / "masthead.toml"
    several, example = blocks("toml")
    path.write_text(several, encoding="utf-8")
    assert load({}, {}, path).settings.reads == tomllib.loads(several)["database_read"]
    path.write_text(example, encoding="utf-8")
    settings = load({}, {}, path).settings
    assert settings.contact == tomllib.loads(example)["contact"]


def like_the_readme(printed: str, config: Path) -> str:
    """What was printed here, with the paths, the user and the minute of the README."""
    program = Path(sys.executable).with_name("masthead")
    printed = printed.replace(str(config), "/etc/masthead.toml")
    printed = printed.replace(str(program), "/opt/masthead/.venv/bin/masthead")
    printed = re.sub(r"^User=.*$", "User=masthead", printed, flags=re.MULTILINE)
    printed = re.sub(r"^\d+-59/20 ", "7-59/20 ", printed, flags=re.MULTILINE)
    return re.sub(r":\d\d/20:", ":07/20:", printed)


def test_printed_timetables(tmp_path: Path) -> None:
    """The README's crontab line and units are those printed for the README's config."""
    path = tmp_path / "masthead.toml"
    path.write_text(blocks("toml")[-1], encoding="utf-8")
    printed = []
    for words in (["cron"], ["systemd"], ["systemd", "--collect"]):
        done = CliRunner().invoke(masthead.application(), ["--config", str(path), *words])
        printed.append(like_the_readme(done.stdout, path))
    assert printed == [*blocks("cron"), *blocks("ini")]


def test_make_commands_exist() -> None:
    """The two commands of the README are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = [line for block in blocks("sh") for line in block.splitlines() if "make" in line]
    assert wanted == ["make run", "make test"]
    for line in wanted:
        assert re.search(rf"^{line.split()[1]}:", makefile, re.MULTILINE)


def test_benchmarks_can_be_repeated() -> None:
    """Every benchmark of the Makefile stands in BENCHMARKS.md, and the other way round."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(bench(?:-[a-z]+)?):", makefile, re.MULTILINE))
    assert targets
    assert set(re.findall(r"`make (bench(?:-[a-z]+)?)`", told)) == targets


def test_every_part_of_the_address_has_a_row() -> None:
    """What the page's scripts read from the address is told in the README."""
    assets = ROOT / "dashboard" / "assets"
    scripts = "".join((assets / name).read_text("utf-8") for name in ("state.js", "theme.js"))
    known = set(re.findall(r'(?:get|getAll)\("(\w+)"\)', scripts))
    assert {"range", "source", "theme"} <= known
    table = [line for line in README.splitlines() if line.startswith("| `")]
    told = set(re.findall(r"[`&](\w+)=", "\n".join(line.split("|")[1] for line in table)))
    assert known == told


def test_pictures_exist() -> None:
    """Every picture of the README is a PNG in the tree."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_version_is_in_the_changelog() -> None:
    """The changelog has a place for what is being built, or names the version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in changelog or f"## {project['version']}" in changelog
