"""The command line as its contract says, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.moods import no_page
from tests.pages import FIGURES, page
from tests.site import Answer, Site

TEXT = "\n".join(
    [
        *(f"• {label}:{shown}" for label, shown in FIGURES.items()),
        "A lending market opens its test network",
        "",
        "A lending market opens its test network",
        "",
        "user avatar",
        "",
        "by Test Writer",
        "",
        "2 years ago",
        "",
        "Some words of the story.",
        "",
        "0",
        "",
        "Rewards",
        "",
        "chest",
        "",
        "Other news",
        "",
        "A second story",
        "",
        "chest",
        "",
        "What the second story says.",
        "",
        "user avatarOther Writer",
        "© 2020-2026. All rights reserved.",
    ]
)
AT = "2026-01-31T06:20:00Z"


class Masthead:
    """Runs the command with a store and a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            **{key: value for key, value in os.environ.items() if "MASTHEAD" not in key},
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "share"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def __call__(
        self, *arguments: str, stdin: str = "", stdout: int = subprocess.PIPE
    ) -> subprocess.CompletedProcess[str]:
        """The finished process, its output as text with its line ends untouched.

        ``stdout`` is a file's handle that the output goes to instead.
        """
        done = subprocess.run(
            [sys.executable, "-m", "masthead", *arguments],
            input=stdin.encode(),
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
            cwd=self.folder,
            env=self.environ,
        )
        out, errors = (done.stdout or b"").decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, out, errors)


@pytest.fixture
def masthead(tmp_path: Path) -> Masthead:
    """The command in an empty home."""
    return Masthead(tmp_path)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """A saved page as visible text."""
    path = tmp_path / "page.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_collect_json_of_a_saved_page(masthead: Masthead, saved: str) -> None:
    """One object: the values with their rounding, the headlines; twice is once."""
    command = ("collect", "--from-file", saved, "--at", AT, "--json")
    first = masthead(*command)
    assert (first.returncode, first.stderr) == (0, "")
    told = json.loads(first.stdout)
    assert list(told) == [
        "source",
        "slot",
        "taken_at",
        "as_of",
        "origin",
        "outcome",
        "via",
        "readings",
        "headlines",
        "error",
    ]
    assert (told["slot"], told["taken_at"]) == ("2026-01-31T06:00:00Z", AT)
    assert (told["origin"], told["outcome"], told["via"]) == ("file", "stored", "text")
    assert told["readings"]["volume_30d"] == {
        "value": 303260000000,
        "half_width": 5000000,
        "unit": "USD",
        "shown": "$303.26B",
        "problem": None,
    }
    assert [(one["title"], one["author"], one["lead"]) for one in told["headlines"]] == [
        ("A lending market opens its test network", "Test Writer", True),
        ("A second story", "Other Writer", False),
    ]
    again = masthead(*command)
    assert (again.returncode, json.loads(again.stdout)["outcome"]) == (0, "duplicate")
    assert len(masthead("export", "snapshots").stdout.splitlines()) == 2


def test_collect_is_silent_on_success(masthead: Masthead, saved: str) -> None:
    """Cron gets no mail for a success, and none for what is already there."""
    for _ in range(2):
        done = masthead("collect", "--from-file", saved, "--at", AT)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_collect_from_a_pipe(masthead: Masthead) -> None:
    """A dash reads standard input."""
    done = masthead("collect", "--from-file", "-", "--at", AT, "--json", stdin=TEXT)
    assert json.loads(done.stdout)["readings"]["dapps"]["value"] == 16230


def test_collect_from_a_site(masthead: Masthead, site: Site) -> None:
    """--url is fetched; --dry-run tells and leaves no file behind."""
    dry = masthead("collect", "--url", site.url, "--dry-run", "--json")
    assert json.loads(dry.stdout)["via"] == "page"
    assert not list(masthead.folder.rglob("*.db"))
    assert masthead("collect", "--url", site.url).returncode == 0
    assert masthead("collect", "--url", site.url).returncode == 0
    assert site.paths.count("/") == 2
    assert masthead("collect", "--url", site.url, "--now").returncode == 0
    assert site.paths.count("/") == 3


def test_collect_says_one_line_when_it_fails(masthead: Masthead, site: Site) -> None:
    """Exit 4 and one line that names the source, the address and the reason."""
    done = masthead("collect", "--url", f"{site.url}gone")
    assert (done.returncode, done.stdout) == (4, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("masthead: dapp_expert ")
    assert f"{site.url}gone answered 404" in line


def test_collect_says_what_is_partial(masthead: Masthead, site: Site) -> None:
    """Exit 3 and one line that names the missing figure."""
    site.answers["/"] = Answer(page(Dapps="$0.00"))
    done = masthead("collect", "--url", site.url)
    assert done.returncode == 3
    assert "dapps" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_collect_bridges_a_store_that_is_away(masthead: Masthead, saved: str) -> None:
    """Exit 5, the snapshot waits; the next run stores it."""
    (masthead.folder / "wall").write_text("")
    away = ("--database", "sqlite:///wall/m.db", "collect", "--from-file", saved, "--at", AT)
    done = masthead(*away)
    assert done.returncode == 5
    assert "kept in the outbox" in done.stderr
    (masthead.folder / "wall").unlink()
    assert masthead(*away).returncode == 0
    exported = masthead("--database", "sqlite:///wall/m.db", "export", "snapshots").stdout
    assert "16230,78,66470000,303260000000,879240000" in exported


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("collect", "nobody"), "'nobody' is not known"),
        (("collect", "--at", AT), "goes with --from-file"),
        (("collect", "--from-file", "absent.html"), "absent.html cannot be read"),
        (("collect", "--from-file", "page.txt", "--at", "soon"), "'soon' is not a time"),
        (("export", "moods"), "'what' is 'moods'"),
        (("export", "snapshots", "--source", "typo"), "nothing is known yet"),
        (("export", "snapshots", "-o", "x.csv", "--source", "typo"), "'source' is 'typo'"),
        (("export", "snapshots", "--metric", "mood"), "'metric' is 'mood'"),
        (("export", "snapshots", "--shape", "round"), "'shape' is 'round'"),
        (("export", "snapshots", "--format", "doc"), "format 'doc'"),
        (("export", "snapshots", "--from", "x"), "'from' cannot be used"),
        (("export", "snapshots", "-o", "no/such/folder.csv"), "cannot be written"),
        (("import", "absent.csv"), "absent.csv cannot be read"),
        (("import", "x" * 300), "cannot be read: File name too long"),
        (("import", ".", "--raw"), "--raw is for a CSV, and . is a folder"),
        (("import", "."), "The folder . holds no copies of a store"),
        (("--config", "absent.toml", "status"), "absent.toml cannot be read"),
        (("--config", "x" * 300, "status"), "cannot be read: File name too long"),
        (("--database", "mysql://x/y", "status"), "mysql"),
        (("--database", "sqlite:////tmp/\udcff.db", "config"), "'database' is not in UTF-8"),
        (("--database", "postgresql://me:secret@db/x", "cron"), "'database' (from command line)"),
        (("--database", "postgresql://me:secret@db/x", "systemd"), "holds a password"),
        (("dashboard", "--port", "99999"), "'port'"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_usage_errors(
    masthead: Masthead, saved: str, arguments: tuple[str, ...], words: str
) -> None:
    """Exit 2 and a sentence that names what is wrong; no traceback."""
    done = masthead(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_export_and_import_round_trip(masthead: Masthead, saved: str) -> None:
    """What export wrote, import reads into an empty store, to the byte."""
    masthead("collect", "--from-file", saved, "--at", AT)
    for what, *options in (
        ["snapshots", "--shape", "tidy"],
        ["snapshots"],
        ["headlines"],
        ["runs"],
    ):
        assert masthead("export", what, *options, "-o", "out.csv").returncode == 0
        exported = masthead("export", what, *options).stdout
        assert (masthead.folder / "out.csv").read_bytes().decode() == exported
        other = ("--database", f"sqlite:///{what}{len(options)}.db")
        assert " 0 already there" in masthead(*other, "import", "out.csv").stdout
        assert masthead(*other, "export", what, *options).stdout == exported
        assert ": 0 new" in masthead(*other, "import", "out.csv").stdout
    assert not list(masthead.folder.glob(".*"))


def test_output_that_ends_before_the_export(masthead: Masthead) -> None:
    """A reader that has had enough ends the export quietly; a full disk is said in a sentence."""
    assert masthead("sample", "load").returncode == 0
    command = "{python} -m masthead export snapshots --source sample {rest}"

    def shell(rest: str) -> subprocess.CompletedProcess[bytes]:
        script = command.format(python=sys.executable, rest=rest)
        return subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            check=False,
            cwd=masthead.folder,
            env=masthead.environ,
        )

    early = shell("| head -c 4; echo $PIPESTATUS")
    assert (early.stdout, early.stderr) == (b"slot141\n", b"")
    for rest in ("> /dev/full", "-o /dev/full"):
        full = shell(rest)
        assert full.returncode == 2
        assert full.stderr.endswith(b"cannot be written: No space left on device.\n")
        assert full.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "command", ["status", "status --json", "config", "cron", "systemd", "digest"]
)
def test_output_without_room(masthead: Masthead, command: str) -> None:
    """What cannot be printed is said in a sentence; a reader that went ends the command quietly."""
    with Path("/dev/full").open("wb") as device:
        full = masthead(*command.split(), stdout=device.fileno())
    words = "masthead: The output cannot be written: No space left on device.\n"
    assert (full.returncode, full.stderr) == (2, words)
    read, write = os.pipe()
    os.close(read)
    gone = masthead(*command.split(), stdout=write)
    os.close(write)
    assert (gone.returncode, gone.stderr) == (141, "")


def test_export_into_a_pipe_and_through_a_link(masthead: Masthead, saved: str) -> None:
    """What -o names is written to, never replaced, where it is no plain file."""
    masthead("collect", "--from-file", saved, "--at", AT)
    exported = masthead("export", "snapshots").stdout
    pipe, link = masthead.folder / "pipe", masthead.folder / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to("behind.csv")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert masthead("export", "snapshots", "-o", "pipe").returncode == 0
        assert os.read(reader, 65536).decode() == exported
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert masthead("export", "snapshots", "-o", "link.csv").returncode == 0
    assert link.is_symlink()
    assert (masthead.folder / "behind.csv").read_bytes().decode() == exported


def test_import_keeps_what_the_store_holds(masthead: Masthead, saved: str) -> None:
    """A file that contradicts the store: exit 3, a sentence, the store's value stays."""
    masthead("collect", "--from-file", saved, "--at", AT)
    exported = masthead("export", "snapshots").stdout
    (masthead.folder / "other.csv").write_bytes(exported.replace("16230", "99999").encode())
    done = masthead("import", "other.csv")
    assert done.returncode == 3
    assert "1 slots of other.csv hold other values" in done.stderr
    assert masthead("export", "snapshots").stdout == exported


def test_status_tells_the_age_and_the_last_error(masthead: Masthead, site: Site) -> None:
    """JSON with age, next slot and last error; a table for people."""
    empty = json.loads(masthead("status", "--json").stdout)["sources"]
    assert [(one["source"], one["last_success"]) for one in empty] == [("dapp_expert", None)]
    masthead("collect", "--url", site.url)
    masthead("collect", "--url", f"{site.url}gone", "--now")
    [told] = json.loads(masthead("status", "--json").stdout)["sources"]
    assert told["age_s"] < 60
    assert told["stale"] is False
    assert told["every_s"] == 3600
    assert "404" in told["last_error"]["message"]
    table = masthead("status").stdout
    assert "dapp_expert" in table
    assert "404" in table


def test_status_tells_an_error_as_it_is(masthead: Masthead, site: Site) -> None:
    """What a server says may look like markup: it is shown on one line, and breaks nothing."""
    site.answers["/"] = no_page("[/b]")
    masthead("collect", "--url", site.url)
    told = masthead("status")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.endswith(" is no page but [/b].\n")


def test_sample_comes_and_goes_beside_real_data(masthead: Masthead, saved: str) -> None:
    """The sample is a source of its own: never in an export unless named, removed without trace."""
    masthead("collect", "--from-file", saved, "--at", AT)
    before = masthead("export", "snapshots").stdout
    assert masthead("sample", "load").returncode == 0
    assert masthead("export", "snapshots").stdout == before
    named = masthead("export", "snapshots", "--source", "sample", "--every", "30d").stdout
    assert 20 < len(named.splitlines()) < 30
    assert "(synthetic)" in masthead("status").stdout
    assert masthead("sample", "remove").returncode == 0
    gone = masthead("export", "snapshots", "--source", "sample")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "known are dapp_expert." in gone.stderr
    assert masthead("export", "snapshots").stdout == before


def test_config_tells_where_each_setting_comes_from(masthead: Masthead) -> None:
    """File, environment, flag and default are told apart; no password is shown."""
    path = masthead.folder / "masthead.toml"
    path.write_text('[sources.dapp_expert]\nevery = "15m"\n')
    masthead.environ["MASTHEAD_PORT"] = "8123"
    done = masthead("--database", "postgresql://me:secret@db/history", "config")
    assert done.returncode == 0
    assert "secret" not in done.stdout
    assert f'sources.dapp_expert.every = "15m"  # {path}' in done.stdout
    assert "port = 8123  # environment" in done.stdout
    assert 'database = "postgresql://me:***@db/history"  # command line' in done.stdout
    assert 'host = "127.0.0.1"  # default' in done.stdout


def test_version_and_help(masthead: Masthead) -> None:
    """--version prints one line; --help names every command."""
    assert masthead("--version").stdout.startswith("masthead 0.")
    told = masthead("--help").stdout
    for name in ("up", "collect", "schedule", "dashboard", "export", "import", "status", "sample"):
        assert f" {name} " in told


def test_no_source_enabled(masthead: Masthead, saved: str) -> None:
    """Nothing can be collected, but what there is and what is set can still be looked at."""
    masthead("collect", "--from-file", saved, "--at", AT)
    masthead.environ["MASTHEAD_SOURCES__DAPP_EXPERT__ENABLED"] = "false"
    assert masthead("collect").returncode == 2
    assert "dapp_expert" in masthead("status").stdout
    told = masthead("config")
    assert (told.returncode, told.stderr) == (0, "")
    assert 'sources.dapp_expert.every = "1h"  # default' in told.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["collect", "--bogus"], 2, "No such option"),
        (["--bogus", "collect"], 2, "No such option"),
        (["--config"], 2, "requires an argument"),
        (["--config", "none.toml", "collect"], 2, "The config none.toml cannot be read"),
        (["collect", "nowhere"], 2, "The source 'nowhere' is not known"),
        (["--database", "mysql://x/y", "collect"], 2, "asks for mysql"),
        (["--quiet", "collect", "dapp_expert"], 4, "answered 404"),
        (["collect", "--dry-run"], 4, "answered 404"),
    ],
)
def test_collect_in_and_out_of_its_plain_form(
    masthead: Masthead, site: Site, arguments: list[str], code: int, said: str
) -> None:
    """What a crontab runs is read without the command line, and judged as by it."""
    site.answers["/"] = Answer(b"gone", 404)
    masthead.environ["MASTHEAD_SOURCES__DAPP_EXPERT__URL"] = site.url
    done = masthead(*arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert done.stdout == ""
