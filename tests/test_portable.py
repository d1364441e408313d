"""The settings in force, said again for a job that has neither our folder nor our variables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from data.errors import UsageError
from data.portable import Portable, portable
from data.settings import Loaded, load


def elsewhere(found: Portable, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """The settings of a job in ``folder`` that was given no more than what was printed."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    words = iter(found.options)
    options = dict(zip(words, words, strict=True))
    return load(found.environ, {"database": options.get("--database")}, Path(options["--config"]))


@pytest.mark.parametrize(
    ("config", "environ", "flags"),
    [
        ("", {}, {}),
        ("port = 1", {}, {}),
        ("database = 'sqlite:///a/b.db'\noutbox = 'waiting'", {}, {}),
        ("database = 'sqlite:///a/b.db'", {"MASTHEAD_DATABASE": "sqlite:///other 50%25.db"}, {}),
        ("database = 'sqlite:///a/b.db'", {}, {"database": "sqlite:///flag.db"}),
        ("database = 'postgresql://me:secret@db/history'", {}, {}),
        ("", {"MASTHEAD_DATABASE_READ": "sqlite:///copy.db"}, {}),
        ("database_read = 'sqlite:///copy.db'", {}, {}),
        ("database_read = 'sqlite:///copy.db'", {"MASTHEAD_DATABASE": "sqlite:///main.db"}, {}),
        ("database_read = 'sqlite:///copy.db'", {}, {"database": "sqlite:///flag.db"}),
        ("", {"MASTHEAD_OUTBOX": "waiting", "MASTHEAD_TIMEOUT": "90s"}, {}),
        ("", {"MASTHEAD_CONTACT": "me 'n' you", "MASTHEAD_WORKERS": "3"}, {}),
        ("", {"MASTHEAD_CORS": "https://a.example,https://b.example"}, {}),
        (
            "[sources.dapp_expert]\nevery = '5m'",
            {
                "MASTHEAD_SOURCES__DAPP_EXPERT__URL": "https://example.org/",
                "MASTHEAD_SOURCES__DEFILLAMA__ENABLED": "false",
            },
            {},
        ),
    ],
)
def test_the_same_settings_elsewhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    environ: Mapping[str, str],
    flags: Mapping[str, Any],
) -> None:
    """File, variables and flags in any mixture: what is printed means the same in any folder."""
    monkeypatch.chdir(tmp_path)
    if config:
        (tmp_path / "masthead.toml").write_text(config, encoding="utf-8")
    here = load(environ, flags, None)
    there = elsewhere(portable(here), tmp_path / "elsewhere", monkeypatch)
    assert there.settings == here.settings


def test_a_config_lying_about_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file is in force, none of the job's own folder comes into force."""
    monkeypatch.chdir(tmp_path)
    here = load({}, {}, None)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "masthead.toml").write_text("port = 1", encoding="utf-8")
    found = portable(here)
    assert found.options[:2] == ("--config", "/dev/null")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load({}, {}, None).settings.port == 1
    assert load(found.environ, {}, Path("/dev/null")).settings.port == 8050


def test_what_the_file_says_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of the file is not said twice, so that a change of the file is a change."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "masthead.toml"
    path.write_text("database = 'sqlite:///a.db'\nport = 1\ncontact = 'me'", encoding="utf-8")
    found = portable(load({}, {}, None))
    assert found == Portable(("--config", str(path)), {}, (tmp_path,))


@pytest.mark.parametrize(
    ("environ", "flags", "key"),
    [
        ({"MASTHEAD_DATABASE": "postgresql://me:s3cret@db/x"}, {}, "'database' .from environment"),
        ({}, {"database": "postgresql://db/x?password=s3cret"}, "'database' .from command line"),
        (
            {"MASTHEAD_DATABASE_READ": "postgresql://me:s3cret@db/x"},
            {},
            "'database_read' .from environment",
        ),
        (
            {"MASTHEAD_SOURCES__DAPP_EXPERT__URL": "https://me:s3cret@dapp.expert/"},
            {},
            "'sources.dapp_expert.url' .from environment",
        ),
    ],
)
def test_no_password_is_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: Mapping[str, str],
    flags: Mapping[str, Any],
    key: str,
) -> None:
    """A password of the environment or a flag is refused, and not told by the refusal."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"{key}.*password.*config file") as refusal:
        portable(load(environ, flags, None))
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("database", "outbox", "folders"),
    [
        ("sqlite:////a/m.db", "/b/outbox", ["/a", "/b/outbox"]),
        ("sqlite:////a/m.db", "/a/outbox", ["/a"]),
        ("postgresql://db/x", "/b/outbox", ["/b/outbox"]),
    ],
)
def test_folders(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    outbox: str,
    folders: list[str],
) -> None:
    """What is written to: the SQLite file's folder and the outbox, none of them twice."""
    monkeypatch.chdir(tmp_path)
    found = portable(load({"MASTHEAD_DATABASE": database, "MASTHEAD_OUTBOX": outbox}, {}, None))
    assert [str(folder) for folder in found.folders] == folders
