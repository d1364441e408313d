"""The crontab line: when it runs, and that it says what it means."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.timetable import Call, crontab
from data.errors import UsageError
from data.times import duration
from tests.calls import ODD, call, minutes_of, odd_call, told
from tests.site import Answer, Site

SCRIPT = str(Path(sys.executable).with_name("masthead"))


@pytest.mark.parametrize(
    ("every", "tries"),
    [
        ("1m", 60),
        ("90s", 60),
        ("5m", 60),
        ("9m", 20),
        ("15m", 12),
        ("30m", 6),
        ("1h", 3),
        ("2h", 2),
        ("3h", 1),
        ("1d", 1),
        ("7w", 1),
    ],
)
def test_tries_an_hour(every: str, tries: int) -> None:
    """Three in a slot where a slot is three minutes or more, and at least one an hour."""
    line = crontab(call(), duration(every)).splitlines()[1]
    assert len(minutes_of(line)) == tries
    assert line.split(" ")[1:5] == ["*"] * 4


def test_no_slot_is_left_out() -> None:
    """Whatever the slot's length, on whatever machine: each of sixty slots is tried."""
    for every in range(1, 400):
        for host in ("a", "b", "c"):
            line = crontab(call(host=host), timedelta(minutes=every)).splitlines()[1]
            starts = (60 * hour + minute for hour in range(every) for minute in minutes_of(line))
            assert {start // every for start in starts} == set(range(60)), (every, line)


def test_not_all_the_world_asks_at_once() -> None:
    """The minute follows from the machine and the config, and :00 is nobody's."""
    first = {
        min(minutes_of(crontab(call("--config", path, host=host), duration("1h")).splitlines()[1]))
        for host in "abcdefgh"
        for path in ("/a.toml", "/b.toml", "/c.toml")
    }
    assert len(first) > 10
    assert 0 not in first
    assert crontab(call(), duration("1h")) == crontab(call(), duration("1h"))


@pytest.fixture
def echo(tmp_path: Path) -> Call:
    """A call of a program that prints its words and variables, all of them odd."""
    return odd_call(tmp_path)


def test_sh_reads_the_words_that_were_meant(echo: Call) -> None:
    """Spaces, quotes, dollars and per cent signs come through cron's unescaping and the shell."""
    line = crontab(echo, duration("1h")).splitlines()[1].split(" ", 5)[5]
    assert not re.search(r"(?<!\\)%", line)
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace(r"\%", "%")], capture_output=True, check=True, env={}
    )
    assert json.loads(done.stdout) == [echo.words("collect")[1:], {"MASTHEAD_CONTACT": ODD}]


@pytest.mark.parametrize(
    ("odd", "every", "words"),
    [
        ("/a", "30s", "every 30s.*finest step is a minute.*'masthead schedule'"),
        ("/a\nb", "1h", r"'\\n', which no crontab"),
        ("/a\\b", "1h", r"'\\\\', which no crontab"),
        ("/a\udcff", "1h", r"'\\udcff', which no crontab"),
        ("/a" * 500, "1h", "more than 998 bytes"),
    ],
)
def test_what_cron_cannot_do_is_refused(odd: str, every: str, words: str) -> None:
    """A line that would not do what it says is not printed."""
    with pytest.raises(UsageError, match=words):
        crontab(call("--config", odd), duration(every))


class Line:
    """The line that ``masthead cron`` prints in a folder, run as cron runs it."""

    def __init__(self, folder: Path, config: str) -> None:
        (folder / "masthead.toml").write_text(config, encoding="utf-8")
        done = subprocess.run([SCRIPT, "cron"], cwd=folder, capture_output=True, check=True)
        self.command = done.stdout.decode().splitlines()[1].split(" ", 5)[5].replace(r"\%", "%")

    def __call__(self) -> tuple[int, str]:
        """The exit code and all it said, from an empty environment in another folder."""
        done = subprocess.run(
            ["/usr/bin/env", "-i", "/bin/sh", "-c", self.command],
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode()


def test_the_line_is_silent_or_says_one_line(tmp_path: Path, site: Site) -> None:
    """Exit 0 and silence, also a second time; exit 4 and one line when the page is away."""
    source = f'[sources.dapp_expert]\nurl = "{site.url}"\n'
    line = Line(tmp_path, f'database = "sqlite:///m.db"\n{source}')
    assert [line(), line()] == [(0, ""), (0, "")]
    assert [path for path, _ in site.requests].count("/") == 1
    site.answers["/"] = Answer(b"gone", 404)
    gone = Line(tmp_path, f'database = "sqlite:///other.db"\n{source}')
    code, said = gone()
    assert (code, len(said.splitlines())) == (4, 1)
    assert "answered 404" in said


def test_the_line_keeps_what_the_store_cannot_take(tmp_path: Path, site: Site) -> None:
    """Exit 5 and one line; the snapshot waits beside the config file."""
    config = f'database = "sqlite:////dev/null/m.db"\n[sources.dapp_expert]\nurl = "{site.url}"\n'
    code, said = Line(tmp_path, config)()
    assert (code, len(said.splitlines())) == (5, 1)
    assert "kept in the outbox" in said
    assert len(list((tmp_path / "outbox").glob("*.json"))) == 1


def test_the_shortest_slot_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line runs as often as the source that is read most often; it names this program."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "masthead.toml"
    path.write_text('[sources.dapp_expert]\nevery = "5m"\n', encoding="utf-8")
    comment, line = told("--config", "masthead.toml", "cron").splitlines()
    assert comment == "# Masthead: a try each minute, one snapshot per slot of 5m"
    assert line.startswith(f"* * * * * {SCRIPT} --config {path} --database sqlite:///")


def test_without_a_script_python_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no command was installed beside Python, the module is run."""
    monkeypatch.setattr(sys, "executable", "/opt/none/bin/python")
    assert " /opt/none/bin/python -m masthead --config " in told("cron")
