"""Saved pages: which files count, when they were taken, and what of them cannot be read."""

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import fetch
from collectors.jobs import FIRST_PAGE
from collectors.saved import BATCH, Saved, check_paths, fetch_saved, named_time
from data.captures import Capture, Captures, Window
from data.clock import now
from data.errors import SourceError, UsageError
from tests.archives import Archived, warc_record
from tests.conftest import HOUR

URL = "https://dapp.expert/"
DAY = timedelta(days=1)
START = datetime(2024, 3, 1, 6, tzinfo=UTC)
NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for saved pages."""
    made = tmp_path / "saved"
    made.mkdir()
    return made


def listed(captures: Captures, *paths: Path) -> tuple[Saved, int]:
    """The files after listing, and how many captures were new."""
    files = Saved(paths, URL, now)
    return files, sum(files.list_captures(URL, captures))


def known(captures: Captures) -> list[Capture]:
    """What is to be read."""
    return captures.candidates(Window(["file"], None, now()))


def archive(path: Path, count: int, url: str = URL) -> list[Archived]:
    """A packed file of so many records, one a day."""
    made = [
        Archived(START + n * DAY, f"<p>{n}</p>".encode(), url, digest=f"D{n}") for n in range(count)
    ]
    path.write_bytes(b"".join(gzip.compress(warc_record(one)) for one in made))
    return made


@pytest.mark.parametrize(
    ("name", "taken_at"),
    [
        ("20250703060102.html", datetime(2025, 7, 3, 6, 1, 2, tzinfo=UTC)),
        ("dapp.expert-20250703060102-x.html", datetime(2025, 7, 3, 6, 1, 2, tzinfo=UTC)),
        ("2025-07-03.html", datetime(2025, 7, 3, tzinfo=UTC)),
        ("2025-07-03T06:01:02Z.html", datetime(2025, 7, 3, 6, 1, 2, tzinfo=UTC)),
        ("page 2025-07-03 06.01.html", datetime(2025, 7, 3, 6, 1, tzinfo=UTC)),
        ("2025-07-03_0601.txt", datetime(2025, 7, 3, 6, 1, tzinfo=UTC)),
        ("2025-13-03.html", None),
        ("20251303060102.html", None),
        ("20270703060102.html", None),
        ("19950703060102.html", None),
        ("120250703060102.html", None),
        ("99999999999999 2025-07-03.html", datetime(2025, 7, 3, tzinfo=UTC)),
        ("page.html", None),
    ],
)
def test_named_time(name: str, taken_at: datetime | None) -> None:
    """A name tells the time by 14 digits or an ISO date; an impossible time is none."""
    assert named_time(name, NOW) == taken_at


@given(st.text(alphabet="0123456789-T_:. Zé٣", max_size=40))
def test_any_name(name: str) -> None:
    """Any name has a time in the past of the web, or none."""
    found = named_time(name, NOW)
    assert found is None or FIRST_PAGE <= found <= NOW


def test_folders(captures: Captures, folder: Path) -> None:
    """Folders are walked to the bottom; what is no saved page is passed over."""
    (folder / "a" / "b").mkdir(parents=True)
    archive(folder / "a" / "b" / "x.warc.gz", 2)
    (folder / "a" / "20250703060000.HTML").write_text("<p>one</p>")
    (folder / "2025-07-01.txt").write_text("two")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    files, new = listed(captures, folder)
    assert new == 4
    assert files.problems == []
    assert [one.taken_at.isoformat()[:10] for one in known(captures)] == [
        "2024-03-01",
        "2024-03-02",
        "2025-07-01",
        "2025-07-03",
    ]


def test_what_nobody_may_look_at(captures: Captures, folder: Path) -> None:
    """A name in a folder that leads nowhere one can look is told, and the others are read."""
    (folder / "a.html").symlink_to("a" * 300)
    (folder / "2025-07-01.html").write_text("<p>one</p>")
    files, new = listed(captures, folder)
    assert (new, files.problems) == (
        1,
        [f"{folder / 'a.html'} cannot be read: File name too long."],
    )


def test_the_time_of_the_file(captures: Captures, folder: Path) -> None:
    """A page whose name tells no time was taken when its file was last changed."""
    path = folder / "page.html"
    path.write_text("<p>one</p>")
    os.utime(path, (START.timestamp(), START.timestamp()))
    listed(captures, path)
    assert [one.taken_at for one in known(captures)] == [START]
    later = (now() + DAY).timestamp()
    os.utime(path, (later, later))
    files, new = listed(captures, path)
    assert (new, files.problems) == (
        0,
        [f"{path} was changed in the future: put its time in its name."],
    )
    os.utime(path, (0, 0))
    assert listed(captures, path)[0].problems == [
        f"{path} was changed in 1970: put its time in its name."
    ]


def test_fetch_pages(captures: Captures, folder: Path) -> None:
    """HTML and text as they are saved; the text is said to be one."""
    (folder / "2025-07-01.html").write_text("<p>one</p>")
    (folder / "2025-07-02.txt").write_text("two")
    listed(captures, folder)
    pages = [fetch_saved(one) for one in known(captures)]
    assert [(one.body, one.content_type) for one in pages] == [
        (b"<p>one</p>", ""),
        (b"two", "text/plain"),
    ]
    assert pages[0].url == URL


def test_fetch_records(captures: Captures, folder: Path) -> None:
    """Each record at its own place, with the address and the time it was archived under."""
    made = archive(folder / "x.warc.gz", 3, "https://www.dapp.expert/news/one")
    listed(captures, folder)
    pages = [fetch_saved(one) for one in known(captures)]
    assert [one.body for one in pages] == [one.body for one in made]
    assert [one.taken_at for one in pages] == [one.taken_at for one in made]
    assert {one.url for one in pages} == {"https://www.dapp.expert/news/one"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b" \n", "is empty"), (bytes(fetch.MAX_BYTES + 1), "larger than 10 MiB")],
)
def test_pages_that_are_none(captures: Captures, folder: Path, body: bytes, reason: str) -> None:
    """An empty file and a huge one are failures with a name."""
    (folder / "2025-07-01.html").write_bytes(body)
    listed(captures, folder)
    [one] = known(captures)
    with pytest.raises(SourceError, match=reason):
        fetch_saved(one)


def test_a_file_that_went_away(captures: Captures, folder: Path) -> None:
    """A page that was listed and is not there any more is named."""
    path = folder / "2025-07-01.html"
    path.write_text("<p>one</p>")
    listed(captures, folder)
    path.unlink()
    [one] = known(captures)
    with pytest.raises(SourceError, match=r"2025-07-01\.html cannot be read: No such file"):
        fetch_saved(one)


def test_other_sites(captures: Captures, folder: Path) -> None:
    """Records of other hosts are counted, and not read; www counts as the same."""
    archive(folder / "a.warc.gz", 2, "https://other.example/")
    archive(folder / "b.warc.gz", 3, "http://www.dapp.expert/")
    for _ in range(2):
        files, _ = listed(captures, folder)
        assert files.other_site == 2
    assert len(known(captures)) == 3


def test_cut_short(captures: Captures, folder: Path) -> None:
    """What stands before the cut is read; the rest is named, the next time too."""
    path = folder / "a.warc.gz"
    archive(path, 3)
    path.write_bytes(path.read_bytes()[:-40])
    for new in (2, 0):
        files, found = listed(captures, folder)
        assert found == new
        [problem] = files.problems
        assert problem.startswith(f"{path} cannot be read as WARC at byte ")
    archive(path, 3)
    files, found = listed(captures, folder)
    assert (files.problems, found) == ([], 1)


def test_a_long_archive_goes_on_where_it_was(captures: Captures, folder: Path) -> None:
    """A listing that ends in the middle of a file goes on there, and notes nothing twice."""
    path = folder / "a.warc"
    ours = [Archived(START + n * HOUR, b"<p>x</p>", digest=f"D{n}") for n in range(BATCH + 50)]
    other = Archived(START, b"<p>y</p>", "https://other.example/")
    path.write_bytes(b"".join(warc_record(one) for one in [other, *ours]))
    first = Saved([folder], URL, now).list_captures(URL, captures)
    assert next(first) == BATCH - 1
    files, found = listed(captures, folder)
    assert (found, files.other_site) == (51, 1)
    assert listed(captures, folder)[1] == 0
    assert len(known(captures)) == BATCH + 50


def test_a_page_that_changed(captures: Captures, folder: Path) -> None:
    """A file written anew is a page to be read again; one that is as it was is not."""
    path = folder / "2025-07-01.html"
    path.write_text("<p>one</p>")
    assert listed(captures, folder)[1] == 1
    assert listed(captures, folder)[1] == 0
    path.write_text("<p>another</p>")
    assert listed(captures, folder)[1] == 1


def test_mhtml(captures: Captures, folder: Path) -> None:
    """MHTML is not read, and said so once."""
    for name in ("a.mhtml", "b.mht"):
        (folder / name).write_text("MIME-Version: 1.0")
    (folder / "2025-07-01.html").write_text("<p>one</p>")
    files, new = listed(captures, folder)
    assert new == 1
    assert files.problems == [
        f"{folder / 'a.mhtml'} (and 1 more) is MHTML, which is not read: save as HTML."
    ]


def test_nothing_there(captures: Captures, folder: Path) -> None:
    """A folder without pages is a failure that says what counts."""
    with pytest.raises(SourceError, match=r"holds no page: saved pages are \.warc"):
        listed(captures, folder)


def test_check_paths(folder: Path) -> None:
    """What is not there, or no kind of saved page, is refused before anything begins."""
    (folder / "a.html").write_text("")
    check_paths([folder, folder / "a.html"])
    with pytest.raises(UsageError, match="no such file, and no such archive"):
        check_paths([folder / "waybak"])
    with pytest.raises(UsageError, match="cannot be read: File name too long"):
        check_paths([folder / f"{'a' * 300}.html"])
    for name in ("a.pdf", "a.mhtml"):
        (folder / name).write_text("")
        with pytest.raises(UsageError, match="is no saved page: those are"):
            check_paths([folder / name])
