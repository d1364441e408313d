"""The guides are followed: what stands in their blocks is run, in order, against real servers."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from data.model import METRICS
from data.store import open_store
from data.tables import Query, rows
from tests import archives, scenes
from tests.conftest import database
from tests.guides import DOCUMENTS, ROOT, blocks, document, everywhere
from tests.pages import page
from tests.postgres import Server, place
from tests.receivers import hook, mailbox
from tests.served import served

PROGRAMS: Final = Path(sys.executable).parent
ELSEWHERE: Final = {"docs/api.md", "docs/add-a-source.md", "docs/reliability.md"}
"""Guides that another test follows: test_contract, test_add_a_source, faults/test_corrupted."""
SQL: Final = "postgresql://masthead@db.example.org/"
READER: Final = "postgresql://reader@db.example.org/"


@dataclass
class Desk:
    """A folder to follow a guide in, and what the guide's places and addresses stand for here."""

    folder: Path
    stands: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "backup").mkdir()
        self.stands |= {"/var/lib/masthead": str(self.folder), "/backup/": f"{self.folder}/backup/"}
        path = [PROGRAMS, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
        self.environ |= {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.folder),
            "MASTHEAD_DATABASE": database(self.folder),
            "MASTHEAD_OUTBOX": str(self.folder / "outbox"),
        }

    def fill(self, *names: str) -> None:
        """Put scenes into the store."""
        with closing(open_store(database(self.folder))) as store:
            for name in names:
                scenes.SCENES[name](store)

    def here(self, text: str) -> str:
        """A text of the guide with what its addresses stand for here."""
        for told, meant in self.stands.items():
            text = text.replace(told, meant)
        return text

    def follow(self, guide: str) -> str:
        """What a guide's blocks said, run in order; every line of them ends with 0."""
        said = ""
        found = blocks(document(guide), "sh")
        assert found
        for block in found:
            done = subprocess.run(
                ["sh", "-eu"],
                input=self.here(block.text),
                cwd=self.folder,
                env=self.environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, block.text + done.stdout + done.stderr
            said += done.stdout + done.stderr
        return said


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty desk."""
    return Desk(tmp_path)


@pytest.fixture
def server(desk: Desk, installed: tuple[Path, Path]) -> Iterator[Server]:
    """A PostgreSQL server of the desk's own, whose administrator sits at it."""
    programs, folder = installed
    own = Server(programs, place(folder / desk.folder.name))
    own.create()
    own.start()
    for role, address in (("masthead", SQL), ("reader", READER)):
        desk.stands[address] = f"postgresql://{role}@127.0.0.1:{own.port}/"
    desk.environ |= {
        "PATH": f"{programs}{os.pathsep}{desk.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(own.port),
        "PGUSER": "postgres",
        "PSQLRC": "/dev/null",
    }
    yield own
    own.stop("immediate")


def history(url: str) -> list[tuple[object, ...]]:
    """All snapshots of a store."""
    with closing(open_store(url, read_only=True)) as store:
        return list(rows(store, Query()))


def test_every_guide_is_followed() -> None:
    """Each guide with blocks to run is run by this file, or by one that ELSEWHERE names."""
    followed = {f"docs/{name}.md" for name in ("cron", "export", "digest", "alerts", "backfill")}
    followed |= {"docs/postgresql.md", "docs/backup.md"}
    guides = {path for path in DOCUMENTS if path.parent.name == "docs"}
    runnable = {path for path in guides if blocks(path, "sh")}
    assert {path.relative_to(ROOT).as_posix() for path in runnable} == followed | ELSEWHERE


def test_what_is_not_run_says_where_it_belongs() -> None:
    """A block called console begins with the place that it needs; others are not half-named."""
    for block in everywhere("console"):
        first, *commands = block.text.splitlines()
        assert first.startswith("# "), block
        assert all(line.startswith("$ ") for line in commands), block
    assert everywhere("bash", "shell") == []


def test_cron(desk: Desk) -> None:
    """A page saved by hand is collected; the line is printed."""
    (desk.folder / "page.html").write_bytes(page())
    assert "/20 * * * * " in desk.follow("docs/cron.md")
    [[slot, *_]] = history(database(desk.folder))
    assert slot == datetime(2026, 1, 31, 6, tzinfo=UTC)


def test_export(desk: Desk) -> None:
    """Every file is there, whole; the table of the last ninety days reads back in and in pandas."""
    desk.fill("several")
    before = history(database(desk.folder))
    desk.follow("docs/export.md")
    assert history(database(desk.folder)) == before
    files = {path.name: path.stat().st_size for path in desk.folder.glob("*.[cx]*")}
    assert files.keys() >= {"figures.csv", "volume.csv", "days.xlsx", "moves.csv", "days.csv"}
    [notebook] = blocks(document("docs/export.md"), "python")
    count = "\nprint(len(frame), frame['slot'].dtype)\n"
    done = subprocess.run(
        [sys.executable, "-c", notebook.text + count],
        cwd=desk.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[0] == str(len((desk.folder / "figures.csv").read_text().split()) - 1)
    assert "datetime64" in done.stdout


def test_digest(desk: Desk) -> None:
    """The week is told as text, Markdown and JSON."""
    desk.fill("several")
    said = desk.follow("docs/digest.md")
    assert said.count("dapp.expert") >= 3
    assert '"subject"' in said


def test_alerts(desk: Desk) -> None:
    """Both addresses of the config are told; the rules are taken."""
    desk.fill("several")
    [config, *_] = blocks(document("docs/alerts.md"), "toml")
    with hook() as receiver, mailbox() as mails:
        desk.stands |= {
            "mailtos://me:PASSWORD@mail.example.org?to=me@example.org": mails.address,
            "json://127.0.0.1:9000/hook": receiver.address,
        }
        (desk.folder / "masthead.toml").write_text(desk.here(config.text), encoding="utf-8")
        desk.follow("docs/alerts.md")
        assert receiver.texts
        assert mails.got


def test_backfill(desk: Desk) -> None:
    """Captures of both archives, a web archive and a folder of saved pages become history."""
    start, day = datetime(2026, 1, 1, 6, tzinfo=UTC), timedelta(days=1)
    taken = [archives.Archived(start + n * day, page(Dapps=f"{n + 10}K")) for n in range(6)]
    (desk.folder / "crawl.warc.gz").write_bytes(gzip.compress(archives.warc_record(taken[4])))
    saved = desk.folder / "saved-pages"
    saved.mkdir()
    (saved / f"{taken[5].stamp}.html").write_bytes(taken[5].body)
    with archives.serving() as held:
        held.wayback, held.crawls = taken[:2], {"CC-MAIN-2026-05": taken[2:4]}
        for key, url in held.settings().items():
            desk.environ[f"MASTHEAD_ARCHIVES__{key.upper()}"] = url
        desk.follow("docs/backfill.md")
    dapps = 6 + [metric.key for metric in METRICS].index("dapps")
    assert [one[dapps] for one in history(database(desk.folder))] == [
        (n + 10) * 1000 for n in range(6)
    ]


def test_postgresql(desk: Desk, server: Server) -> None:
    """The history is the same there; the page needs no more than the reader, who cannot write."""
    desk.fill("several")
    assert "the same" in desk.follow("docs/postgresql.md")
    assert history(server.url("masthead")) == history(database(desk.folder))
    with (
        served(desk.here(f"{READER}masthead")) as address,
        urlopen(f"{address}/api/v1/latest?source=dapp_expert", timeout=30) as answer,
    ):
        assert answer.status == 200
    rights = "SELECT bool_or(has_table_privilege('reader', oid, 'INSERT')) FROM pg_class "
    assert server.execute(
        rights + "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace", "masthead"
    ) == [(False,)]


def test_backup(desk: Desk, server: Server) -> None:
    """What was backed up is what is there again, from both kinds of store."""
    desk.fill("several")
    kept = history(database(desk.folder))
    server.execute("CREATE ROLE masthead LOGIN")
    server.execute("CREATE DATABASE masthead OWNER masthead")
    with closing(open_store(desk.here(f"{SQL}masthead"))) as store:
        scenes.several(store)
    desk.follow("docs/backup.md")
    assert history(database(desk.folder)) == kept
    assert history(desk.here("sqlite:////backup/masthead-2026-01-31.db")) == kept
    assert history(desk.here(f"{SQL}restored")) == history(desk.here(f"{SQL}masthead")) != []
