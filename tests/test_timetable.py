"""The crontab line and the systemd units: when they run, and that they say what they mean."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import masthead
from collectors.timetable import Call, crontab, service, timer
from data.errors import UsageError
from data.portable import Portable
from data.times import duration
from tests import machine
from tests.pages import page
from tests.site import Answer, Site, serving

SCRIPT = str(Path(sys.executable).with_name("masthead"))
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


@pytest.fixture
def echo(tmp_path: Path) -> Call:
    """A call of a program that prints its words and variables, all of them odd."""
    folder, program = tmp_path / ODD, tmp_path / PROGRAM / "masthead"
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


@pytest.mark.parametrize("every", ["1m", "5m", "9m", "15m", "1h", "2h", "1d"])
def test_cron_and_systemd_mean_the_same_minutes(every: str) -> None:
    """The timer's calendar, read by systemd itself, gives the minutes of the crontab line."""
    [calendar] = re.findall(r"^OnCalendar=(.*)$", timer(call(), duration(every)), re.MULTILINE)
    command = [machine.find("systemd-analyze"), "calendar", "--iterations=60", calendar]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"TZ": "UTC", "LC_ALL": "C"}
    ).stdout
    found = {int(minute) for minute in re.findall(r"\d\d:(\d\d):00 UTC", told)}
    assert found == minutes_of(crontab(call(), duration(every)).splitlines()[1])


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
        ("/a" * 500, "1h", "more than 998 bytes"),
    ],
)
def test_what_cron_cannot_do_is_refused(odd: str, every: str, words: str) -> None:
    """A line that would not do what it says is not printed."""
    with pytest.raises(UsageError, match=words):
        crontab(call("--config", odd), duration(every))


def test_what_systemd_cannot_do_is_refused() -> None:
    """Nor is a unit: a name with a line end, a quoted program, a timer finer than a minute."""
    with pytest.raises(UsageError, match="which no unit can carry"):
        service(call("--config", "/a\nb"))
    with pytest.raises(UsageError, match="it's/masthead holds ', which systemd does not start"):
        service(call(program="/it's/masthead"))
    with pytest.raises(UsageError, match="finest step is a minute"):
        timer(call(), duration("30s"))


def files(text: str) -> Iterator[tuple[str, str]]:
    """The unit files that a text holds: (path, content)."""
    parts = re.split(r"^# (\S+/masthead\S*\.(?:service|timer))\n", text, flags=re.MULTILINE)
    assert parts[0] == ""
    return zip(parts[1::2], parts[2::2], strict=True)


@pytest.mark.parametrize("of_user", [False, True])
@pytest.mark.parametrize("every", ["1m", "1h", "1d"])
def test_systemd_verifies_the_units(tmp_path: Path, echo: Call, every: str, of_user: bool) -> None:
    """Written to files as their first lines say, odd names and all: not a word of complaint."""
    units = tmp_path / "units"
    units.mkdir()
    texts = service(echo, of_user=of_user), timer(echo, duration(every), of_user=of_user)
    for path, content in (one for text in texts for one in files(text)):
        expected = "~/.config/systemd/user/" if of_user else "/etc/systemd/system/"
        assert path.startswith(expected)
        (units / path.removeprefix(expected)).write_text(content, encoding="utf-8")
    names = sorted(units.iterdir())
    assert [path.name for path in names] == [
        "masthead-collect.service",
        "masthead-collect.timer",
        "masthead.service",
    ]
    done = verify(names, of_user)
    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode == 0


def verify(paths: list[Path], of_user: bool, **more: str) -> subprocess.CompletedProcess[str]:
    """What ``systemd-analyze verify`` says of unit files in one folder."""
    command = [machine.find("systemd-analyze"), "verify", "--man=no", "--recursive-errors=one"]
    # The empty end stands for systemd's own folders.
    environ = {
        "SYSTEMD_UNIT_PATH": f"{paths[0].parent}:",
        "XDG_RUNTIME_DIR": str(paths[0].parent),
    } | more
    command += ["--user"] if of_user else []
    return subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, check=False, env=environ
    )


def test_systemd_reads_the_words_that_were_meant(tmp_path: Path, echo: Call) -> None:
    """What systemd took from the unit: the same words, variables and folders, quotes undone."""
    path = tmp_path / "masthead.service"
    path.write_text(service(echo), encoding="utf-8")
    dump = verify([path], of_user=False, SYSTEMD_LOG_LEVEL="debug").stdout
    read = dict(re.findall(r"^\s*(Environment|ReadWritePaths|Command Line): (.*)$", dump, re.M))
    assert read["Environment"] == f"MASTHEAD_CONTACT={ODD}"
    assert read["ReadWritePaths"] == str(tmp_path / ODD)
    command = ["/bin/sh", "-c", rf"printf '%s\n' {read['Command Line']}"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # A doubled dollar is undone only when the program starts.
    assert words.replace("$$", "$").splitlines() == echo.words("up")


def test_verify_would_complain(tmp_path: Path) -> None:
    """The check above can fail: a program that is not there is told."""
    path = tmp_path / "masthead.service"
    path.write_text(service(call(program=str(tmp_path / "absent"))), encoding="utf-8")
    done = verify([path], of_user=False)
    assert done.returncode != 0
    assert "absent" in done.stderr


@pytest.mark.parametrize(
    ("folders", "lines"),
    [
        (("/var/lib/masthead",), ["StateDirectory=masthead"]),
        (("/var/lib/masthead", "/var/lib/masthead2/outbox"), ["StateDirectory=masthead masthead2"]),
        (
            ("/var/lib/m", "/home/me/out box"),
            [
                "StateDirectory=m",
                "# Before the first start: mkdir -p '/home/me/out box'",
                'ReadWritePaths="/home/me/out box"',
            ],
        ),
        (("/var/lib",), ["# Before the first start: mkdir -p /var/lib", "ReadWritePaths=/var/lib"]),
    ],
)
def test_the_services_may_write_where_they_must(folders: tuple[str, ...], lines: list[str]) -> None:
    """All is read-only but the store's folder and the outbox; systemd makes those in /var/lib."""
    settings = Portable((), {}, tuple(map(Path, folders)))
    for text in (
        service(Call(("/bin/masthead",), settings, "me", "a")),
        timer(Call(("/bin/masthead",), settings, "me", "a"), duration("1h")),
    ):
        assert "\nUser=me\n" in text
        assert "\nProtectSystem=strict\n" in text
        assert "\n" + "\n".join(lines) + "\n" in text


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose page has all five figures."""
    with serving() as running:
        running.answers["/"] = Answer(page())
        yield running


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


def told(*arguments: str, code: int = 0) -> str:
    """What the command prints."""
    done = CliRunner().invoke(masthead.app, arguments)
    assert done.exit_code == code, done.output
    return done.stdout


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


def test_systemd_prints_one_way_or_the_other() -> None:
    """The service of `up`, or a timer with its service; for the machine or for a user."""
    assert [path for path, _ in files(told("systemd"))] == ["/etc/systemd/system/masthead.service"]
    assert [path for path, _ in files(told("systemd", "--collect", "--user"))] == [
        "~/.config/systemd/user/masthead-collect.service",
        "~/.config/systemd/user/masthead-collect.timer",
    ]
    assert "User=" not in told("systemd", "--user")
