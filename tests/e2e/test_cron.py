"""The printed crontab line, run by a real cron daemon that sees nothing of the machine's own."""

import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from data.store import open_store
from tests import machine
from tests.conftest import database
from tests.guides import blocks, document
from tests.pages import page
from tests.site import Answer, serving
from tests.waiting import until

SCRIPT = str(Path(sys.executable).with_name("masthead"))
GOOD = 'it\'s 100% "good" $HOME'
DAEMON = """set -e
mount --bind spool /var/spool
mount --bind cron.d /etc/cron.d
mount --bind crontab /etc/crontab
mount --bind run /run
mount --bind sbin /usr/sbin
exec /usr/sbin/cron -f
"""
"""Its own crontab, pid file and mailer, in mounts that no other process sees."""
CONFIG = """database = "sqlite:///masthead.db"
[sources.dapp_expert]
url = "{url}"
every = "1m"
"""


@dataclass(frozen=True)
class Ran:
    """What a daemon left that has run each line at least once."""

    folder: Path
    mails: Mapping[str, str]
    """What each mail says, by the folder that its subject names."""
    saw: str
    """The environment and the folder of a job."""


def printed(folder: Path, **environ: str) -> str:
    """What ``masthead cron`` prints for someone in ``folder``."""
    environ = {"HOME": str(folder), "PATH": os.defpath, **environ}
    done = subprocess.run(
        [SCRIPT, "cron"], cwd=folder, env=environ, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def lines(folder: Path, url: str) -> Iterator[str]:
    """Four ways to be run: with a config, with variables only, against no page, with no store."""
    for name, path in ((GOOD, "good"), ("failing", "gone"), ("away", "away")):
        (folder / name).mkdir()
        config = CONFIG.format(url=f"{url}{path}")
        config = config.replace("///", "////dev/null/") if name == "away" else config
        (folder / name / "masthead.toml").write_text(config, encoding="utf-8")
        yield printed(folder / name)
    (folder / "bare").mkdir()
    yield printed(
        folder / "bare",
        XDG_DATA_HOME=str(folder / "bare" / "50% data"),
        MASTHEAD_CONTACT="me & 'you' <50%@example.org>",
        MASTHEAD_SOURCES__DAPP_EXPERT__URL=f"{url}bare",
        MASTHEAD_SOURCES__DAPP_EXPERT__EVERY="1m",
    )
    yield f"* * * * * (env; pwd) > {folder}/saw\n"
    yield guide(folder, url, "guide", "docs/cron.md", "cron")
    yield guide(folder, url, "weekly", "docs/digest.md", "crontab")


def guide(folder: Path, url: str, name: str, path: str, language: str) -> str:
    """A guide's crontab as it stands there, but for its minute, its program and its config."""
    (folder / name).mkdir()
    config = folder / name / "masthead.toml"
    config.write_text(CONFIG.format(url=f"{url}{name}"), encoding="utf-8")
    [block] = blocks(document(path), language)
    told = re.sub(r"^[\d*][^ ]* [^ ]+ [^ ]+ [^ ]+ [^ ]+ ", "* * * * * ", block.text, flags=re.M)
    assert "/opt/masthead/.venv/bin/masthead --config /etc/masthead.toml" in told
    told = told.replace("/opt/masthead/.venv/bin/masthead", SCRIPT)
    return told.replace("/etc/masthead.toml", str(config))


def world(folder: Path, crontab: str) -> None:
    """What the daemon sees in the place of the machine's own folders."""
    for name in ("spool/cron/crontabs", "cron.d", "run", "sbin", "mail"):
        (folder / name).mkdir(parents=True)
    (folder / "crontab").touch()
    shutil.copy2(machine.find("cron"), folder / "sbin" / "cron")
    mailer = folder / "sbin" / "sendmail"
    mailer.write_text(f"#!/bin/sh\ncd {folder}/mail && cat > $$.tmp && mv $$.tmp $$.mail\n")
    mailer.chmod(0o755)
    table = folder / "spool" / "cron" / "crontabs" / "root"
    table.write_text(crontab, encoding="utf-8")
    table.chmod(0o600)


def mails(folder: Path) -> list[Path]:
    """The mails that are whole."""
    return list((folder / "mail").glob("*.mail"))


def read(path: Path) -> tuple[str, str]:
    """The folder of the job that a mail is about, and what the job said."""
    mail = message_from_bytes(path.read_bytes())
    subject = str(mail["Subject"])
    known = (
        name
        for name in (GOOD, "failing", "away", "bare", "saw", "guide", "weekly")
        if name in subject
    )
    return next(known, subject), str(mail.get_payload())


def run_daemon(folder: Path, done: Callable[[], bool]) -> str:
    """Run cron until ``done()`` and all its jobs have ended; what it said."""
    command = [machine.find("unshare"), "--mount", "sh", "-c", DAEMON]
    # Every job keeps the daemon's output open: it ends with the last of them.
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.defpath},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(lambda: process.poll() is not None or done(), 90)
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=60)
    return said


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A daemon's work, from its start to the end of what it began in its first minute."""
    assert os.geteuid() == 0, "cron becomes the user of each crontab: run this test as root."
    folder = tmp_path_factory.mktemp("cron")
    with serving() as site:
        site.answers |= {f"/{path}": Answer(page()) for path in ("good", "bare", "away", "guide")}
        world(folder, "".join(lines(folder, site.url)))

        def done() -> bool:
            """Each of the six lines has asked for its page, or something was mailed of it."""
            asked = {path for path, _ in site.requests} & {"/good", "/bare", "/guide"}
            return len(asked) + len(mails(folder)) >= 6

        said = run_daemon(folder, done)
    assert said == "", "the daemon of this test cannot run here; it needs root and its own mounts"
    told = dict(read(path) for path in mails(folder))
    return Ran(folder, told, (folder / "saw").read_text())


def test_the_line_takes_its_snapshot(ran: Ran) -> None:
    """With a config file, with nothing but variables, as the guide has it: the page is kept."""
    for place in (GOOD, "bare/50% data/masthead", "guide"):
        store = open_store(database(ran.folder / place))
        latest = store.latest("dapp_expert")
        store.close()
        assert latest is not None
        assert latest.look.readings["dapps"].value == 16230


def test_the_job_knew_nothing_of_us(ran: Ran) -> None:
    """Cron gave neither a variable of ours, nor our folder, nor a way to our programs."""
    *variables, folder = ran.saw.splitlines()
    assert folder == pwd.getpwuid(os.geteuid()).pw_dir
    assert not [name for name in variables if "MASTHEAD" in name or "XDG" in name]
    assert "PATH=/usr/bin:/bin" in variables


def test_cron_mails_only_what_needs_a_look(ran: Ran) -> None:
    """Nothing of a success; one line of a page that is gone and of a store that is away."""
    assert ran.mails.keys() == {"failing", "away", "weekly"}
    for name, words in (("failing", "/gone answered 404"), ("away", "kept in the outbox")):
        [line] = ran.mails[name].splitlines()
        assert line.startswith("masthead: dapp_expert ")
        assert words in line
    assert len(list((ran.folder / "away" / "outbox").glob("*.json"))) >= 1


def test_cron_mails_the_week(ran: Ran) -> None:
    """The digest of the guide's line comes by mail; that nothing was ever read, too."""
    assert ran.mails["weekly"].startswith("Masthead")
    assert "nothing was ever read of it" in ran.mails["weekly"]
