"""The systemd units, as systemd itself reads them."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.timetable import Call, crontab
from collectors.units import service, timer
from data.errors import UsageError
from data.portable import Portable
from data.times import duration
from tests import machine
from tests.calls import ODD, call, minutes_of, odd_call, told


@pytest.fixture
def echo(tmp_path: Path) -> Call:
    """A call of a program that prints its words and variables, all of them odd."""
    return odd_call(tmp_path)


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


def test_what_systemd_cannot_do_is_refused() -> None:
    """Nor is a unit: a name with a line end, a quoted program, a timer finer than a minute."""
    with pytest.raises(UsageError, match="which no unit can carry"):
        service(call("--config", "/a\nb"))
    with pytest.raises(UsageError, match="which no unit can carry"):
        service(call("--config", "/a\udcff"))
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


def test_systemd_prints_one_way_or_the_other() -> None:
    """The service of `up`, or a timer with its service; for the machine or for a user."""
    assert [path for path, _ in files(told("systemd"))] == ["/etc/systemd/system/masthead.service"]
    assert [path for path, _ in files(told("systemd", "--collect", "--user"))] == [
        "~/.config/systemd/user/masthead-collect.service",
        "~/.config/systemd/user/masthead-collect.timer",
    ]
    assert "User=" not in told("systemd", "--user")
