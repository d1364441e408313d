"""Passwords in addresses stay where they were written: nothing that is said or served has them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.exchange import shown
from dashboard.app import create_app
from data.errors import UsageError
from data.password import hashed
from data.portable import portable
from data.secrets import bare
from data.settings import explain, load
from tests.postgres import free_port
from tests.test_cli import Masthead
from tests.waiting import until

MARK = "s3cretM4rk"
COMMANDS = [
    ("config",),
    ("status",),
    ("collect",),
    ("digest",),
    ("export", "snapshots"),
    ("sample", "load"),
    ("backup", "x.db"),
    ("copy", "--to", f"postgresql://me:{MARK}@127.0.0.1:1/other"),
    ("alerts", "list"),
    ("alerts", "test"),
    ("cron",),
]
DATABASES = [
    f"postgresql://me:{MARK}@127.0.0.1:1/m",
    f"postgresql://me:{MARK}@127.0.0.1:1,127.0.0.1:2/m",
    f"postgresql://127.0.0.1:1/m?user=me&pass%77ord={MARK}",
    f"postgresql://me:x@{MARK}@127.0.0.1:1/m",
    f"host=127.0.0.1 port=1 password={MARK} options=a://b",
]

PATHS = (
    "/",
    "/health",
    "/healthz",
    "/metrics",
    "/api/v1/latest",
    "/api/v1/sources",
    "/export/runs.csv",
    "/api/v1/series?range=nonsense",
)


def config(folder: Path, database: str, site: str) -> Path:
    """A config full of secrets."""
    path = folder / "masthead.toml"
    path.write_text(
        f'database = "{database}"\ntimeout = "2s"\n'
        f'[sources.dapp_expert]\nurl = "http://me:{MARK}@{site.removeprefix("http://")}"\n'
        f'[archives]\nwayback = "http://me:{MARK}@127.0.0.1:1"\n'
        f'[alerts]\nto = ["json://me:{MARK}@127.0.0.1:1/"]\nrules.a = {{missed = 3}}\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("database", DATABASES)
def test_no_command_says_it(tmp_path: Path, database: str) -> None:
    """Whatever the command and whatever fails: bad address, several servers, nobody there."""
    run = Masthead(tmp_path)
    run.environ["HTTP_PROXY"] = f"http://me:{MARK}@127.0.0.1:1"
    path = config(tmp_path, database, "http://unreachable.invalid/")
    several = database == DATABASES[0]
    for words in COMMANDS if several else COMMANDS[:2]:
        done = run("--verbose", "--config", str(path), *words)
        told = done.stdout + done.stderr
        assert MARK not in told, words
        assert told or words == ("sample", "load"), words
        assert "Traceback" not in told, words


@pytest.mark.parametrize(
    "proxy",
    [f"http://me:{MARK}@127.0.0.1:1", f"http://me:{MARK}/x@127.0.0.1:1", f"socks5://me:{MARK}@h"],
)
def test_a_proxy_that_fails(tmp_path: Path, proxy: str) -> None:
    """Is told of without its password, also where that makes it no address."""
    run = Masthead(tmp_path)
    run.environ["HTTP_PROXY"] = proxy
    done = run("--database", "sqlite:///m.db", "collect", "--url", "http://unreachable.invalid/")
    assert done.returncode == 4
    assert MARK not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def children_of(parent: int) -> list[int]:
    """The processes that this one started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            about = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(about[1]) == parent:
            found.append(int(folder.name))
    return found


def arguments_of(parent: int) -> list[str]:
    """What everyone can read of them."""
    return [Path(f"/proc/{child}/cmdline").read_text() for child in children_of(parent)]


def test_not_in_the_list_of_processes(tmp_path: Path) -> None:
    """``--database`` and ``--url`` of ``up`` reach its children where only their owner looks."""
    port = free_port()
    log = tmp_path / "log"
    database = f"postgresql://me:{MARK}@127.0.0.1:1/m"
    command = [sys.executable, "-m", "masthead", "--verbose", "--database", database]
    command += ["up", "--port", str(port), "--url", f"http://me:{MARK}@unreachable.invalid/"]
    environ = {name: text for name, text in os.environ.items() if "MASTHEAD" not in name}
    environ |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=tmp_path, env=environ)
    try:
        until(lambda: len(arguments_of(process.pid)) > 1, 60)
        children = arguments_of(process.pid)
        assert MARK not in "".join(children)
        until(lambda: "The page waits for the store." in log.read_text(encoding="utf-8"), 60)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    said = log.read_text(encoding="utf-8")
    assert "did not answer" in said
    assert MARK not in said


def test_not_served(tmp_path: Path) -> None:
    """While the store is away, which every address says in its way."""
    path = config(tmp_path, DATABASES[0], "http://unreachable.invalid/")
    client = create_app(load({}, {}, path).settings).server.test_client()
    told = [client.get(address).text for address in PATHS]
    assert all(told)
    assert MARK not in "".join(told)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("https://dapp.expert/a?b#c", "https://dapp.expert/a?b#c"),
        ("https://me:pw@h/x", "https://***@h/x"),
        ("https://token@h/x", "https://***@h/x"),
        ("https://me:p@w@h/x", "https://***@h/x"),
        ("https://me:p/w@h/x", "https://***@h/x"),
        ("https://me:p\nw@h/x", "https://***@h/x"),
        ("https://h/@x", "https://h/@x"),
        ("https://[me:pw@h/x", "https://***@h/x"),
    ],
)
def test_http_addresses(given: str, told: str) -> None:
    """User and password go, a token in their place too; nothing else does."""
    assert bare(given) == told
    assert shown(given) == told.replace("***@", "")


def test_words_of_a_rule(tmp_path: Path) -> None:
    """An address among them, where nobody looks for one, is shown without its password."""
    path = tmp_path / "masthead.toml"
    path.write_text(f'alerts.rules.a = {{words = ["json://me:{MARK}@h/"]}}\n', encoding="utf-8")
    loaded = load({}, {}, path)
    assert MARK not in str(list(explain(loaded)))
    assert '["json://***@h/"]' in [value for _, value, _ in explain(loaded)]


def test_who_else_reads_the_config(tmp_path: Path) -> None:
    """One line that names the file, the settings and the command; none where it is in order."""
    run = Masthead(tmp_path)
    path = config(tmp_path, f"postgresql://me:{MARK}@127.0.0.1:1/m", "http://unreachable.invalid/")
    for mode, warned in ((0o644, True), (0o640, True), (0o600, False)):
        path.chmod(mode)
        done = run("--config", str(path), "config")
        assert ("chmod 600" in done.stderr) == warned
        assert str(path) in done.stderr or not warned
    path.chmod(0o644)
    done = run("--config", str(path), "dashboard", "--host", "0.0.0.0")
    assert done.stderr.count("chmod 600") == 1
    for name in ("database", "sources.dapp_expert.url", "alerts.to", "archives.wayback"):
        assert repr(name) in done.stderr
    path.write_text('database = "sqlite:///m.db"\n', encoding="utf-8")
    assert run("--config", str(path), "config").stderr == ""


def test_printed_timetables_refuse_the_password(tmp_path: Path) -> None:
    """The hash signs the sessions: it is no word for a crontab either."""
    loaded = load({"MASTHEAD_PASSWORD": hashed("correct horse")}, {}, None)
    with pytest.raises(UsageError, match="'password'"):
        portable(loaded)
