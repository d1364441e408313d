"""Children that run, die, cannot be used, and are stopped: real processes."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import until

SCRIPT = """
import sys
from collectors import supervise
supervise.FIRST_PAUSE_S = 0.05
sys.exit(supervise.keep_running({command}))
"""


def supervisor(commands: dict[str, list[str]]) -> subprocess.Popen[bytes]:
    """A supervisor in a process of its own."""
    script = SCRIPT.format(command=repr(commands))
    return subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)


def test_the_dead_start_again_and_all_stop_together(tmp_path: Path) -> None:
    """A child that ends is started anew; SIGTERM to the parent ends every child."""
    diary, steady = tmp_path / "diary", tmp_path / "steady"
    write = f"open({str(diary)!r}, 'a').write('x')"
    stay = (
        "import signal, sys, pathlib; "
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(steady)!r}).write_text("
        "'ended'), sys.exit(0))); "
        f"pathlib.Path({str(steady)!r}).write_text('runs'); signal.pause(); signal.pause()"
    )
    parent = supervisor(
        {"mayfly": [sys.executable, "-c", write], "rock": [sys.executable, "-c", stay]}
    )
    until(lambda: steady.exists() and diary.exists() and len(diary.read_text()) >= 3, 20)
    parent.send_signal(signal.SIGTERM)
    _, errors = parent.communicate(timeout=15)
    assert parent.returncode == 0
    assert steady.read_text() == "ended"
    assert b"the mayfly ended with 0" in errors


def test_a_child_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    """What the machine refuses now it may give later; the others go on meanwhile."""
    late, diary = tmp_path / "late", tmp_path / "diary"
    rock = [sys.executable, "-c", f"open({str(diary)!r}, 'a').write('x')"]
    parent = supervisor({"late": [str(late)], "rock": rock})
    until(lambda: diary.exists() and len(diary.read_text()) >= 2, 20)
    late.write_text(f"#!/bin/sh\necho here > {tmp_path}/came\n")
    late.chmod(0o755)
    until((tmp_path / "came").exists, 20)
    parent.send_signal(signal.SIGTERM)
    _, errors = parent.communicate(timeout=15)
    assert parent.returncode == 0
    assert b"the late cannot be started (No such file or directory), it starts again" in errors


def test_a_child_that_cannot_be_used_ends_all(tmp_path: Path) -> None:
    """Exit code 2 is a usage error: no second try, and the others are stopped."""
    rock = [sys.executable, "-c", "import signal; signal.pause()"]
    parent = supervisor({"wrong": [sys.executable, "-c", "raise SystemExit(2)"], "rock": rock})
    parent.communicate(timeout=15)
    assert parent.returncode == 2
