"""Calls of programs with odd names, and what came of printed lines: for crontab and units."""

import re
import sys
from pathlib import Path

from typer.testing import CliRunner

import masthead
from collectors.timetable import Call
from data.portable import Portable

ODD = 'it\'s 100% "odd" $HOME & #co é; `x`'
PROGRAM = "100% odd $HOME & #co é; `x`"
"""As odd as systemd lets a program's folder be."""
ECHO = """#!{python}
import json, os, sys
names = [name for name in os.environ if name.startswith("MASTHEAD_")]
print(json.dumps([sys.argv[1:], {{name: os.environ[name] for name in names}}]))
"""


def call(
    *options: str,
    program: str = "/bin/masthead",
    folder: str = "/srv/m",
    host: str = "a",
    **given: str,
) -> Call:
    """A call of a program with these options and variables."""
    settings = Portable(options, given, (Path(folder),))
    return Call((program,), settings, "root", host)


def odd_call(parent: Path) -> Call:
    """A call of a program that prints its words and variables, all of them odd."""
    folder, program = parent / ODD, parent / PROGRAM / "masthead"
    program.parent.mkdir()
    program.write_text(ECHO.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    config = str(folder / "masthead.toml")
    return call("--config", config, program=str(program), folder=str(folder), MASTHEAD_CONTACT=ODD)


def minutes_of(line: str) -> set[int]:
    """The minutes of the hour that a crontab's first field means."""
    match = re.fullmatch(r"(?:\*|(\d+)(?:-59/(\d+))?)", line.split(" ")[0])
    assert match, line
    if match[1] is None:
        return set(range(60))
    return set(range(int(match[1]), 60, int(match[2] or 60)))


def told(*arguments: str) -> str:
    """What the command prints."""
    done = CliRunner().invoke(masthead.application(), arguments)
    assert done.exit_code == 0, done.output
    return done.stdout
