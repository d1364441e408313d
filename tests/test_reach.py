"""Beyond this machine the page listens only with a password, or where it is said to be public."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.reach import address, refuse_open, stays_here
from data.errors import UsageError
from data.password import hashed
from data.settings import Settings
from tests.test_cli import Masthead


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("127.1", True),
        ("2130706433", True),
        ("localhost", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("no-such-name.invalid", True),
        ("", False),
        ("0", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("192.0.2.1", False),
        ("fe80::1%lo", False),
    ],
)
def test_who_can_reach_it(host: str, here: bool) -> None:
    """What counts is the address, in whatever form; a name that is none listens nowhere."""
    assert stays_here(host) == here


def test_the_two_ways_out() -> None:
    """A password or the word that it is public; neither is needed at home."""
    refuse_open(Settings())
    refuse_open(Settings(host="0.0.0.0", public=True))
    refuse_open(Settings(host="0.0.0.0", password=hashed("correct horse")))
    with pytest.raises(UsageError, match=r"'masthead password'.*'public = true'"):
        refuse_open(Settings(host="0.0.0.0"))


@pytest.mark.parametrize("command", ["up", "dashboard"])
def test_refused_before_anything_is_done(tmp_path: Path, command: str) -> None:
    """One sentence and exit code 2: no store is made, nothing is listened on."""
    run = Masthead(tmp_path)
    done = run("--database", f"sqlite:///{tmp_path}/m.db", command, "--host", "::", "--port", "1")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("masthead: Everyone who reaches :: could read the page")
    assert not (tmp_path / "m.db").exists()


def test_asks_twice_on_a_terminal(tmp_path: Path) -> None:
    """What is typed is not seen; two that differ make nothing."""
    for second, code in (("correct horse", 0), ("another horse", 2)):
        master, slave = os.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "masthead", "password"],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=tmp_path,
        ) as asking:
            assert asking.stderr is not None
            asked = b""
            for prompt, typed in ((b"Password: ", "correct horse"), (b"Once more: ", second)):
                # What is typed before it is asked for is thrown away.
                while not asked.endswith(prompt):
                    part = os.read(asking.stderr.fileno(), 1)
                    assert part, asked
                    asked += part
                os.write(master, f"{typed}\n".encode())
            out, errors = asking.communicate(timeout=30)
        os.close(master)
        os.close(slave)
        assert asking.returncode == code
        assert "horse" not in out + errors
        assert out.startswith('password = "$argon2id$') == (code == 0)


@pytest.mark.parametrize(
    ("host", "prefix", "shown"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8050"),
        ("::1", "/masthead", "http://[::1]:8050/masthead"),
    ],
)
def test_address_for_a_browser(host: str, prefix: str, shown: str) -> None:
    """What is printed can be followed, by IPv6 and below a path too."""
    assert address(Settings(host=host, prefix=prefix)) == shown
