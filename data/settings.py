"""One frozen settings object, built once from defaults, a TOML file, the environment and flags."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from platformdirs import PlatformDirs

from data.checked import UnfitError, build, limited
from data.engine import anchored, parse_url, sqlite_url
from data.errors import UsageError
from data.times import shown_duration

PREFIX: Final = "MASTHEAD_"
FILE_NAME: Final = "masthead.toml"
OUTBOX: Final = "outbox"
ENVIRONMENT: Final = "environment"
COMMAND_LINE: Final = "command line"
BESIDE: Final = "default, beside the config file"
ADDRESSES: Final = ("database", "database_read")
TABLES: Final = ("archives", "sources")
"""Keys that hold further keys."""
ORIGIN: Final = r"^(\*|https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?)\Z"
"""A site as browsers name it: scheme, host and port, nothing behind them; or any."""
PASSWORD: Final = re.compile(r"(//[^/:@]*):[^/@]*@")
_FOLDERS: Final = PlatformDirs("masthead", appauthor=False)

Tree = dict[str, Any]
"""Settings by key, tables as trees."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What can be set of one source; None: the collector's own default."""

    enabled: bool = True
    url: str | None = limited(None, pattern=r"^https?://")
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Where the archives answer: another address for a mirror."""

    wayback: str = limited("https://web.archive.org", pattern=r"^https?://")
    commoncrawl_index: str = limited("https://index.commoncrawl.org", pattern=r"^https?://")
    commoncrawl_data: str = limited("https://data.commoncrawl.org", pattern=r"^https?://")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    database: str = sqlite_url(Path(_FOLDERS.user_data_dir) / "masthead.db")
    database_read: str | None = None
    outbox: Path = Path(_FOLDERS.user_config_dir) / OUTBOX
    host: str = "127.0.0.1"
    port: int = limited(8050, low=1, high=65535)
    workers: int = limited(2, low=1, high=64)
    cors: tuple[str, ...] = limited((), pattern=ORIGIN)
    contact: str = limited("", pattern=r"^[\x20-\x7e]*\Z", longest=200)
    timeout: timedelta = timedelta(seconds=30)
    archives: ArchiveSettings = ArchiveSettings()
    sources: dict[str, SourceSettings] = field(
        default_factory=lambda: {"dapp_expert": SourceSettings()}
    )

    @property
    def reads(self) -> str:
        """The address of the store that pages read."""
        return self.database_read or self.database

    @property
    def enabled(self) -> list[str]:
        """The sources that are collected."""
        return [name for name, source in self.sources.items() if source.enabled]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and for every key that was set the place that set it."""

    settings: Settings
    origins: Mapping[str, str]
    file: Path | None


def load(environ: Mapping[str, str], flags: Mapping[str, Any], file: Path | None) -> Loaded:
    """Lay defaults, file, environment and flags over each other, in this order.

    ``file`` is the one named with ``--config``; without it the first of ``MASTHEAD_CONFIG``,
    ``./masthead.toml`` and the user's config folder is read. Relative paths are taken from the
    file's folder where the file gives them, else from the working folder. Raises UsageError.
    """
    path = file or _find(environ)
    tree: Tree = {"sources": {"dapp_expert": {}}}
    origins: dict[str, str] = {}
    beside = path.absolute().parent if path and path.is_file() else None
    if beside:
        tree["outbox"], origins["outbox"] = beside / OUTBOX, BESIDE
    layers = [
        (str(path), _anchored(_read(path), beside or Path()) if path else {}),
        (ENVIRONMENT, _anchored(_from_environment(environ), Path())),
        (COMMAND_LINE, _anchored({k: v for k, v in flags.items() if v is not None}, Path())),
    ]
    for name, layer in layers:
        for key, value in leaves(layer):
            _put(tree, key, value)
            origins[".".join(key)] = name
    try:
        settings = build(Settings, tree)
    except UnfitError as error:
        raise UsageError(_sentence(error, origins)) from None
    if settings.database_read is not None:
        parse_url(settings.database_read, "database_read")
    return Loaded(settings, origins, path)


def explain(
    loaded: Loaded, defaults: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> Iterator[tuple[str, str, str]]:
    """Every setting as (key, value in TOML, the place it comes from); no password is shown.

    ``defaults`` gives, by source, what its collector takes where nothing is set.
    """
    settings = loaded.settings
    for key in keys(Settings):
        if key not in TABLES:
            value = settings.reads if key == "database_read" else getattr(settings, key)
            shown = parse_url(value).shown if key in ADDRESSES else value
            yield key, _toml(shown), loaded.origins.get(key, "default")
    for key in keys(ArchiveSettings):
        path = f"archives.{key}"
        yield path, _toml(getattr(settings.archives, key)), loaded.origins.get(path, "default")
    for name, source in settings.sources.items():
        for key in keys(SourceSettings):
            path = f"sources.{name}.{key}"
            value = getattr(source, key)
            value = defaults.get(name, {}).get(key) if value is None else value
            if value is not None:
                shown = PASSWORD.sub(r"\1:***@", value) if key == "url" else value
                yield path, _toml(shown), loaded.origins.get(path, "default")


def keys(kind: type) -> list[str]:
    """The keys that can be set, in their order."""
    return [one.name for one in fields(kind)]


def _toml(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    text = shown_duration(value) if isinstance(value, timedelta) else str(value)
    return json.dumps(text, ensure_ascii=False)


def _anchored(layer: Tree, folder: Path) -> Tree:
    """The layer with its paths absolute: they must not depend on who reads them from where."""
    found = dict(layer)
    for key in ADDRESSES:
        if isinstance(found.get(key), str):
            found[key] = anchored(found[key], folder)
    if isinstance(found.get("outbox"), str):
        found["outbox"] = (folder / found["outbox"]).absolute()
    return found


def _find(environ: Mapping[str, str]) -> Path | None:
    if environ.get(f"{PREFIX}CONFIG"):
        return Path(environ[f"{PREFIX}CONFIG"])
    places = (Path.cwd() / FILE_NAME, Path(_FOLDERS.user_config_dir) / FILE_NAME)
    return next((place for place in places if place.is_file()), None)


def _read(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The config {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The config {path} is not TOML: {error}.") from None


def _from_environment(environ: Mapping[str, str]) -> Tree:
    """``MASTHEAD_DATABASE`` is ``database``, ``MASTHEAD_SOURCES__X__URL`` is ``sources.x.url``."""
    tree: Tree = {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG" and value != "":
            _put(tree, name.removeprefix(PREFIX).lower().split("__"), value)
    return tree


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting of the tree as (path of keys, value)."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _put(tree: Tree, path: tuple[str, ...] | list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        below = tree.get(parent)
        tree = tree.setdefault(parent, {}) if isinstance(below, dict | None) else {}
    if isinstance(value, dict) and isinstance(tree.get(last), dict):
        return
    tree[last] = value


def _sentence(error: UnfitError, origins: Mapping[str, str]) -> str:
    key = ".".join(error.path)
    below = (origins[name] for name in origins if name.startswith(f"{key}."))
    origin = origins.get(key) or next(below, "the defaults")
    if not error.known:
        return f"The setting {key!r} (from {origin}) is not known: see 'masthead config'."
    reason = str(error).rstrip(".")
    return f"The setting {key!r} (from {origin}) cannot be used: {reason}."
