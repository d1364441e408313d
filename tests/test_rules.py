"""Alerts in the config: each mistake named by its key, and no secret of an address shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import masthead
from data.errors import UsageError
from data.percent import Percent, percent
from data.portable import portable
from data.rules import HERE, RuleSettings, names
from data.settings import explain, load

SECRET = "mailtos://user:s3cret@mail.example?to=me@example.org"


def config(folder: Path, text: str) -> Path:
    """A config file."""
    path = folder / "a.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_from_file_and_environment(tmp_path: Path) -> None:
    """Both forms of TOML and the variables make the same rules."""
    path = config(
        tmp_path,
        f"""[alerts]
        to = ["{SECRET}", "json://127.0.0.1:9000/hook"]
        rules.volume = {{metric = "volume_30d", falls = "5%", within = "12h"}}
        [alerts.rules.hacks]
        words = ["hack", "flash loan"]
        source = "dapp_expert"
        """,
    )
    environ = {
        "MASTHEAD_ALERTS__RULES__SILENT__MISSED": "3",
        "MASTHEAD_ALERTS__RULES__VOLUME__FALLS": "2.5 %",
        "MASTHEAD_ALERTS__RULES__ANY__MOVES": "true",
    }
    loaded = load(environ, {}, path)
    rules = loaded.settings.alerts.rules
    assert {name: rule.kind for name, rule in rules.items()} == {
        "volume": "falls",
        "hacks": "words",
        "silent": "missed",
        "any": "moves",
    }
    assert rules["volume"].falls == Percent(2.5)
    assert rules["hacks"] == RuleSettings(source="dapp_expert", words=("hack", "flash loan"))
    shown = {key: (value, origin) for key, value, origin in explain(loaded)}
    assert shown["alerts.rules.volume.falls"] == ('"2.5%"', "environment")
    assert shown["alerts.rules.volume.within"] == ('"12h"', str(path))
    assert shown["alerts.to"] == ('["mailtos://mail.example", "json://127.0.0.1"]', str(path))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", r"'alerts\.rules\.r' .* it says none: a rule has one of falls, rises, changes, mis"),
        ("missed = 3\nmoves = true", r"'alerts\.rules\.r' .* it says 'missed' and 'moves'"),
        ("falls = '5%'", r"'alerts\.rules\.r' .*of what it falls is not said: add 'metric'"),
        ("falls = '5%'\nmetric = 'x'", r"'alerts\.rules\.r\.metric' .*'x', and must be one of dap"),
        ("falls = 5\nmetric = 'dapps'", r"'alerts\.rules\.r\.falls' .*'5' is not a share: .* 5%"),
        ("falls = '0%'\nmetric = 'dapps'", r"'alerts\.rules\.r\.falls' .*'0%' is not a share"),
        ("falls = '-5%'\nmetric = 'dapps'", r"'alerts\.rules\.r\.falls' .*'-5%' is not a share"),
        ("falls = '100%'\nmetric = 'dapps'", r"'alerts\.rules\.r\.falls' .* more than 100%"),
        (
            "rises = '5%'\nmetric = 'dapps'\nwithin = '999999y'",
            r"'alerts\.rules\.r\.within' .* 3650d or less",
        ),
        ("missed = 0", r"'alerts\.rules\.r\.missed' .* 1 or more"),
        ("missed = 3\nmetric = 'dapps'", r"'alerts\.rules\.r\.metric' .*not go with 'missed'"),
        ("moves = true\nwithin = '1d'", r"'alerts\.rules\.r\.within' .*not 'moves'"),
        ("words = ['a', ' ']", r"'alerts\.rules\.r\.words' .*none empty"),
        ("words = ['\u200b\u202e']", r"'alerts\.rules\.r\.words' .*none empty"),
        ("word = ['a']", r"'alerts\.rules\.r\.word' .*is not known"),
        ("moves = true\nsource = 'sample'", r"'alerts\.rules\.r\.source' .*'sample' is not coll"),
        ("moves = true\nsource = 'defillama'", r"'alerts\.rules\.r\.source' .* dapp_expert"),
    ],
)
def test_bad_rules(tmp_path: Path, rule: str, message: str) -> None:
    """Each is one sentence that names the key."""
    with pytest.raises(UsageError, match=message):
        load({}, {}, config(tmp_path, f"[alerts.rules.r]\n{rule}\n"))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("me@example.org/s3cret", r"'alerts\.to' .*its address 2 is not like mailtos://"),
        ("json://s3cret\\n", "its address 2 is not like"),
        *(
            (f"{schema}://s3cret", f"its address 2, {schema}, is of this")
            for schema in sorted(HERE)
        ),
    ],
)
def test_bad_addresses(tmp_path: Path, address: str, message: str) -> None:
    """What is no address, or one of this machine alone, is told by its place, not by its text."""
    path = config(tmp_path, f'[alerts]\nto = ["json://a.example", "{address}"]\n')
    with pytest.raises(UsageError, match=message) as raised:
        load({}, {}, path)
    assert "s3cret" not in str(raised.value).replace(str(tmp_path), "")


def test_a_name_that_is_none(tmp_path: Path) -> None:
    """A rule's name goes into messages and the store."""
    with pytest.raises(UsageError, match=r"'alerts\.rules' .*not 'a\\nb'"):
        load({}, {}, config(tmp_path, '[alerts.rules."a\\nb"]\nmoves = true\n'))


def test_names_hold_no_secrets() -> None:
    """A host is shown where it is surely one: elsewhere its place may hold a token."""
    addresses = [
        (SECRET, "mailtos://mail.example"),
        ("mailto://127.0.0.1:25?to=a@b.example", "mailto://127.0.0.1"),
        ("jsons://me:p@ss@hook.example:9/t0ken?x=1", "jsons://hook.example"),
        ("json://localhost/t0ken", "json://localhost"),
        ("JSON://Localhost/other", "json://localhost (2)"),
        ("tgram://123456:t0ken/99", "tgram://***"),
        ("tgram://123457:t0ken/99", "tgram://*** (2)"),
        ("discord://t0ken.id/t0ken", "discord://***"),
        ("mailto://user:pa/ss@mail.example", "mailto://***"),
        ("mailto://us.er:12/ss@mail.example", "mailto://*** (2)"),
        ("gotify://t0ken", "gotify://***"),
        ("json://[::1]:80/t0ken", "json://***"),
    ]
    assert names([address for address, _ in addresses]) == [name for _, name in addresses]


def test_no_secret_in_printed_units(tmp_path: Path) -> None:
    """Addresses from the environment would stand in a crontab for everyone to read."""
    path = config(tmp_path, "")
    with pytest.raises(UsageError, match=r"'alerts\.to' \(from environment\) holds a password"):
        portable(load({"MASTHEAD_ALERTS__TO": SECRET}, {}, path))
    loaded = load({"MASTHEAD_ALERTS__RULES__A__MISSED": "3"}, {}, path)
    assert portable(loaded).environ == {"MASTHEAD_ALERTS__RULES__A__MISSED": "3"}
    done = CliRunner().invoke(
        masthead.application(), ["config"], env={"MASTHEAD_ALERTS__TO": SECRET}
    )
    assert 'alerts.to = ["mailtos://mail.example"]  # environment' in done.stdout
    assert "s3cret" not in done.stdout


@pytest.mark.parametrize(
    ("text", "shown"), [("5%", "5%"), (" 0.50 % ", "0.5%"), ("1000%", "1000%")]
)
def test_percent(text: str, shown: str) -> None:
    """A share is printed as it would be written."""
    assert str(percent(text)) == shown
    assert percent(str(percent(text))) == percent(text)
