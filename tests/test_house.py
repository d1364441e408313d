"""The house: which room may know which, and what a command may load."""

import ast
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data.store import open_store
from tests.pages import page
from tests.site import Answer, serving

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "data": {"data"},
    "collectors": {"collectors", "data"},
    "dashboard": {"dashboard", "data"},
    "masthead": {"collectors", "dashboard", "data"},
}
FILES = sorted(
    path
    for room in ALLOWED
    for path in (ROOT.glob(f"{room}.py") if room == "masthead" else (ROOT / room).rglob("*.py"))
)


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, at whatever depth of the code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows(path: Path) -> None:
    """Collectors and dashboard know data; data knows neither; nobody knows the front door."""
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert imported(path) & (ALLOWED.keys() | {"tests"}) <= ALLOWED[room]


@pytest.mark.parametrize(
    ("names", "only"),
    [
        ({"httpx2"}, {"collectors/exchange.py", "collectors/transport.py"}),
        (
            {"httpcore2"},
            {"collectors/exchange.py", "collectors/network.py", "collectors/transport.py"},
        ),
        ({"stamina"}, {"collectors/retry.py"}),
        ({"protego"}, {"collectors/robots.py"}),
        ({"dash", "flask", "jinja2", "plotly", "gunicorn"}, {"dashboard"}),
        ({"hatchling"}, {"dashboard/wheel.py"}),
        ({"prometheus_client"}, {"dashboard/metrics.py", "dashboard/gauges.py"}),
        ({"selectolax"}, {"collectors"}),
        ({"apscheduler"}, {"collectors/schedule.py"}),
        ({"warcio"}, {"collectors/warc.py"}),
        ({"rich"}, {"data/columns.py", "collectors/meter.py"}),
        ({"sqlalchemy"}, {"data/migrations"}),
        ({"psycopg"}, {"data/listener.py", "data/postgres.py", "data/session.py"}),
        ({"alembic"}, {"data/migrations"}),
        ({"sqlite3"}, {"data/engine.py", "data/filenews.py", "data/sqlite.py"}),
        ({"pyarrow"}, {"data/blocks.py", "data/export.py"}),
        ({"typer"}, {"masthead.py"}),
        ({"apprise"}, {"collectors/deliver.py"}),
        ({"argon2"}, {"data/password.py"}),
        ({"itsdangerous"}, {"dashboard/sessions.py"}),
    ],
)
def test_libraries_live_in_one_place(names: set[str], only: set[str]) -> None:
    """HTTP, the screen, the parser, the timer and the database are each behind one door."""
    users = {str(path.relative_to(ROOT)) for path in FILES if imported(path) & names}
    assert users
    assert all(any(user.startswith(place) for place in only) for user in users), users


def calls(path: Path) -> set[str]:
    """The dotted names that a file mentions, like ``datetime.now`` and ``os.environ``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


@pytest.mark.parametrize(
    ("names", "place"),
    [
        ({"datetime.now", "datetime.today", "time.time", "time.monotonic"}, "data/clock.py"),
        ({"os.environ", "os.getenv"}, "masthead.py"),
    ],
)
def test_clock_and_environment_are_read_in_one_place(names: set[str], place: str) -> None:
    """One module asks for the time; one hands the environment on."""
    assert [str(path.relative_to(ROOT)) for path in FILES if calls(path) & names] == [place]


HEAVY = {
    *("pandas", "numpy", "pyarrow", "plotly", "dash", "flask", "dashboard", "apscheduler"),
    *("sqlalchemy", "alembic", "mako", "psycopg", "pydantic", "pydantic_core"),
    *("typer", "click", "rich", "pygments", "warcio", "multiprocessing"),
    *("apprise", "requests", "scipy", "argon2"),
}
"""What a run from cron must not load: each alone is a good part of all its time or memory."""


RULES = """
[alerts]
to = ["json://127.0.0.1:1"]
rules.fall = {metric = "volume_30d", falls = "5%"}
rules.silent = {missed = 3}
rules.moves = {moves = true}
rules.words = {words = ["hack"]}
"""


@pytest.mark.parametrize("alerts", ["", RULES])
def test_collect_is_light(tmp_path: Path, alerts: str) -> None:
    """A plain ``collect`` that fetches, reads and stores loads none of the heavy libraries.

    What looks for alerts is loaded only where there are rules; what tells them, nowhere.
    """
    database = f"sqlite:///{tmp_path}/m.db"
    open_store(database).close()
    script = (
        "import sys, masthead\n"
        f"sys.argv = ['masthead', '--config', {str(tmp_path / 'm.toml')!r}, 'collect']\n"
        "try:\n    masthead.main()\n"
        "finally:\n    print(*sys.modules)\n"
    )
    with serving() as site:
        site.answers["/"] = Answer(page())
        config = f'database = "{database}"\n[sources.dapp_expert]\nurl = "{site.url}"\n'
        (tmp_path / "m.toml").write_text(config + alerts, encoding="utf-8")
        # What measures the suite would load modules of its own.
        environ = {key: text for key, text in os.environ.items() if not key.startswith("COVERAGE")}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
        )
    modules = set(done.stdout.splitlines()[-1].split())
    assert ({"collectors.tell", "data.alerts", "data.watch"} & modules != set()) == bool(alerts)
    loaded = {name.split(".")[0] for name in modules}
    assert (done.returncode, done.stderr) == (0, "")
    assert {"collectors", "data", "httpx2", "selectolax", "sqlite3"} <= loaded
    assert not HEAVY & loaded
    with sqlite3.connect(tmp_path / "m.db") as store:
        assert store.execute("SELECT count(*) FROM snapshots").fetchone() == (1,)
    store.close()
