"""One frozen settings object, built once from defaults, a TOML file, the environment and flags."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from platformdirs import PlatformDirs

from data.checked import Form, UnfitError, build, limited
from data.disk import is_file
from data.engine import anchored, parse_url, sqlite_url
from data.errors import UsageError
from data.harmless import is_text
from data.password import unfit
from data.rules import AlertSettings, names, rule_keys
from data.secrets import MASK, bare, bare_within, is_address
from data.times import shown_duration

PREFIX: Final = "MASTHEAD_"
FILE_NAME: Final = "masthead.toml"
OUTBOX: Final = "outbox"
ENVIRONMENT: Final = "environment"
COMMAND_LINE: Final = "command line"
BESIDE: Final = "default, beside the config file"
ADDRESSES: Final = ("database", "database_read")
TABLES: Final = ("alerts", "archives", "sources")
"""Keys that hold further keys."""
WEB: Final = Form(r"^https?://", "an address that begins with http:// or https://")
PLAIN: Final = Form(r"^[\x20-\x7e]*\Z", "one line of plain letters, digits and signs (ASCII)")
ORIGIN: Final = Form(
    r"^(\*|https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?)\Z",
    "a site as browsers name it, like https://example.org or http://10.0.0.1:8000, or '*' for any",
)
BELOW: Final = Form(
    r"^/([A-Za-z0-9._~-]*[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*\Z",
    "a path as browsers keep it, which begins and ends in a slash, like /masthead/",
)
DEEPEST: Final = 10
"""Keys above one another, twice what any setting has."""
_FOLDERS: Final = PlatformDirs("masthead", appauthor=False)

Tree = dict[str, Any]
"""Settings by key, tables as trees."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What can be set of one source; None: the collector's own default."""

    enabled: bool = True
    url: str | None = limited(None, form=WEB)
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Where the archives answer: another address for a mirror."""

    wayback: str = limited("https://web.archive.org", form=WEB)
    commoncrawl_index: str = limited("https://index.commoncrawl.org", form=WEB)
    commoncrawl_data: str = limited("https://data.commoncrawl.org", form=WEB)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    database: str = sqlite_url(Path(_FOLDERS.user_data_dir) / "masthead.db")
    database_read: str | None = None
    outbox: Path = Path(_FOLDERS.user_config_dir) / OUTBOX
    host: str = "127.0.0.1"
    port: int = limited(8050, low=1, high=65535)
    workers: int = limited(2, low=1, high=64)
    prefix: str = limited("/", form=BELOW, longest=100)
    proxies: int = limited(0, low=0, high=9)
    password: str | None = field(default=None, repr=False)
    """The hash of the page's password."""
    public: bool = False
    """Whether others may read the page without one."""
    cors: tuple[str, ...] = limited((), form=ORIGIN)
    contact: str = limited("", form=PLAIN, longest=200)
    timeout: timedelta = timedelta(seconds=30)
    alerts: AlertSettings = field(default_factory=AlertSettings)
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

    def judge(self) -> None:
        """Raise UnfitError for no password's hash, and for a rule about an uncollected source."""
        if self.password is not None and (why := unfit(self.password)):
            raise UnfitError(("password",), why)
        for name, rule in self.alerts.rules.items():
            if rule.source is not None and rule.source not in self.enabled:
                there = ", ".join(self.enabled) or "none"
                reason = f"{rule.source[:40]!r} is not collected: there is {there}"
                raise UnfitError(("alerts", "rules", name, "source"), reason)


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
    file's folder where the file gives them, else from the working folder. A ``database`` among the
    flags is also what pages read. Raises UsageError.
    """
    path = file or _find(environ)
    tree: Tree = {"sources": {"dapp_expert": {}}}
    origins: dict[str, str] = {}
    beside = path.absolute().parent if path and is_file(path) else None
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
    if flags.get("database") is not None:
        # Who names a store for this once wants to see that one.
        tree.pop("database_read", None)
        origins.pop("database_read", None)
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
            yield key, _toml(_shown(key, value)), loaded.origins.get(key, "default")
    yield (
        "alerts.to",
        _toml(tuple(names(settings.alerts.to))),
        loaded.origins.get("alerts.to", "default"),
    )
    for name, rule in settings.alerts.rules.items():
        for key in rule_keys():
            path = f"alerts.rules.{name}.{key}"
            if path in loaded.origins:
                yield path, _toml(_shown(key, getattr(rule, key))), loaded.origins[path]
    for key in keys(ArchiveSettings):
        path = f"archives.{key}"
        yield (
            path,
            _toml(_shown(key, getattr(settings.archives, key))),
            loaded.origins.get(path, "default"),
        )
    for name, source in settings.sources.items():
        for key in keys(SourceSettings):
            path = f"sources.{name}.{key}"
            value = getattr(source, key)
            value = defaults.get(name, {}).get(key) if value is None else value
            if value is not None:
                yield path, _toml(_shown(key, value)), loaded.origins.get(path, "default")


def keys(kind: type) -> list[str]:
    """The keys that can be set, in their order."""
    return [one.name for one in fields(kind)]


def _shown(key: str, value: Any) -> Any:
    if key in ADDRESSES:
        return parse_url(value).shown
    if key == "password":
        return MASK if value else ""
    if isinstance(value, tuple):
        return tuple(_shown(key, one) for one in value)
    return bare(value) if isinstance(value, str) else value


def _toml(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    text = shown_duration(value) if isinstance(value, timedelta) else str(value)
    # Bytes of a path that are no text are shown as question marks.
    said = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
    # What JSON leaves as it is, and TOML refuses or a terminal heeds.
    return "".join(one if one.isprintable() else _escaped(one) for one in said)


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 2**16 else f"\\U{ord(sign):08x}"


def _anchored(layer: Tree, folder: Path) -> Tree:
    """The layer with its paths absolute: they must not depend on who reads them from where."""
    found = dict(layer)
    for key in ADDRESSES:
        if isinstance(found.get(key), str):
            found[key] = anchored(found[key], folder)
    if isinstance(found.get("outbox"), str):
        if is_address(found["outbox"]):
            # As a path it would be shown everywhere, with a password that stands in it.
            raise UsageError("The setting 'outbox' is an address: it must be a folder's path.")
        found["outbox"] = (folder / found["outbox"]).absolute()
    return found


def _find(environ: Mapping[str, str]) -> Path | None:
    if environ.get(f"{PREFIX}CONFIG"):
        return Path(environ[f"{PREFIX}CONFIG"])
    places = (Path(FILE_NAME), Path(_FOLDERS.user_config_dir) / FILE_NAME)
    # Whoever stands in a folder that is gone has no file there, and no path to it.
    return next((place.absolute() for place in places if is_file(place)), None)


def _read(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The config {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # of TOML, of UTF-8, or of a number of thousands of digits
        raise UsageError(f"The config {path} is not TOML: {error}.") from None
    except RecursionError:
        raise UsageError(f"The config {path} is no config: its lists have no end.") from None


def _from_environment(environ: Mapping[str, str]) -> Tree:
    """``MASTHEAD_DATABASE`` is ``database``, ``MASTHEAD_SOURCES__X__URL`` is ``sources.x.url``.

    Raises UsageError.
    """
    tree: Tree = {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG" and value != "":
            if not is_text(name + value):
                raise UsageError(f"The variable {name[:40]!a} is not in UTF-8.")
            _put(tree, name.removeprefix(PREFIX).lower().split("__"), value)
    return tree


def leaves(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting of the tree as (path of keys, value). Raises UsageError for an endless one."""
    if len(path) > DEEPEST:
        raise UsageError(f"The setting {'.'.join(path)!r} is not known: see 'masthead config'.")
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
    # Whatever stands at the wrong place may be an address with a password, whole or cut.
    reason = bare_within(str(error).rstrip("."))
    return f"The setting {key!r} (from {origin}) cannot be used: {reason}."
