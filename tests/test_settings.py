"""Settings: defaults, file, environment and flags over each other, each with its origin."""

import tomllib
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_config_dir

from data.errors import UsageError
from data.settings import FILE_NAME, TABLES, Loaded, Settings, explain, keys, load


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config file of this machine is found."""
    monkeypatch.chdir(tmp_path)


HASH = f"$argon2id$v=19$m=65536,t=3,p=4${'a' * 22}${'b' * 43}"


def file(tmp_path: Path, text: str) -> Path:
    """A config file."""
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    return path


def told(loaded: Loaded) -> dict[str, tuple[str, str]]:
    """What ``masthead config`` tells: key → (value, origin)."""
    return {key: (value, origin) for key, value, origin in explain(loaded)}


def test_defaults() -> None:
    """Nothing set: local, careful defaults, all from 'default'."""
    loaded = load({}, {}, None)
    assert (loaded.settings.host, loaded.settings.port) == ("127.0.0.1", 8050)
    assert loaded.settings.database.endswith("masthead.db")
    assert list(loaded.settings.sources) == ["dapp_expert"]
    assert loaded.file is None
    assert loaded.settings.outbox == Path(user_config_dir("masthead", appauthor=False)) / "outbox"
    assert {origin for _, origin in told(loaded).values()} == {"default"}


def test_what_is_told_is_toml(tmp_path: Path) -> None:
    """Whatever a text holds, its line reads back as what was set."""
    loaded = load({"MASTHEAD_HOST": 'a"\\\x7f\x9b\u202e\U000e0001é'}, {}, None)
    lines = [f"{key} = {value}" for key, (value, _) in told(loaded).items()]
    assert tomllib.loads("\n".join(lines))["host"] == loaded.settings.host
    assert "".join(lines).isprintable()


def test_precedence(tmp_path: Path) -> None:
    """A flag beats the environment, that beats the file, that beats the default."""
    path = file(tmp_path, "port = 1\nhost = 'file'\nworkers = 3\n")
    environ = {"MASTHEAD_PORT": "2", "MASTHEAD_HOST": "environment"}
    loaded = load(environ, {"port": 3, "host": None}, path)
    shown = told(loaded)
    assert shown["port"] == ("3", "command line")
    assert shown["host"] == ('"environment"', "environment")
    assert shown["workers"] == ("3", str(path))
    assert shown["timeout"] == ('"30s"', "default")


@pytest.mark.parametrize(
    ("name", "given", "key", "expected"),
    [
        ("MASTHEAD_DATABASE", "sqlite:////x.db", "database", "sqlite:////x.db"),
        ("MASTHEAD_DATABASE_READ", "postgresql://b/x", "database_read", "postgresql://b/x"),
        ("MASTHEAD_OUTBOX", "/var/outbox", "outbox", Path("/var/outbox")),
        ("MASTHEAD_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("MASTHEAD_PORT", "80", "port", 80),
        ("MASTHEAD_WORKERS", "4", "workers", 4),
        ("MASTHEAD_PREFIX", "/masthead/", "prefix", "/masthead/"),
        ("MASTHEAD_PROXIES", "1", "proxies", 1),
        (
            "MASTHEAD_CORS",
            "https://a.example, http://[::1]:80",
            "cors",
            ("https://a.example", "http://[::1]:80"),
        ),
        ("MASTHEAD_PASSWORD", HASH, "password", HASH),
        ("MASTHEAD_PUBLIC", "yes", "public", True),
        ("MASTHEAD_CONTACT", "me@example.org", "contact", "me@example.org"),
        ("MASTHEAD_TIMEOUT", "5s", "timeout", timedelta(seconds=5)),
    ],
)
def test_environment(name: str, given: str, key: str, expected: Any) -> None:
    """Every key has its variable; an empty one counts as not set."""
    loaded = load({name: given}, {}, None)
    assert getattr(loaded.settings, key) == expected
    assert loaded.origins == {key: "environment"}
    assert load({name: ""}, {}, None).origins == {}


def test_every_key_is_tested_above() -> None:
    """A new key needs its line in the table of variables."""
    marks = test_environment.pytestmark
    rows = next(mark for mark in marks if mark.name == "parametrize").args[1]
    assert {row[2] for row in rows} == set(keys(Settings)) - set(TABLES)


def test_sources(tmp_path: Path) -> None:
    """A source's keys come from the file and from MASTHEAD_SOURCES__NAME__KEY."""
    path = file(tmp_path, '[sources.dapp_expert]\nurl = "https://dapp.expert/"\nevery = "1h"\n')
    environ = {
        "MASTHEAD_SOURCES__DAPP_EXPERT__EVERY": "15m",
        "MASTHEAD_SOURCES__DEFILLAMA__ENABLED": "false",
    }
    loaded = load(environ, {}, path)
    source = loaded.settings.sources["dapp_expert"]
    assert (source.url, source.every, source.enabled) == (
        "https://dapp.expert/",
        timedelta(minutes=15),
        True,
    )
    assert loaded.settings.sources["defillama"].enabled is False
    shown = told(loaded)
    assert shown["sources.dapp_expert.every"] == ('"15m"', "environment")
    assert shown["sources.dapp_expert.url"][1] == str(path)
    assert shown["sources.dapp_expert.enabled"] == ("true", "default")


def test_archives(tmp_path: Path) -> None:
    """Another address of an archive comes from the file or the environment, and is told."""
    path = file(tmp_path, '[archives]\nwayback = "http://mirror.example/"\n')
    environ = {"MASTHEAD_ARCHIVES__COMMONCRAWL_DATA": "http://127.0.0.1:1"}
    shown = told(load(environ, {}, path))
    assert shown["archives.wayback"] == ('"http://mirror.example/"', str(path))
    assert shown["archives.commoncrawl_data"] == ('"http://127.0.0.1:1"', "environment")
    assert shown["archives.commoncrawl_index"] == ('"https://index.commoncrawl.org"', "default")


def test_origins(tmp_path: Path) -> None:
    """Sites that may read are a list or one text with commas; told as TOML that is read back."""
    for given in ("['https://a.example', '*']", "'https://a.example,*'"):
        loaded = load({}, {}, file(tmp_path, f"cors = {given}\n"))
        assert loaded.settings.cors == ("https://a.example", "*")
        shown, _ = told(loaded)["cors"]
        assert tomllib.loads(f"cors = {shown}") == {"cors": ["https://a.example", "*"]}


@pytest.mark.parametrize(
    "given",
    [
        *("a.example", "https://a.example/", "https://A.example", "https://*.example", "null"),
        *("https://a.example\nhttps://b.example", "https://me@a.example", "https://a.example:x"),
    ],
)
def test_what_is_no_origin(given: str) -> None:
    """An origin that no browser ever sends would let nobody in, or somebody else."""
    with pytest.raises(UsageError, match=r"'cors' .* it must be a site as browsers name it, like "):
        load({}, {"cors": [given]}, None)


def test_where_the_file_is_found(tmp_path: Path) -> None:
    """--config beats MASTHEAD_CONFIG, that beats ./masthead.toml."""
    named, environ, here = (tmp_path / name for name in ("n.toml", "e.toml", FILE_NAME))
    for port, path in enumerate((named, environ, here), 1):
        path.write_text(f"port = {port}\n")
    variables = {"MASTHEAD_CONFIG": str(environ)}
    assert load(variables, {}, named).settings.port == 1
    assert load(variables, {}, None).settings.port == 2
    assert load({}, {}, None).settings.port == 3
    assert load({}, {}, None).file == here


def test_in_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no file, and it is no error."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert load({}, {}, None).file is None


def test_the_outbox_is_beside_the_config(tmp_path: Path) -> None:
    """Unsaid, the outbox is the folder beside the file in force; said, it is where it was said."""
    path = file(tmp_path, "")
    beside = told(load({}, {}, path))["outbox"]
    assert beside == (f'"{tmp_path}/outbox"', "default, beside the config file")
    assert told(load({"MASTHEAD_OUTBOX": "/o"}, {}, path))["outbox"] == ('"/o"', "environment")
    path.write_text("outbox = '/other'")
    assert told(load({}, {}, path))["outbox"] == ('"/other"', str(path))
    assert load({}, {}, Path("/dev/null")).settings.outbox == load({}, {}, None).settings.outbox


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file they start from its folder, elsewhere from the working folder."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "work").mkdir()
    file(tmp_path / "etc", "database = 'sqlite:///a/b.db?timeout=3'\noutbox = 'waiting'")
    monkeypatch.chdir(tmp_path / "work")
    settings = load({}, {}, Path("../etc/a.toml")).settings
    assert settings.database == f"sqlite:///{tmp_path}/work/../etc/a/b.db?timeout=3"
    assert settings.outbox == tmp_path / "work" / ".." / "etc" / "waiting"
    environ = {"MASTHEAD_DATABASE": "sqlite:///b.db", "MASTHEAD_OUTBOX": "o"}
    settings = load(environ, {}, None).settings
    assert settings.database == f"sqlite:///{tmp_path}/work/b.db"
    assert settings.outbox == tmp_path / "work" / "o"
    settings = load(environ, {"database": "sqlite:///c.db"}, None).settings
    assert settings.database == f"sqlite:///{tmp_path}/work/c.db"


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("databse = 'x'", {}, r"'databse' \(from .*a\.toml\) is not known"),
        (
            "[sources.dapp_expert]\nevry = '1h'",
            {},
            r"'sources\.dapp_expert\.evry' \(from .*a\.toml",
        ),
        ("", {"MASTHEAD_DATABSE": "x"}, r"'databse' \(from environment\) is not known"),
        ("port = 0", {}, r"'port' \(from .*a\.toml\) cannot be used"),
        ("port = 1", {"MASTHEAD_PORT": "http"}, r"'port' \(from environment\) cannot be used"),
        (
            "[sources.portal]\nurl = 'https://x'",
            {"MASTHEAD_PORT": "0"},
            r"'port' \(from environment\)",
        ),
        ("timeout = '1 hour'", {}, r"'timeout' \(from .*a\.toml\).*'1 hour' is not a duration"),
        ("timeout = 30", {}, "'timeout'.* is not a duration"),
        (
            "[sources.dapp_expert]\nurl = 'ftp://x'",
            {},
            r"'sources\.dapp_expert\.url' \(from .*a\.t",
        ),
        ("[archives]\nwayback = 'ftp://x'", {}, r"'archives\.wayback' \(from .*a\.toml\)"),
        ("sources = 5", {}, r"'sources' \(from .*a\.toml\)"),
        ("[database]\nurl = 'x'", {}, r"'database' \(from .*a\.toml\)"),
        ('contact = "a\\nb"', {}, "'contact'"),
        ("port = ", {}, r"a\.toml is not TOML: Invalid value"),
        ("port = 1\nport = 2", {}, r"a\.toml is not TOML"),
        ("outbox = 'json://u:pw@h'", {}, "^The setting 'outbox' is an address: it must be a fold"),
        ("", {"MASTHEAD_HOST": "a\udcff"}, "^The variable 'MASTHEAD_HOST' is not in UTF-8"),
        ("", {"MASTHEAD_OUTBOX": "json://u:pw@h"}, "^The setting 'outbox' is an address: it must"),
    ],
)
def test_bad_settings(tmp_path: Path, text: str, environ: Mapping[str, str], message: str) -> None:
    """What is unknown or cannot be used is named with the place it comes from."""
    with pytest.raises(UsageError, match=message):
        load(environ, {}, file(tmp_path, text))


def test_missing_file(tmp_path: Path) -> None:
    """A config that was named and is not there is an error, not the defaults."""
    for environ, named in (({}, tmp_path / "no.toml"), ({"MASTHEAD_CONFIG": "no.toml"}, None)):
        with pytest.raises(UsageError, match=r"no\.toml cannot be read"):
            load(environ, {}, named)


def test_not_utf_8(tmp_path: Path) -> None:
    """A file in another encoding is named."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"host = '\xff'")
    with pytest.raises(UsageError, match=r"a\.toml is not TOML"):
        load({}, {}, path)


def test_no_password_is_told() -> None:
    """The settings in force are shown without passwords, of the database and of sources."""
    environ = {
        "MASTHEAD_DATABASE": "postgresql://me:s3cret@db/masthead?password=s3cret",
        "MASTHEAD_DATABASE_READ": "postgresql://me:s3cret@db2/masthead",
        "MASTHEAD_SOURCES__DAPP_EXPERT__URL": "https://me:s3cret@dapp.expert/",
    }
    shown = told(load(environ, {}, None))
    assert "s3cret" not in str(shown)
    assert shown["database_read"] == ('"postgresql://me:***@db2/masthead"', "environment")
    assert shown["sources.dapp_expert.url"][0].endswith('@dapp.expert/"')


def test_pages_read_the_database_unless_told() -> None:
    """Without an address of its own, what pages read is the store; and it is shown so."""
    loaded = load({"MASTHEAD_DATABASE": "sqlite:////x.db"}, {}, None)
    assert loaded.settings.reads == "sqlite:////x.db"
    assert told(loaded)["database_read"] == ('"sqlite:////x.db"', "default")


def test_a_store_named_for_this_once_is_what_pages_read(tmp_path: Path) -> None:
    """``--database`` stands in for both addresses; the environment's only for its own."""
    path = file(tmp_path, "database_read = 'sqlite:////copy.db'")
    assert load({}, {"database": "sqlite:////x.db"}, path).settings.reads == "sqlite:////x.db"
    environ = {"MASTHEAD_DATABASE": "sqlite:////x.db"}
    assert load(environ, {"database": None}, path).settings.reads == "sqlite:////copy.db"


def test_an_address_to_read_that_is_none(tmp_path: Path) -> None:
    """It is refused by its own name, when the settings are read."""
    path = file(tmp_path, "database_read = 'mysql://root@db/masthead'")
    with pytest.raises(UsageError, match="'database_read' asks for mysql"):
        load({}, {}, path)


def test_frozen() -> None:
    """Settings do not change once built."""
    with pytest.raises(FrozenInstanceError):
        load({}, {}, None).settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 3_000, "is no config: its lists have no end"),
        (".".join("a" * 1_000) + " = 1", r"The setting 'a\.a\..*' is not known"),
        ("port = " + "9" * 5_000, "is not TOML: Exceeds the limit"),
        ("timeout = 'postgresql://me:s3cret@host/db'", r"//me:\*\*\*/db. is not a duration"),
        ("timeout = 'postgresql://me:s3cret'", r"//me:\*\*\*' is not a duration"),
    ],
)
def test_hostile_files(tmp_path: Path, text: str, message: str) -> None:
    """What has no end is told in a sentence, as is an address at the wrong place: no password."""
    with pytest.raises(UsageError, match=message) as raised:
        load({}, {}, file(tmp_path, text))
    assert "s3cret" not in str(raised.value)
    assert len(str(raised.value)) <= 1_000


def test_no_password_is_told_wherever_it_stands(tmp_path: Path) -> None:
    """An address with a password in a setting that takes any text is shown without it."""
    path = file(tmp_path, "host = 'postgresql://me:s3cret@host/db'\n")
    assert told(load({}, {}, path))["host"][0] == '"postgresql://***@host/db"'
    for outbox in ("http://me:s3cret@host", "x/http:/me:s3cret@host"):
        with pytest.raises(UsageError) as caught:
            load({}, {}, file(tmp_path, f"outbox = '{outbox}'\n"))
        assert (
            str(caught.value) == "The setting 'outbox' is an address: it must be a folder's path."
        )
