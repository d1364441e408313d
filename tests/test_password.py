"""The page's password: made, compared, and never taken in the plain."""

from pathlib import Path

import pytest

from data.errors import UsageError
from data.password import LONGEST, hashed, matches
from data.settings import explain, load
from tests.test_cli import Masthead

GOOD = hashed("correct horse")
SALTED = "$" + "$".join(GOOD.split("$")[-2:])


def test_matches_only_itself() -> None:
    """The very password, with its letters in either of the forms that keyboards send."""
    assert matches(GOOD, "correct horse")
    assert not matches(GOOD, "Correct horse")
    assert not matches(GOOD, "")
    assert not matches(GOOD, "correct horse" * LONGEST)
    assert matches(hashed("pássword"), "pa\u0301ssword")
    assert not matches(GOOD, "\udcff")


@pytest.mark.parametrize("given", ["", "seven c", "x" * (LONGEST + 1)])
def test_refused_lengths(given: str) -> None:
    """Too short to be worth it, too long to be hashed."""
    with pytest.raises(UsageError, match=r"characters or more|bytes or less"):
        hashed(given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("correct horse", "masthead password"),
        ("", "masthead password"),
        (GOOD.replace("argon2id", "argon2i"), "masthead password"),
        (GOOD + "\n", "masthead password"),
        (f"$argon2id$v=19$m=999999999,t=3,p=4{SALTED}", "memory cost"),
        (f"$argon2id$v=19$m=1024,t=3,p=4{SALTED}", "memory cost"),
        (f"$argon2id$v=19$m=65536,t=1,p=4{SALTED}", "times cost"),
        (f"$argon2id$v=19$m=65536,t=9999,p=4{SALTED}", "times cost"),
        (f"$argon2id$v=19$m=65536,t=3,p=200{SALTED}", "lanes cost"),
    ],
)
def test_what_is_no_good_hash(given: str, why: str) -> None:
    """One sentence that does not repeat it: it may be the password itself."""
    with pytest.raises(UsageError, match=why) as raised:
        load({}, {"password": given}, None)
    assert not given or given not in str(raised.value)


def test_from_stdin_into_the_config(tmp_path: Path) -> None:
    """The printed line is one of the config; what is in force is not shown."""
    done = Masthead(tmp_path)("password", stdin="correct horse\n")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "masthead.toml"
    path.write_text(done.stdout, encoding="utf-8")
    loaded = load({}, {}, path)
    assert matches(str(loaded.settings.password), "correct horse")
    assert "argon2" not in repr(loaded.settings)
    shown = {key: value for key, value, _ in explain(loaded)}
    assert shown["password"] == '"***"'
