"""A backfill as a whole: both archives, saved pages, kills, Ctrl-C, and the command's contract."""

import gzip
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.backfill import TERMS, Backfill, archives
from collectors.fetch import new_client
from collectors.looks import FEW, MOST_FAILURES
from collectors.meter import Meter, Tally
from collectors.order import order
from data.captures import Captures
from data.clock import now
from data.errors import UsageError
from data.settings import ArchiveSettings, Settings
from data.store import Store, open_store
from tests.archives import Archived, Archives, Trouble, serving, warc_record
from tests.conftest import HOUR, snapshot
from tests.disturbed import QUICK, asked_twice, fill, outcomes, rows, run_killed, work
from tests.pages import page
from tests.waiting import until

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, 6, tzinfo=UTC)
OLD = b"<!doctype html><html><body><h1>An older site</h1></body></html>"
EMPTY = page(
    **dict.fromkeys(("Dapps", "Blockchains", "Active_users"), ""),
    **{"30d_volume": "", "30d_transactions": ""},
)


@pytest.fixture
def held() -> Iterator[Archives]:
    """Running archives, empty."""
    with serving() as running:
        yield running


def run(
    held: Archives,
    url: str,
    *places: str,
    stop: threading.Event | None = None,
    **more: Any,
) -> Tally:
    """A backfill into the store at ``url``."""
    bases = ArchiveSettings(**held.settings())
    settings = Settings(database=url, archives=bases)
    wanted = order(settings, "dapp_expert", places or ["wayback"], now(), **more)
    stop, tally = stop or threading.Event(), Tally()
    terms = {"wayback": QUICK, "commoncrawl": QUICK}
    opened = open_store(settings.database)
    try:
        with new_client() as client, Meter(tally, shown=False) as meter:
            found = archives(wanted, settings, now, stop, client, terms)
            Backfill(wanted, opened, found, now, stop, tally, meter).run()
    finally:
        opened.close()
    return tally


def told(tally: Tally) -> dict[str, int]:
    """The counts that are not 0."""
    return {outcome: count for outcome, count in tally.counts.items() if count}


def slots(store: Store) -> list[datetime]:
    """The slots that have a snapshot."""
    return store.slots("dapp_expert", START - 999 * DAY, START + 999 * DAY)


def test_the_documented_terms() -> None:
    """The command asks archives on their own terms."""
    assert set(TERMS) == {"wayback", "commoncrawl"}
    assert TERMS["wayback"].index_gap == timedelta(seconds=2.5)


def test_one_a_day(held: Archives, store: Store, url: str) -> None:
    """The earliest capture of each day that can be read, with its origin and its own time."""
    held.wayback = [
        Archived(START, OLD),
        Archived(START + 2 * HOUR, EMPTY),
        Archived(START + 4 * HOUR, b"", answer=404),
        Archived(START + 6 * HOUR, page(Dapps="1.5K")),
        Archived(START + 8 * HOUR, page(Dapps="2.5K")),
        Archived(START + DAY, page(Dapps="3.5K", Blockchains="")),
    ]
    tally = run(held, url)
    assert told(tally) == {
        "no header": 1,
        "empty": 1,
        "failed": 1,
        "read": 1,
        "thinned": 1,
        "partial": 1,
    }
    assert tally.exit_code == 3
    assert slots(store) == [START + 6 * HOUR, START + DAY]
    first = store.snapshot("dapp_expert", START + 6 * HOUR)
    assert first is not None
    assert (first.origin, first.taken_at) == ("wayback", START + 6 * HOUR)
    assert first.look.readings["dapps"].value == 1500
    info = store.source("dapp_expert")
    assert info is not None
    assert (info.every, info.about.label) == (HOUR, "dapp.expert")
    assert store.page_count("dapp_expert") == 2


def test_two_archives(held: Archives, store: Store, url: str) -> None:
    """Captures of both are read in the order of time; a day needs one of either."""
    held.wayback = [Archived(START + n * DAY, page()) for n in (0, 2)]
    held.crawls = {"CC-MAIN-2024-10": [Archived(START + n * DAY + HOUR, page()) for n in (0, 1)]}
    tally = run(held, url, "wayback", "commoncrawl")
    assert told(tally) == {"read": 3, "thinned": 1}
    origins = [store.snapshot("dapp_expert", slot) for slot in slots(store)]
    assert [one.origin for one in origins if one] == ["wayback", "commoncrawl", "wayback"]


def test_live_snapshots_stay(held: Archives, store: Store, url: str) -> None:
    """A slot that was looked at live is neither overwritten nor filled, nor is its page fetched."""
    store.save(snapshot(START, dapps=16_000.0, taken_at=START + timedelta(minutes=5)), HOUR)
    before = store.snapshot("dapp_expert", START)
    held.wayback = [Archived(START + n * HOUR, page()) for n in range(3)]
    tally = run(held, url, every="1h")
    assert told(tally) == {"covered": 1, "read": 2}
    assert store.snapshot("dapp_expert", START) == before
    assert held.asked(f"{START:%Y%m%d%H%M%S}id_") == 0


def test_again(held: Archives, url: str) -> None:
    """After its end the same command asks for nothing that it knows."""
    held.wayback = [Archived(START + n * DAY, page() if n % 3 else OLD) for n in range(6)]
    assert told(run(held, url)) == {"read": 4, "no header": 2}
    asked = len(held.requests)
    tally = run(held, url)
    assert (tally.exit_code, told(tally), len(held.requests)) == (0, {}, asked)


def test_a_shorter_every(held: Archives, store: Store, url: str) -> None:
    """What one day needed not is read when an hour is asked for."""
    held.wayback = [Archived(START + n * HOUR, page()) for n in range(3)]
    assert told(run(held, url)) == {"read": 1, "thinned": 2}
    assert told(run(held, url, every="1h")) == {"read": 2}
    assert len(slots(store)) == 3


def test_failed_ones_are_tried_again(held: Archives, store: Store, url: str) -> None:
    """The same command tries what failed again, three times in all, and then says so."""
    held.wayback = [Archived(START, page()), Archived(START + DAY, b"", answer=404)]
    for failed in (1, 1, 1, 0):
        tally = run(held, url)
        assert tally.counts["failed"] == failed
    assert tally.given_up == 1
    assert held.asked("20240102060000id_") == 3
    assert slots(store) == [START]


def test_window(held: Archives, store: Store, url: str) -> None:
    """Only captures from --since on, before --until; later the others."""
    held.wayback = [Archived(START + n * DAY, page()) for n in range(5)]
    run(held, url, since="2024-01-02", until="2024-01-04T06:00:00Z")
    assert slots(store) == [START + DAY, START + 2 * DAY]
    assert told(run(held, url)) == {"read": 3}


def test_suspect_figures(held: Archives, store: Store, url: str) -> None:
    """A figure that the captures before make hard to believe is no value."""
    dapps = ["10K", "11K", "1.2M", "12K"]
    held.wayback = [Archived(START + n * DAY, page(Dapps=text)) for n, text in enumerate(dapps)]
    assert told(run(held, url)) == {"read": 3, "partial": 1}
    third = store.snapshot("dapp_expert", START + 2 * DAY)
    assert third is not None
    assert "suspect" in str(third.look.readings["dapps"].problem)
    assert store.page_count("dapp_expert") == 1


def test_an_archive_that_wants_peace(held: Archives, store: Store, url: str) -> None:
    """After repeated 429s nothing is a failure of a capture; the next command goes on."""
    held.wayback = [Archived(START + n * DAY, page()) for n in range(3)]
    held.troubles["/web/2024010206"] = [Trouble(429)] * 2
    tally = run(held, url)
    assert (told(tally), tally.exit_code) == ({"read": 1}, 3)
    assert "wants to be left alone" in tally.sentence
    assert told(run(held, url)) == {"read": 2}
    assert len(slots(store)) == 3


def test_the_wish_for_peace_is_heeded_later(held: Archives, store: Store, url: str) -> None:
    """While an archive wants to be left alone the same command asks it nothing."""
    held.wayback = [Archived(START, page())]
    held.troubles["/cdx/"] = [Trouble(429, {"Retry-After": "7200"})]
    assert "wants to be left alone" in run(held, url).sentence
    tally = run(held, url)
    assert "wayback asked to be left alone until 20" in tally.sentence
    assert (tally.exit_code, len(held.requests)) == (4, 1)
    Captures(store, "dapp_expert", HOUR).rest("wayback", now())
    assert told(run(held, url)) == {"read": 1}


def test_an_archive_that_is_away(held: Archives, url: str) -> None:
    """After many captures in a row without an answer the rest is left for another day."""
    held.wayback = [Archived(START + n * DAY, page(), answer=503) for n in range(30)]
    tally = run(held, url)
    assert tally.counts["failed"] == MOST_FAILURES - 1
    assert (tally.exit_code, "try again later" in tally.sentence) == (4, True)


def test_one_archive_cannot_be_listed(held: Archives, store: Store, url: str) -> None:
    """What the other one holds is read all the same."""
    held.crawls = {"CC-MAIN-2024-10": [Archived(START, page())]}
    held.troubles["/cdx/"] = [Trouble(503)] * 2
    tally = run(held, url, "wayback", "commoncrawl")
    assert (told(tally), tally.exit_code) == ({"read": 1}, 3)
    assert "/cdx/search/cdx" in tally.sentence
    assert slots(store) == [START]


def test_nothing_can_be_listed(held: Archives, url: str) -> None:
    """No list, no captures: exit 4."""
    held.troubles["/cdx/"] = [Trouble(503)] * 2
    assert run(held, url).exit_code == 4


def test_stopped(held: Archives, store: Store, url: str) -> None:
    """Asked to stop, it gives up the capture under way alone, and goes on with that one."""
    held.wayback = [Archived(START + n * DAY, page()) for n in range(5)]
    stop, go = threading.Event(), threading.Event()

    def wait(address: str) -> None:
        if "20240103" in address:
            stop.set()
            go.wait(30)

    held.reached = wait
    tally = run(held, url, stop=stop)
    go.set()
    assert (told(tally), tally.problems) == ({"read": 2}, [])
    held.reached = None
    assert told(run(held, url)) == {"read": 3}
    assert all("20240103" in address for address in asked_twice(held))
    assert len(slots(store)) == 5


@pytest.mark.parametrize("count", [FEW - 10, FEW + 10])
def test_saved_pages(held: Archives, store: Store, tmp_path: Path, url: str, count: int) -> None:
    """Files are read here or on all cores; both give the same, in the order of time."""
    folder = tmp_path / "saved"
    folder.mkdir()
    records = [Archived(START + n * DAY, page(Dapps=f"{n + 10}K")) for n in range(count)]
    body = b"".join(gzip.compress(warc_record(one)) for one in records)
    (folder / "a.warc.gz").write_bytes(body)
    (folder / "2023-12-01.html").write_bytes(OLD)
    (folder / "2023-12-02.html").write_bytes(EMPTY)
    (folder / "2023-12-03.html").write_bytes(b"")
    tally = run(held, url, str(folder))
    assert told(tally) == {"read": count, "no header": 1, "empty": 1, "failed": 1}
    assert held.requests == []
    found = [store.snapshot("dapp_expert", slot) for slot in slots(store)]
    assert [one.look.readings["dapps"].value for one in found if one] == [
        1000.0 * (n + 10) for n in range(count)
    ]
    assert {one.origin for one in found if one} == {"file"}
    assert store.page_count("dapp_expert") == 1


def test_only_the_files_named(held: Archives, store: Store, tmp_path: Path, url: str) -> None:
    """Pages of a folder named before are not read for another one."""
    stop = threading.Event()
    stop.set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"2024-01-0{'_ab'.index(name)}.html").write_bytes(page())
    assert told(run(held, url, str(tmp_path / "a"), stop=stop)) == {}
    assert told(run(held, url, str(tmp_path / "b"))) == {"read": 1}
    assert [slot.day for slot in slots(store)] == [2]


def test_killed(tmp_path: Path, url: str) -> None:
    """Killed three times at random moments, it ends with exactly what an undisturbed one gives."""
    alone, killed = (f"sqlite:///{tmp_path / name}.db" for name in ("alone", "killed"))
    with serving() as held:
        fill(held, 150, seed=7)
        work(alone, held.url)
        asked = len(held.requests)
        assert not asked_twice(held)
        wanted = rows(alone, held.url)
    moments = sorted(random.Random(7).sample(range(1, asked - 40), 3))
    with serving() as held:
        fill(held, 150, seed=7)
        seen = run_killed(killed, held, moments, seed=7)
        assert asked_twice(held) <= seen.under_way
        assert rows(killed, held.url) == wanted
    found = outcomes(wanted)
    assert {"read", "partial", "empty", "no header", "failed", "thinned"} == set(found)
    assert len(wanted["snapshots"]) == found["read"] + found["partial"]


def group(leader: int) -> list[str]:
    """The processes of a group that are alive."""
    stats = [path.read_text().rpartition(")")[2].split() for path in stat_files()]
    return [state for state, _parent, of, *_ in stats if of == str(leader) and state != "Z"]


def stat_files() -> Iterator[Path]:
    """What the kernel says of each process, as long as it is there."""
    return (path for path in Path("/proc").glob("[0-9]*/stat") if path.exists())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks the Linux kernel")
def test_killed_while_reading_on_all_cores(
    held: Archives, store: Store, tmp_path: Path, url: str
) -> None:
    """A kill leaves no process behind, and the same command reads the rest."""
    folder = tmp_path / "saved"
    folder.mkdir()
    for number in range(1_000):
        stamp = f"{START - number * DAY:%Y%m%d%H%M%S}"
        (folder / f"{stamp}.html").write_bytes(page(Dapps=f"{number % 9 + 10}K"))
    command = Command(tmp_path, held, url)
    backfill = ("backfill", "dapp_expert", "--from", str(folder))
    with command.start(*backfill) as process:
        until(lambda: store.latest("dapp_expert") is not None, 60)
        assert len(group(process.pid)) > 1
        process.kill()
    until(lambda: not group(process.pid), 30)
    kept = len(store.slots("dapp_expert", START - 999 * DAY, START + DAY))
    assert 0 < kept < 1_000
    assert command(*backfill)[1].endswith(f"0 captures new; {1_000 - kept} read.\n")


@pytest.mark.parametrize(
    ("places", "more", "message"),
    [
        (["waybak"], {}, "no such file, and no such archive"),
        (["wayback"], {"every": "10m"}, "shorter than a slot of dapp_expert, 1h"),
        (["wayback"], {"every": "often"}, "not a duration"),
        (["wayback"], {"since": "1d", "until": "2d"}, "lies after --until"),
        (["wayback"], {"since": "yesterday"}, "not a time"),
        (["wayback"], {"url": "ftp://dapp.expert/"}, "does not begin with http"),
    ],
)
def test_usage(places: list[str], more: dict[str, str], message: str) -> None:
    """What cannot be ordered is said before anything is asked."""
    with pytest.raises(UsageError, match=message):
        order(Settings(), "dapp_expert", places, now(), **more)


class Command:
    """The command in a home of its own."""

    def __init__(self, folder: Path, held: Archives, url: str) -> None:
        bases = {f"MASTHEAD_ARCHIVES__{key.upper()}": url for key, url in held.settings().items()}
        self.environ = {
            **{key: value for key, value in os.environ.items() if "MASTHEAD" not in key},
            **bases,
            "MASTHEAD_DATABASE": url,
            "XDG_CONFIG_HOME": str(folder),
        }
        self.folder = folder

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """It, under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "masthead", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environ,
            process_group=0,
        )

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Its exit code and what it said on stderr; stdout stays empty."""
        with self.start(*arguments) as process:
            out, errors = process.communicate(timeout=60)
        assert out == ""
        return process.returncode, errors


def test_command(held: Archives, store: Store, tmp_path: Path, url: str) -> None:
    """One line on stderr, nothing with --quiet where all went well, exit codes as written."""
    command = Command(tmp_path, held, url)
    held.wayback = [Archived(START + n * DAY, page()) for n in range(3)]
    backfill = ("backfill", "dapp_expert", "--from", "wayback")
    assert command(*backfill) == (0, "masthead: dapp_expert: 3 captures new; 3 read.\n")
    assert command("--quiet", *backfill) == (0, "")
    assert len(slots(store)) == 3
    (tmp_path / "none").mkdir()
    code, said = command("--quiet", *backfill[:3], str(tmp_path / "none"))
    assert (code, said.count("\n")) == (4, 1)
    assert "holds no page" in said
    assert command(*backfill[:3], "nowhere")[0] == 2
    assert command("--database", f"sqlite:///{tmp_path}/none", *backfill)[0] == 5


def test_command_takes_files_as_a_shell_gives_them(
    held: Archives, store: Store, tmp_path: Path, url: str
) -> None:
    """What a shell makes of ``--from *.html`` are all to be read."""
    days = ["2024-01-01", "2024-01-02", "2024-01-03"]
    for day in days:
        (tmp_path / f"{day}.html").write_bytes(page())
    command = Command(tmp_path, held, url)
    names = [f"{day}.html" for day in days]
    code, said = command("backfill", "dapp_expert", "--from", *names)
    assert (code, len(slots(store))) == (0, 3), said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_command_is_stopped(
    held: Archives, store: Store, tmp_path: Path, url: str, number: int, code: int
) -> None:
    """Ctrl-C and SIGTERM end it cleanly in one line; the same command then does the rest."""
    held.wayback = [Archived(START + n * DAY, page()) for n in range(4)]
    asked, go = threading.Event(), threading.Event()

    def wait(address: str) -> None:
        if "20240102" in address:
            asked.set()
            go.wait(30)

    held.reached = wait
    command = Command(tmp_path, held, url)
    backfill = ("backfill", "dapp_expert", "--from", "wayback")
    with command.start(*backfill) as process:
        until(asked.is_set, 60)
        process.send_signal(number)
        go.set()
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.endswith("stopped, the same command goes on.\n")
    assert said.count("\n") == 1
    held.reached = None
    assert command(*backfill)[0] == 0
    assert len(slots(store)) == 4
    assert held.asked("20240101060000id_") == 1
