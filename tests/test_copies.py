"""Second copies: what runs stored in a SQLite file comes back when the file cannot be read."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collectors.jobs import jobs
from collectors.runner import Runner
from data import copies, outbox
from data.errors import UsageError
from data.imports import Imported
from data.model import Page, Run
from data.restore import load
from data.settings import Settings, SourceSettings
from data.store import Store, open_store
from data.tables import Query, rows
from data.waiting import Waiting
from tests import moods
from tests.conftest import HOUR, T0, database, snapshot
from tests.pages import page
from tests.site import Answer, Site
from tests.test_cli import AT, Masthead, masthead, saved
from tests.test_private import mode

__all__ = ["masthead", "saved"]

DAY = timedelta(days=1)


def told(at: Any = T0) -> Waiting:
    """A run that stored its snapshot."""
    look = snapshot(at, figures={"dapps": 1.0})
    return Waiting(Run("dapp_expert", at, at, at, "stored", host="a"), HOUR, look)


def folder(tmp_path: Path) -> Path:
    """Where the copies of the tests' store lie."""
    return tmp_path / f"{Path(database(tmp_path)).name}{copies.SUFFIX}"


def settings_of(folder: Path, site: Site, url: str) -> Settings:
    """Settings that point to the site and to files of this test."""
    sources = {"dapp_expert": SourceSettings(url=site.url)}
    return Settings(database=url, outbox=folder / "outbox", sources=sources)


def everything(store: Store) -> list[list[Any]]:
    """Every snapshot, run and headline, this with when it was seen."""
    asked = (Query(shape="tidy"), Query("runs"))
    seen = store.headlines("dapp_expert", None, None, 99)
    return [*(list(rows(store, query)) for query in asked), seen]


def test_a_store_comes_back(tmp_path: Path, site: Site) -> None:
    """Runs with all figures, with some, with none, and unchanged: rows, pages and journal."""
    settings = settings_of(tmp_path, site, f"sqlite:///{tmp_path}/store/m.db")
    same, part = moods.remembering('"one"'), Answer(page(Active_users=""))
    answers = [same, same, part, Answer(b"<p>Away for the day.</p>"), Answer(page(Dapps="17K"))]
    for number, answer in enumerate([*answers, same, same]):
        site.answers["/"] = answer
        clock = partial(datetime.__add__, T0, number * HOUR)
        for _ in range(2):
            Runner(settings, clock).run(jobs(settings)[0])
    store, other = open_store(settings.database), open_store(database(tmp_path))
    runs = [row[4] for row in rows(store, Query("runs"))]
    assert {"stored", "partial", "failed", "duplicate", "unchanged"} == set(runs)
    done = load(other, tmp_path / "store" / "m.db-copies")
    assert done == Imported("snapshots", 6, 0)
    wanted, found = everything(store), everything(other)
    assert (found[0], found[2]) == (wanted[0], wanted[2])
    # A run that found its slot taken has nothing to bring back.
    assert found[1] == [row for row in wanted[1] if row[4] != "duplicate"]
    assert other.page_count("dapp_expert") == store.page_count("dapp_expert") == 2
    assert load(other, tmp_path / "store" / "m.db-copies") == Imported("snapshots", 0, 6)
    assert everything(other) == found


def test_a_page_read_in_part_comes_along(file_store: Store, tmp_path: Path) -> None:
    """It can be read again later, as in the store that was lost."""
    look = snapshot(figures={"dapps": None})
    kept = Page(b"\x00<html>", "https://dapp.expert/", T0, "text/html")
    copies.keep(file_store, Waiting(told().run, HOUR, look, kept))
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    load(other, folder(tmp_path))
    assert other.page_count("dapp_expert") == 1


def test_what_waited_has_a_copy(file_store: Store, tmp_path: Path) -> None:
    """What the outbox brought is in no other place once its file is gone."""
    bridged = replace(told().run, outcome="outbox")
    outbox.put(tmp_path / "box", replace(told(), run=bridged))
    outbox.put(tmp_path / "box", Waiting(replace(bridged, started_at=T0 + HOUR), HOUR))
    outbox.flush(tmp_path / "box", file_store, lambda _run, _every: False, lambda _, look: look)
    assert list((tmp_path / "box").iterdir()) == []
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    assert load(other, folder(tmp_path)) == Imported("snapshots", 1, 0)
    assert [row[4] for row in rows(other, Query("runs"))] == ["outbox"]


def test_news_of_a_slot_that_was_taken(tmp_path: Path, site: Site) -> None:
    """A second look at a slot adds no figure, but stories that are kept."""
    settings = settings_of(tmp_path, site, database(tmp_path))
    for title in ("One", "Another"):
        site.answers["/"] = Answer(page(title))
        Runner(settings, lambda: T0, refresh=True).run(jobs(settings)[0])
    store, other = (open_store(f"sqlite:///{tmp_path}/{name}.db") for name in ("masthead", "other"))
    assert load(other, folder(tmp_path)) == Imported("snapshots", 1, 1)
    stories = everything(store)[2]
    assert {"One", "Another"} <= {seen.headline.title for seen in stories}
    assert everything(other)[2] == stories


def test_days_and_bytes_are_limited(
    file_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest days stay, fewer where they are large; whatever the clock said once."""
    ahead = T0 + 9_000 * DAY
    for day in (ahead, *(T0 + number * DAY for number in range(20))):
        copies.keep(file_store, told(day))
        copies.keep(file_store, told(day + HOUR))
    found = sorted(day.stem for day in folder(tmp_path).iterdir())
    newest = [f"{T0 + number * DAY:%Y-%m-%d}" for number in range(20 - copies.DAYS + 1, 20)]
    assert found == [*newest, f"{ahead:%Y-%m-%d}"]
    assert {mode(day) for day in folder(tmp_path).iterdir()} == {"0o600"}
    assert mode(folder(tmp_path)) == "0o700"
    size = (folder(tmp_path) / f"{newest[0]}.jsonl").stat().st_size
    monkeypatch.setattr(copies, "MOST_BYTES", 3 * size)
    past = T0 - DAY
    copies.keep(file_store, told(past))
    found = sorted(day.stem for day in folder(tmp_path).iterdir())
    assert found == [f"{past:%Y-%m-%d}", *newest[-2:], f"{ahead:%Y-%m-%d}"]


def test_pages_of_one_day_fill_no_disk(
    file_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once they are as large as all copies may be, older days go and only figures are added."""
    monkeypatch.setattr(copies, "MOST_BYTES", 20_000)
    copies.keep(file_store, told(T0 - DAY))
    for hours in range(9):
        kept = Page(random.Random(hours).randbytes(8_000), "https://dapp.expert/", T0)
        copies.keep(file_store, replace(told(T0 + hours * HOUR), page=kept))
    [day] = folder(tmp_path).iterdir()
    assert day.stat().st_size < 20_000 + 8_000 * 4 / 3 + 9 * 2_000
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    assert load(other, folder(tmp_path)) == Imported("snapshots", 9, 0)
    assert other.page_count("dapp_expert") == 2


def test_no_copy_is_no_failure(
    tmp_path: Path, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What was stored is stored, though its copy cannot be made; who would mend that is told."""
    folder(tmp_path).write_text("in the way")
    settings = settings_of(tmp_path, site, database(tmp_path))
    result = Runner(settings, lambda: T0).run(jobs(settings)[0])
    assert (result.outcome, result.error) == ("stored", None)
    assert caplog.messages == [f"no second copy in {folder(tmp_path)}: File exists"]


def test_a_cut_line_costs_itself(masthead: Masthead, saved: str) -> None:
    """A full disk may cut one: the next begins anew, and what cannot be read is told of."""
    masthead("collect", "--from-file", saved, "--at", AT)
    [day] = masthead.folder.rglob("*.jsonl")
    line = day.read_bytes()
    day.write_bytes(line[:100] + b"\n[]" + line[:-1] + line)
    done = masthead("--database", "sqlite:///new.db", "import", str(day.parent))
    assert (done.returncode, done.stdout) == (3, "snapshots: 1 new, 0 already there\n")
    assert done.stderr.endswith("that could not be read, and were left: 3.\n")
    wanted = masthead("export", "headlines").stdout
    assert masthead("--database", "sqlite:///new.db", "export", "headlines").stdout == wanted


def test_refused_values_are_left(file_store: Store, tmp_path: Path) -> None:
    """A line of the right form with a figure that no store takes keeps no other out."""
    copies.keep(file_store, told())
    copies.keep(file_store, told(T0 + HOUR))
    [day] = folder(tmp_path).iterdir()
    first, second = day.read_bytes().split()
    day.write_bytes(
        first.replace(b'"run":{"source":"dapp_expert"', b'"run":{"source":null') + b"\n" + second
    )
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    assert load(other, folder(tmp_path)) == Imported("snapshots", 1, 0, unreadable=1)


def test_another_folder_is_refused(file_store: Store, tmp_path: Path) -> None:
    """It is named, with what it lacks."""
    with pytest.raises(UsageError, match=r"holds no copies of a store: it has no \.jsonl files"):
        load(file_store, tmp_path)
    (tmp_path / "x.jsonl").mkdir()
    with pytest.raises(UsageError, match=r"x\.jsonl cannot be read: Is a directory"):
        load(file_store, tmp_path)


def test_a_server_keeps_its_own(store: Store, tmp_path: Path) -> None:
    """Copies are of SQLite files alone: PostgreSQL has checksums and standbys."""
    copies.keep(store, told())
    assert folder(tmp_path).exists() == (store.engine.url.drivername == "sqlite")
