"""When others start the runs: how often, and the text of a crontab line."""

import os
import pwd
import re
import shlex
import socket
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from zlib import crc32

from data.errors import UsageError
from data.portable import Portable, portable
from data.settings import Loaded
from data.times import shown_duration

MINUTE: Final = timedelta(minutes=1)
TRIES: Final = 3
"""A slot that has its snapshot costs nothing, so a site that is away a while is asked again."""
STEPS: Final = (60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1)
"""Minutes between two tries: what divides an hour, so that each hour looks the same."""
LONGEST: Final = 998
"""Cron daemons cut a command at 1,000 bytes."""


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


def this_program(loaded: Loaded) -> Call:
    """This very program by its absolute path, by whom and on which machine. Raises UsageError."""
    script = Path(sys.executable).with_name("masthead")
    known = os.access(script, os.X_OK)
    program = (str(script),) if known else (sys.executable, "-m", "masthead")
    user = pwd.getpwuid(os.getuid()).pw_name
    return Call(program, portable(loaded), user, socket.gethostname())


def crontab(call: Call, every: timedelta) -> str:
    """A comment and one line; ``every`` is the shortest slot of all sources. Raises UsageError."""
    given = [f"{name}={shlex.quote(text)}" for name, text in call.settings.environ.items()]
    command = " ".join([*given, shlex.join(call.words("collect"))])
    # No two cron daemons agree on a backslash, and what is no text cannot be printed; a bare % ends
    # the command in all of them.
    if odd := re.search(r"[\x00-\x1f\x7f\\\ud800-\udfff]", command):
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
    step, first = minutes(call, every)
    field = "*" if step == 1 else f"{first}" if step == 60 else f"{first}-59/{step}"
    return f"# Masthead: {rhythm(step, every)}\n{field} * * * * {command}\n"


def minutes(call: Call, every: timedelta) -> tuple[int, int]:
    """How many minutes lie between two tries, and the first of each hour.

    The first follows from the machine and its settings, so that not all the world asks at :00.
    Raises UsageError for slots of less than a minute.
    """
    if every < MINUTE:
        raise UsageError(
            f"A source is to be read every {shown_duration(every)}, and a timetable's finest step "
            "is a minute: use 'masthead schedule' or 'masthead up'."
        )
    step = next(step for step in STEPS if step <= max(1, every / MINUTE / TRIES))
    seed = "\0".join((call.host, *call.settings.options)).encode()
    return step, 1 + crc32(seed) % (step - 1) if step > 1 else 0


def rhythm(step: int, every: timedelta) -> str:
    """How often, in words."""
    often = "each minute" if step == 1 else f"every {step} minutes"
    return f"a try {often}, one snapshot per slot of {shown_duration(every)}"
