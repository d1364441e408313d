"""The settings in force as words that mean the same in any folder and environment."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from data.engine import parse_url
from data.errors import UsageError
from data.secrets import bare
from data.settings import ADDRESSES, COMMAND_LINE, ENVIRONMENT, PREFIX, Loaded, leaves
from data.times import shown_duration

_HERE: Final = (ENVIRONMENT, COMMAND_LINE)
"""The places of a setting that cron and systemd do not see."""


@dataclass(frozen=True, slots=True)
class Portable:
    """What to say before the command, and the folders it writes to."""

    options: tuple[str, ...]
    environ: Mapping[str, str]
    """``MASTHEAD_…`` variables for what neither the config file nor an option says."""
    folders: tuple[Path, ...]


def portable(loaded: Loaded) -> Portable:
    """What gives the same settings from an empty environment; the config file stays the source.

    Where there is no file, none may be found: a job's working folder is another one than ours.
    Raises UsageError for a password that would have to stand in the open.
    """
    settings, origins = loaded.settings, loaded.origins
    options = ["--config", str(loaded.file.absolute()) if loaded.file else os.devnull]
    environ: dict[str, str] = {}
    if origins.get("database", ENVIRONMENT) in _HERE:
        if settings.database_read is None:
            options += ["--database", settings.database]
        else:
            # The option would also stand in for what pages read.
            environ[f"{PREFIX}DATABASE"] = settings.database
    if "outbox" not in origins:
        environ[f"{PREFIX}OUTBOX"] = str(settings.outbox)
    for path, value in leaves(asdict(settings)):
        origin = origins.get(".".join(path))
        if origin not in _HERE:
            continue
        if is_secret(path, value):
            raise UsageError(
                f"The setting {'.'.join(path)!r} (from {origin}) holds a password, which everyone "
                "could read in the printed lines: put it into a config file that only you can read."
            )
        if path != ("database",):
            environ[PREFIX + "__".join(path).upper()] = _text(value)
    return Portable(tuple(options), environ, _folders(loaded))


def is_secret(path: tuple[str, ...], value: Any) -> bool:
    """Whether this value of a setting is, or holds, what nobody else may read."""
    if path in (("alerts", "to"), ("password",)):
        return bool(value)
    if path[0] not in ADDRESSES:
        texts = value if isinstance(value, tuple) else (value,)
        return any(isinstance(text, str) and bare(text) != text for text in texts)
    return value is not None and parse_url(value).has_password


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return shown_duration(value) if isinstance(value, timedelta) else str(value)


def _folders(loaded: Loaded) -> tuple[Path, ...]:
    """Where SQLite keeps its files and snapshots wait; one that holds another says it all.

    Who reads a SQLite file writes beside it.
    """
    urls = [parse_url(url) for url in (loaded.settings.database, loaded.settings.reads)]
    files = [Path(str(url.database)).parent for url in urls if url.drivername == "sqlite"]
    wanted = list(dict.fromkeys([*files, loaded.settings.outbox]))
    return tuple(
        one for one in wanted if not any(one != up and one.is_relative_to(up) for up in wanted)
    )
