"""The main job: ``masthead up`` against a real site, seen in a real browser."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from dashboard.server import listen
from data.clock import stopwatch
from tests.e2e.visits import REPORT_VIOLATIONS
from tests.pages import page
from tests.site import Answer, serving
from tests.waiting import until

SHOWN = ["16.23K", "78", "66.47M", "$303.26B", "879.24M"]


@pytest.fixture
def up(url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh ``masthead up`` that collects from a local site, on each engine."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    with serving() as site:
        site.answers["/"] = Answer(page())
        environ = os.environ | {"MASTHEAD_OUTBOX": str(tmp_path / "outbox")}
        command = [sys.executable, "-m", "masthead", "--database", url]
        command += ["up", "--port", str(port), "--url", site.url]
        process = subprocess.Popen(command, env=environ)
        try:
            yield f"http://127.0.0.1:{port}/"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=15) == 0
        finally:
            process.kill()
            process.wait()


def test_figures_points_and_headlines_within_ten_seconds(browser: Browser, up: str) -> None:
    """Once it answers: five values, a point in each chart, the headlines, an empty console."""
    console: list[str] = []
    opened = browser.new_context().new_page()
    opened.add_init_script(REPORT_VIOLATIONS)
    opened.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: console.append(str(error)))
    until(lambda: _answers(up), 60)
    begun = stopwatch()
    opened.goto(up)
    expect(opened.locator(".card .value")).to_have_text(SHOWN)
    for index in range(5):
        panel = opened.locator(f"#chart-box .xy{index + 1 if index else ''} .point")
        expect(panel).to_have_count(1)
    expect(opened.locator("#headlines li")).to_have_count(2)
    for title in ("A lending market opens its test network", "A second story"):
        expect(opened.get_by_text(title, exact=True)).to_be_visible()
    assert stopwatch() - begun < 10
    opened.context.close()
    assert console == []


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}api/v1/sources").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
