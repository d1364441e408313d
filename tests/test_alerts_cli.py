"""The commands of alerts, and the alerts of every run: as users and cron see them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from collectors import tell as telling
from collectors.result import Result
from collectors.runner import Runner
from data.clock import now
from data.model import slot_of
from data.rules import AlertSettings, RuleSettings
from data.settings import Settings
from data.store import Store, open_store
from tests.conftest import HOUR, T0, snapshot
from tests.pages import page
from tests.postgres import free_port
from tests.receivers import Hook, hook, mailbox
from tests.site import Answer, Site
from tests.waiting import until

SECRETS = ("s3cret", "t0ken")
RULES = """
[alerts.rules]
fall = {metric = "volume_30d", falls = "5%"}
words = {words = ["lending"]}
silent = {missed = 3}
"""


@pytest.fixture
def receiver() -> Iterator[Hook]:
    """An HTTP receiver."""
    with hook() as running:
        yield running


def config(
    folder: Path, database: str, to: list[str], site: Site | None = None, every: str = "1s"
) -> Path:
    """A config with three rules, of a source that is looked at every so often."""
    path = folder / "masthead.toml"
    url = "" if site is None else f'url = "{site.url}"\n'
    text = f'database = "{database}"\n[sources.dapp_expert]\n{url}every = "{every}"\n'
    path.write_text(f"{text}[alerts]\nto = {json.dumps(to)}\n{RULES}", encoding="utf-8")
    return path


def command(path: Path, *words: str) -> list[str]:
    """A command line of Masthead."""
    return [sys.executable, "-m", "masthead", "--config", str(path), *words]


def run(path: Path, *words: str) -> tuple[int, str, str]:
    """What a command ends with, and what it says; never a secret."""
    done = subprocess.run(command(path, *words), capture_output=True, text=True, check=False)
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    return done.returncode, done.stdout, done.stderr


def fallen(store: Store) -> None:
    """A history that ends in a fall, a moment ago."""
    end = slot_of(now(), HOUR)
    store.save(snapshot(end - 24 * HOUR, volume_30d=300e9), HOUR)
    store.save(snapshot(end, volume_30d=200e9), HOUR)


def test_test(tmp_path: Path, receiver: Hook) -> None:
    """Every address gets a message that says it is a test; the exit code says if one failed."""
    with mailbox() as box:
        path = config(tmp_path, "sqlite:///m.db", [receiver.address, box.address])
        lines = "json://127.0.0.1: delivered\nmailto://127.0.0.1: delivered\n"
        assert run(path, "alerts", "test") == (0, lines, "")
        assert box.got[0]["Subject"] == receiver.got[0]["title"] == "Masthead: a test"
        assert receiver.texts[0].startswith("This is a test, sent at ")
        dead = f"json://me:s3cret@127.0.0.1:{free_port()}/t0ken"
        path = config(tmp_path, "sqlite:///m.db", [dead, box.address])
        code, out, _ = run(path, "alerts", "test")
    assert code == 4
    first, second = out.splitlines()
    assert first.startswith("json://127.0.0.1: not delivered: ")
    assert second == "mailto://127.0.0.1: delivered"
    assert not (tmp_path / "m.db").exists()
    code, _, said = run(config(tmp_path, "sqlite:///m.db", []), "alerts", "test")
    assert (code, said.startswith("masthead: Nobody would be told: set 'to'")) == (2, True)
    code, _, said = run(tmp_path / "masthead.toml", "alerts", "check")
    assert (code, said.startswith("masthead: Nothing would be told: set 'to' and a")) == (2, True)


def test_check_and_list(store: Store, tmp_path: Path, receiver: Hook) -> None:
    """The rules are looked at by a command of their own; what holds is listed, also as JSON."""
    path = config(tmp_path, store.engine.url.shown, [receiver.address])
    fallen(store)
    code, out, _ = run(path, "alerts", "list")
    assert (code, out.count("was never looked at")) == (0, 3)
    receiver.status = 500
    code, out, said = run(path, "alerts", "check")
    assert (code, out) == (4, "")
    assert said.startswith("masthead: alerts: json://127.0.0.1 was not told: ")
    assert "not told to all yet, json://127.0.0.1: " in run(path, "alerts", "list")[1]
    receiver.status = 200
    for _ in range(2):
        assert run(path, "alerts", "check") == (0, "", "")
    [text] = receiver.texts
    assert "30d volume fell by more than 5% within 1d: from $300.00B" in text
    code, out, _ = run(path, "alerts", "list", "--json")
    fall, words, silent = json.loads(out)
    assert (fall["rule"], fall["source"]) == ("fall", "dapp_expert")
    assert fall["looks_for"] == "volume_30d falls by more than 5% within 1d"
    assert fall["last"]["attempts"] == 2
    assert None not in (fall["holds_since"], fall["last"]["told_at"])
    assert (words["last"], silent["holds_since"]) == (None, None)


def test_processes_at_the_same_moment_tell_once(
    store: Store, tmp_path: Path, receiver: Hook
) -> None:
    """However many machines run the same cron line."""
    path = config(tmp_path, store.engine.url.shown, [receiver.address])
    fallen(store)
    several = [subprocess.Popen(command(path, "alerts", "check")) for _ in range(4)]
    assert [one.wait() for one in several] == [0] * 4
    assert len(receiver.got) == 1


def test_every_run_looks_at_the_rules(tmp_path: Path, site: Site, receiver: Hook) -> None:
    """Collecting tells, a failed run too; a receiver that is away changes no exit code."""
    database = f"sqlite:///{tmp_path}/m.db"
    # So seldom that no slot is missed, however slow the machine.
    path = config(tmp_path, database, [receiver.address], site, every="1h")
    assert run(path, "collect") == (0, "", "")
    story = page().replace(b"A second story", b"Lending rises").replace(b"second-", b"third-")
    site.answers["/"] = Answer(story)
    receiver.status = 500
    code, out, said = run(path, "collect", "--now")
    assert (code, out, said.count("\n")) == (0, "", 1)
    assert said.startswith("masthead: alerts: json://127.0.0.1 was not told: ")
    site.answers["/"] = Answer(b"gone", 404)
    receiver.status = 200
    code, _, said = run(path, "collect", "--now")
    assert (code, said.count("\n")) == (4, 1)
    assert [text.split("\n")[0] for text in receiver.texts] == [
        "dapp_expert: A headline has the word 'lending': Lending rises"
    ]
    store = open_store(database)
    assert len(store.headlines("dapp_expert", None, None, 9)) == 3
    store.close()


def test_a_dry_run_tells_nobody(tmp_path: Path, site: Site, receiver: Hook) -> None:
    """It writes nothing, and so it tells nothing."""
    database = f"sqlite:///{tmp_path}/m.db"
    path = config(tmp_path, database, [receiver.address], site)
    store = open_store(database)
    store.save(snapshot(T0, volume_30d=1.0), HOUR)
    store.close()
    assert run(path, "collect", "--dry-run") == (0, "", "")
    assert receiver.got == []


def test_a_store_that_is_away(tmp_path: Path, site: Site, receiver: Hook) -> None:
    """Then only that is said: without a store nobody knows what was told."""
    path = config(tmp_path, "sqlite:////dev/null/m.db", [receiver.address], site)
    code, _, said = run(path, "collect")
    assert (code, said.count("\n"), receiver.got) == (5, 1, [])
    code, _, said = run(path, "alerts", "check")
    assert (code, said.count("\n"), receiver.got) == (5, 1, [])


def test_the_scheduler_tells_of_silence(tmp_path: Path, site: Site, receiver: Hook) -> None:
    """Three slots in vain are told while it runs, and the first figure after them."""
    site.answers["/"] = Answer(b"gone", 404)
    path = config(tmp_path, f"sqlite:///{tmp_path}/m.db", [receiver.address], site)
    process = subprocess.Popen(command(path, "schedule"), stderr=subprocess.DEVNULL)
    try:
        until(lambda: bool(receiver.got), 30)
        site.answers["/"] = Answer(page())
        until(lambda: len(receiver.got) > 1, 30)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    began, ended = receiver.texts[:2]
    assert began.startswith("dapp_expert: No figure was read for ")
    assert ended.startswith("dapp_expert: No more: Figures are read again: the last at ")


def test_a_bug_in_the_alerts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong, the run is worth what it was, and a line says so."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(telling, "tell", broken)
    told = AlertSettings(("json://a.example",), {"a": RuleSettings(missed=3)})
    runner = Runner(Settings(database=f"sqlite:///{tmp_path}/m.db", alerts=told), now)
    done = Result("dapp_expert", T0, "stored")
    assert runner.tell([done]) == [
        "alerts: a bug in Masthead, please report it: ZeroDivisionError: oops"
    ]
    assert Runner(replace(runner.settings, alerts=AlertSettings()), now).tell([done]) == []
