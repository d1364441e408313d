"""Config: any file and environment give settings that say what was set, or one sentence."""

import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from collectors.timetable import Call, crontab
from collectors.units import service
from data.errors import UsageError
from data.portable import portable
from data.rules import RuleSettings, names
from data.settings import ArchiveSettings, Settings, SourceSettings, explain, keys, load
from tests.fuzz.target import Target, is_sentence

Example = tuple[bytes, dict[str, str]]
SECRET: Final = "hunter2"
VALUES: Final = (
    *(
        "1h",
        "0s",
        "5%",
        "100%",
        "1e9",
        "sqlite:////x/y.db",
        "postgresql://u:hunter2@h/d",
        "https://a",
    ),
    *(
        "json://u:hunter2@a.example/",
        "mailtos://u:hunter2@a?x=1",
        "yes",
        "volume_30d",
        "dapp_expert",
    ),
    *("", " ", "*", "https://a.example", "\u202e", "a\nb", "\x1b[2J", "http://u:hunter2@[::1"),
    *("../../etc", "~/x", "sqlite://", "postgresql+x://", "//", ":memory:", "9" * 30, "/dev/null"),
)
KEYS: Final = (
    *keys(Settings),
    *(f"sources.dapp_expert.{key}" for key in keys(SourceSettings)),
    *(f"sources.defillama.{key}" for key in keys(SourceSettings)),
    *(f"archives.{key}" for key in keys(ArchiveSettings)),
    *(f"alerts.rules.r.{key}" for key in keys(RuleSettings)),
    *("alerts.to", 'alerts.rules."a b"', "unknown", 'sources."x\\ny"', "sources.x.y.z"),
)
scalars = (
    st.sampled_from(VALUES)
    | st.text(max_size=8)
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = scalars | st.lists(scalars, max_size=3)
tables = st.dictionaries(st.sampled_from(KEYS), values, max_size=6).map(
    lambda found: "\n".join(f"{key} = {json.dumps(value)}" for key, value in found.items())
)
odd = st.sampled_from(
    ["a = " + "[" * 3_000, ".".join("a" * 3_000) + " = 1", "a = 1e9999", "a = 0x" + "f" * 9_000]
)
environs = st.dictionaries(
    st.sampled_from(KEYS).map(lambda key: "MASTHEAD_" + key.upper().replace(".", "__"))
    | st.sampled_from(["MASTHEAD_", "MASTHEAD_" + "A__" * 3_000, "MASTHEAD____"]),
    st.sampled_from(VALUES) | st.text(st.characters(exclude_characters="\0"), max_size=8),
    max_size=3,
)
examples = st.tuples(tables.map(str.encode) | odd.map(str.encode) | st.binary(), environs)


def check(example: Example) -> None:
    """Settings that are told without a password, or one sentence without one."""
    data, environ = example
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.toml"
        path.write_bytes(data)
        try:
            loaded = load(environ, {}, path)
        except UsageError as error:
            is_sentence(error)
            _tells_no_secret(str(error))
            return
        settings = loaded.settings
        try:
            told = list(explain(loaded))
        except UsageError as error:
            is_sentence(error)
            _tells_no_secret(str(error))
            return
        for key, value, place in told:
            assert key
            assert place
            _tells_no_secret(value)
            assert tomllib.loads(f"a = {value}"), (key, value)
        _tells_no_secret(repr(names(settings.alerts.to)))
        try:
            call = Call(("/bin/masthead",), portable(loaded), "root", "a")
            for written in (crontab(call, settings.timeout), service(call)):
                _tells_no_secret(written)
        except UsageError as error:
            is_sentence(error)


def _tells_no_secret(text: str) -> None:
    assert SECRET not in text, text


def seeds() -> list[bytes]:
    """A file with a bit of everything."""
    return [
        b'port = 8050\n[sources.dapp_expert]\nevery = "1h"\nurl = "https://dapp.expert/"\n',
        b'[alerts]\nto = ["json://a.example/"]\nrules.r = {metric = "dapps", falls = "5%"}\n',
        b'[archives]\nwayback = "https://a.example"\n',
    ]


def raw(data: bytes) -> Any:
    """A file, without an environment."""
    return data, {}


TARGET: Final = Target(check, examples, raw, seeds)
