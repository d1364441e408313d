"""When others start the runs: the text of a crontab line and of systemd units."""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from zlib import crc32

from data.errors import UsageError
from data.portable import Portable
from data.times import shown_duration

MINUTE: Final = timedelta(minutes=1)
TRIES: Final = 3
"""A slot that has its snapshot costs nothing, so a site that is away a while is asked again."""
STEPS: Final = (60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1)
"""Minutes between two tries: what divides an hour, so that each hour looks the same."""
LONGEST: Final = 998
"""Cron daemons cut a command at 1,000 bytes."""
STATE: Final = Path("/var/lib")
STOP_S: Final = 15
"""More than the ten seconds that `up` itself leaves its children."""
SPREAD_S: Final = 20
"""So little that a try never slips into the next minute, which may be the next slot."""

HARDENING: Final = (
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectControlGroups=yes",
    "ProtectKernelTunables=yes",
    "ProtectSystem=strict",
    "RestrictSUIDSGID=yes",
)


@dataclass(frozen=True, slots=True)
class Call:
    """How a job that knows nothing of us calls this very program."""

    program: tuple[str, ...]
    settings: Portable
    user: str
    host: str

    def words(self, command: str) -> list[str]:
        """The program, its options and the command."""
        return [*self.program, *self.settings.options, command]


def crontab(call: Call, every: timedelta) -> str:
    """A comment and one line; ``every`` is the shortest slot of all sources. Raises UsageError."""
    given = [f"{name}={shlex.quote(text)}" for name, text in call.settings.environ.items()]
    command = " ".join([*given, shlex.join(call.words("collect"))])
    # No two cron daemons agree on a backslash; a bare % ends the command in all of them.
    if odd := re.search(r"[\x00-\x1f\x7f\\]", command):
        raise UsageError(
            f"A path or setting holds {odd[0]!r}, which no crontab can carry: rename it, or use "
            "'masthead schedule'."
        )
    command = command.replace("%", r"\%")
    if len(command.encode()) > LONGEST:
        raise UsageError(
            f"The crontab line would have more than {LONGEST} bytes, where cron cuts it: put the "
            "settings into a config file."
        )
    step, first = _minutes(call, every)
    minutes = "*" if step == 1 else f"{first}" if step == 60 else f"{first}-59/{step}"
    return f"# Masthead: {_rhythm(step, every)}\n{minutes} * * * * {command}\n"


def service(call: Call, *, of_user: bool = False) -> str:
    """The unit of ``masthead up``, after a line with its path. Raises UsageError."""
    lines = [
        *_head("masthead.service", "Masthead: scheduler and page", of_user),
        "",
        "[Service]",
        "Type=exec",
        *_process(call, "up", of_user),
        "Restart=on-failure",
        "RestartSec=5",
        "# 2 is a setting that cannot be used: a second start would not mend it.",
        "RestartPreventExitStatus=2",
        "KillMode=mixed",
        f"TimeoutStopSec={STOP_S}",
        "",
        "[Install]",
        f"WantedBy={'default' if of_user else 'multi-user'}.target",
    ]
    return "\n".join(lines) + "\n"


def timer(call: Call, every: timedelta, *, of_user: bool = False) -> str:
    """The units that run ``masthead collect`` often enough for ``every``. Raises UsageError."""
    step, first = _minutes(call, every)
    minutes = "*" if step == 1 else f"{first:02}" if step == 60 else f"{first:02}/{step}"
    lines = [
        *_head("masthead-collect.service", "Masthead: one snapshot of each source", of_user),
        "",
        "[Service]",
        "Type=oneshot",
        *_process(call, "collect", of_user),
        "",
        _path("masthead-collect.timer", of_user),
        "[Unit]",
        f"Description=Masthead: {_rhythm(step, every)}",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* *:{minutes}:00",
        f"RandomizedDelaySec={SPREAD_S}",
        "AccuracySec=1",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _minutes(call: Call, every: timedelta) -> tuple[int, int]:
    """How many minutes lie between two tries, and the first of each hour.

    The first follows from the machine and its settings, so that not all the world asks at :00.
    """
    if every < MINUTE:
        raise UsageError(
            f"A source is to be read every {shown_duration(every)}, and a timetable's finest step "
            "is a minute: use 'masthead schedule' or 'masthead up'."
        )
    step = next(step for step in STEPS if step <= max(1, every / MINUTE / TRIES))
    seed = "\0".join((call.host, *call.settings.options)).encode()
    return step, 1 + crc32(seed) % (step - 1) if step > 1 else 0


def _rhythm(step: int, every: timedelta) -> str:
    often = "each minute" if step == 1 else f"every {step} minutes"
    return f"a try {often}, one snapshot per slot of {shown_duration(every)}"


def _path(name: str, of_user: bool) -> str:
    return f"# {'~/.config/systemd/user' if of_user else '/etc/systemd/system'}/{name}"


def _head(name: str, description: str, of_user: bool) -> list[str]:
    # A user's systemd knows no network-online.target.
    network = ["After=network-online.target", "Wants=network-online.target"]
    lines = [_path(name, of_user), "[Unit]", f"Description={description}"]
    return lines if of_user else lines + network


def _process(call: Call, command: str, of_user: bool) -> list[str]:
    """What both services say of the process; a user's systemd can harden little."""
    program, *arguments = call.words(command)
    if odd := re.search(r"[\\'\"]", program):
        raise UsageError(
            f"The program's path {program} holds {odd[0]}, which systemd does not start: install "
            "Masthead into another folder."
        )
    start = [_word(program), *(_word(word.replace("$", "$$")) for word in arguments)]
    given = [_word(f"{name}={text}") for name, text in call.settings.environ.items()]
    lines = [*(f"Environment={word}" for word in given), f"ExecStart={' '.join(start)}"]
    if of_user:
        return [*lines, "NoNewPrivileges=yes"]
    return [f"User={call.user}", *lines, *HARDENING, *_writable(call.settings.folders)]


def _writable(folders: Iterable[Path]) -> list[str]:
    """What stays writable: systemd makes what is below /var/lib, the rest must be there."""
    ours = [path for path in folders if path.is_relative_to(STATE) and path != STATE]
    states = dict.fromkeys(_word(path.relative_to(STATE).parts[0]) for path in ours)
    others = [path for path in folders if path not in ours]
    lines = [f"StateDirectory={' '.join(states)}"] if states else []
    if others:
        lines.append(f"# Before the first start: mkdir -p {shlex.join(map(str, others))}")
        lines.append(f"ReadWritePaths={' '.join(_word(str(path)) for path in others)}")
    return lines


def _word(text: str) -> str:
    """One word of a unit file, as systemd unquotes it. Raises UsageError."""
    if odd := re.search(r"[\x00-\x1f\x7f]", text):
        raise UsageError(f"A path or setting holds {odd[0]!r}, which no unit can carry: rename it.")
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%")
    return escaped if re.fullmatch(r"[\w@%+=:,./$-]+", escaped, re.ASCII) else f'"{escaped}"'
