"""Telling by Apprise: what arrives is plain, what fails says why, and no secret is said."""

import subprocess
import sys
from pathlib import Path

import pytest

from collectors import deliver
from tests.postgres import free_port
from tests.receivers import hook, mailbox

HOSTILE = "a <b>&amp; *x* :smile: \\n {app_id} https://example.org/?a=1&b=2\n\nand on"


def test_a_message_arrives_as_it_is() -> None:
    """Nothing in it is markup, an escape or a template; the title's line has no more lines."""
    with hook() as receiver, mailbox() as box:
        became = deliver.deliver(dict.fromkeys([receiver.address, box.address], ("Ü ☂", HOSTILE)))
    assert set(became.values()) == {None}
    assert [(one["title"], one["message"]) for one in receiver.got] == [("Ü ☂", HOSTILE)]
    [mail] = box.got
    assert mail["Subject"] == "Ü ☂"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().split() == HOSTILE.split()


def test_what_fails_says_why_without_secrets() -> None:
    """Refused, away, of no known service, half written: a short reason, nothing of the address."""
    with hook() as receiver:
        receiver.status = 403
        away = f"json://me:s3cret@127.0.0.1:{free_port()}/t0ken"
        mail = f"mailto://me:s3cret@127.0.0.1:{free_port()}?to=me@example.org"
        addresses = [receiver.address, away, mail, "nosuch://s3cret", "mailto://", "tgram://s3cret"]
        became = deliver.deliver(dict.fromkeys(addresses, ("title", "body")))
    reasons = [became[address] for address in addresses]
    assert [bool(reason) for reason in reasons] == [True] * 6
    assert "403" in str(reasons[0])
    assert reasons[3:] == ["Apprise does not understand the address"] * 3
    for reason in reasons:
        assert not any(secret in str(reason) for secret in ("s3cret", "t0ken", "example.org"))


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """Who takes a message does not send it on to another place."""
    with hook() as receiver, hook() as other:
        receiver.status, receiver.location = 307, f"http://127.0.0.1:{other.port}/"
        [reason] = deliver.deliver({receiver.address: ("title", "body")}).values()
    assert reason is not None
    assert other.got == []


def test_no_code_of_the_working_folder_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a collector was started, what tells is Masthead's own."""
    (tmp_path / "apprise.py").write_text("raise SystemExit(0)")
    (tmp_path / "collectors.py").write_text("raise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    with hook() as receiver:
        assert deliver.deliver({receiver.address: ("title", "body")}) == {receiver.address: None}
        assert receiver.texts == ["body"]


def test_the_address_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone on a machine can see how its processes were called."""
    seen: list[str] = []
    run = subprocess.run

    def watched(command: list[str], **options: object) -> object:
        seen.extend(command)
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    with hook() as receiver:
        deliver.deliver({receiver.address: ("title", "body")})
    assert seen == [sys.executable, "-P", "-m", "collectors.deliver"]


def test_nobody_to_tell() -> None:
    """Then no process is started."""
    assert deliver.deliver({}) == {}
