"""The text of systemd units: the main job as a service, and a timer that collects."""

import re
import shlex
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from collectors.timetable import Call, minutes, rhythm
from data.errors import UsageError

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
    step, first = minutes(call, every)
    field = "*" if step == 1 else f"{first:02}" if step == 60 else f"{first:02}/{step}"
    lines = [
        *_head("masthead-collect.service", "Masthead: one snapshot of each source", of_user),
        "",
        "[Service]",
        "Type=oneshot",
        *_process(call, "collect", of_user),
        "",
        _path("masthead-collect.timer", of_user),
        "[Unit]",
        f"Description=Masthead: {rhythm(step, every)}",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* *:{field}:00",
        f"RandomizedDelaySec={SPREAD_S}",
        "AccuracySec=1",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


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
    if odd := re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", text):
        raise UsageError(f"A path or setting holds {odd[0]!r}, which no unit can carry: rename it.")
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("%", "%%")
    return escaped if re.fullmatch(r"[\w@%+=:,./$-]+", escaped, re.ASCII) else f'"{escaped}"'
