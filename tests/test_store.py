"""The store: one snapshot a slot, nothing lost, and a counter that tells readers of changes."""

import gzip
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from data import engine as engines
from data import journal
from data.errors import StoreError
from data.model import KEYS, SAMPLE, About, Answered, Headline, Page, Run, SeenHeadline, Snapshot
from data.schema import (
    ROLLUPS,
    TABLES,
    alerts,
    captures,
    listings,
    pages,
    rollups_hour,
    snapshots,
)
from data.soundness import check
from data.sql import count
from data.statements import insert, select, text
from data.store import Store, open_store
from data.writes import KEPT_PAGES, Added
from tests.conftest import HOUR, T0, database, snapshot

DAY = timedelta(days=1)
URL = "https://dapp.expert/news/one"
FULL = {key: float(number) for number, key in enumerate(KEYS, 1)}


def version(store: Store, source: str = "dapp_expert") -> int:
    """The source's change counter."""
    info = store.source(source)
    return 0 if info is None else info.version


def values(store: Store) -> dict[str, float | None]:
    """The figures kept for T0."""
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    return {key: reading.value for key, reading in kept.look.readings.items()}


def test_snapshot_reads_back(store: Store) -> None:
    """A snapshot comes back as it was: times, texts, problems and half-widths."""
    kept = snapshot(
        via="page",
        as_of=T0 - HOUR,
        taken_at=T0 + timedelta(milliseconds=1234),
        shown={"dapps": "16.23K", "volume_30d": "€303.26B"},
        problems={"volume_30d": "not in USD"},
        dapps=16_230.0,
    )
    assert store.save(kept, HOUR) == "stored"
    assert store.snapshot("dapp_expert", T0) == kept
    assert store.latest("dapp_expert") == kept
    assert kept.look.readings["dapps"].half_width == 5.0
    assert store.snapshot("dapp_expert", T0 + HOUR) is None
    assert store.latest("another") is None


def test_zero_is_not_missing(store: Store) -> None:
    """A zero that was read and a figure that was not read stay different."""
    store.save(snapshot(dapps=0.0), HOUR)
    assert values(store)["dapps"] == 0.0
    assert values(store)["blockchains"] is None


def test_slot_is_kept_once(store: Store) -> None:
    """A second look at a complete slot changes nothing, not even its time."""
    first = snapshot(figures=FULL)
    again = snapshot(figures=dict.fromkeys(KEYS, 9.0), taken_at=T0 + timedelta(minutes=5))
    assert [store.save(first, HOUR), store.save(again, HOUR)] == ["stored", "duplicate"]
    assert store.snapshot("dapp_expert", T0) == first
    assert version(store) == 1


def test_missing_figures_are_filled(store: Store) -> None:
    """A later look by the same way fills only what was not read, with its text, and clears why."""
    store.save(
        snapshot(
            via="page",
            shown={"dapps": "1K", "blockchains": "?"},
            problems={"blockchains": "odd", "volume_30d": "gone"},
            dapps=1000.0,
        ),
        HOUR,
    )
    later = snapshot(
        via="page", shown={"dapps": "2K", "blockchains": "78"}, dapps=2000.0, blockchains=78.0
    )
    assert store.save(later, HOUR) == "filled"
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    readings = kept.look.readings
    assert (readings["dapps"].value, readings["dapps"].shown) == (1000.0, "1K")
    assert (readings["blockchains"].value, readings["blockchains"].shown) == (78.0, "78")
    assert readings["blockchains"].problem is None
    assert readings["volume_30d"].problem == "gone"
    assert version(store) == 2


def test_no_filling_from_another_way(store: Store) -> None:
    """Figures of a page do not fill a payload's row: their rounding would be told wrong."""
    store.save(snapshot(via="payload", dapps=1.0), HOUR)
    other = snapshot(via="page", shown={"volume_30d": "$1.00B"}, volume_30d=1e9)
    assert store.save(other, HOUR) == "duplicate"
    assert values(store)["volume_30d"] is None
    assert version(store) == 1


def test_empty_snapshot_is_replaced_whole(store: Store) -> None:
    """A slot where nothing was read takes the first look that reads, by whatever way."""
    store.save(snapshot(via=None, problems={"dapps": "no header"}), HOUR)
    later = snapshot(via="page", shown={"dapps": "78"}, dapps=78.0, taken_at=T0 + HOUR / 2)
    assert store.save(later, HOUR) == "filled"
    assert store.snapshot("dapp_expert", T0) == later


def test_filling_updates_the_rollups(store: Store) -> None:
    """A filled figure is in its hour and its day."""
    store.save(snapshot(dapps=1.0), HOUR)
    store.save(snapshot(dapps=1.0, blockchains=78.0), HOUR)
    with store.reading() as connection:
        for table in ROLLUPS:
            row = connection.execute(select(table)).one()
            assert (row.dapps_n, row.blockchains_n, row.blockchains_last) == (1, 1, 78.0)


def test_source_info(store: Store) -> None:
    """A source knows its interval and its span; real ones stand by name, before the sample."""
    for hours in (3, 0, 5):
        store.save(snapshot(T0 + hours * HOUR, source="zeta", dapps=1.0), HOUR)
    store.save(snapshot(source=SAMPLE, dapps=1.0), DAY)
    store.save(snapshot(source="beta", dapps=1.0), HOUR)
    beta, zeta, sample = store.sources()
    assert beta.source == "beta"
    assert (zeta.source, zeta.every, zeta.first_slot, zeta.last_slot) == (
        "zeta",
        HOUR,
        T0,
        T0 + 5 * HOUR,
    )
    assert (sample.source, sample.every, sample.version) == (SAMPLE, DAY, 1)
    assert store.source("zeta") == zeta
    assert store.source("none") is None


def test_version_grows_exactly_on_visible_change(store: Store) -> None:
    """Snapshots, fills, headlines and intervals that change count; repetitions do not."""
    story = Headline("One", URL)
    look = snapshot(dapps=1.0, headlines=(story,))
    later = replace(look, taken_at=T0 + timedelta(minutes=9))
    fuller = snapshot(dapps=1.0, blockchains=1.0, headlines=(replace(story, author="A"),))
    seen = []
    for one, every in (
        (look, HOUR),
        (look, HOUR),
        (later, HOUR),
        (fuller, HOUR),
        (fuller, HOUR),
        (fuller, 2 * HOUR),
        (fuller, 2 * HOUR),
    ):
        store.save(one, every)
        seen.append(version(store))
    assert seen == [1, 1, 1, 2, 2, 3, 3]
    number, _ = journal.start(store, Run("dapp_expert", T0, T0))
    journal.finish(store, number, Run("dapp_expert", T0, T0, T0, "failed"))
    store.keep_page(look, Page(b"", URL, T0))
    store.add([look], {})
    assert version(store) == 3


def test_version_is_never_used_twice(store: Store) -> None:
    """A source that was removed and comes back does not repeat the counter of another history."""
    store.save(snapshot(dapps=1.0), HOUR)
    before = version(store)
    store.remove("dapp_expert")
    store.save(snapshot(dapps=2.0), HOUR)
    assert version(store) > before


def test_headline_is_kept_once(store: Store) -> None:
    """A story seen again keeps when it was first seen and notes when it was seen last."""
    story = Headline("One", URL, published_from=T0 - DAY, published_to=T0)
    store.save(snapshot(dapps=1.0, headlines=(story,)), HOUR)
    store.save(snapshot(T0 + HOUR, dapps=1.0, headlines=(story,)), HOUR)
    kept = store.headlines("dapp_expert", None, None, 10)
    first, last = T0 + timedelta(seconds=4), T0 + HOUR + timedelta(seconds=4)
    assert kept == [SeenHeadline(story, "dapp_expert", first, last)]


def test_headlines_of_a_duplicate_snapshot_are_kept(store: Store) -> None:
    """News on a page whose slot is taken is not lost."""
    store.save(snapshot(figures=FULL), HOUR)
    assert (
        store.save(snapshot(figures=FULL, headlines=(Headline("New", URL),)), HOUR) == "duplicate"
    )
    assert [seen.headline.title for seen in store.headlines("dapp_expert", None, None, 9)] == [
        "New"
    ]
    assert version(store) == 2


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (Headline("A", URL), Headline("B", URL), Headline("B", URL)),
        (Headline("A", URL, "S", "X"), Headline("A", URL), Headline("A", URL, "S", "X")),
        (Headline("A", URL, "S"), Headline("A", URL, "S2", "X"), Headline("A", URL, "S2", "X")),
        (Headline("A"), Headline("A", URL), Headline("A", URL)),
        (Headline("A", URL), Headline("A"), Headline("A", URL)),
        (Headline("A", URL, lead=True), Headline("A", URL), Headline("A", URL, lead=True)),
        (
            Headline("A", URL, published_from=T0 - 2 * DAY, published_to=T0),
            Headline("A", URL, published_from=T0 - DAY, published_to=T0 + DAY),
            Headline("A", URL, published_from=T0 - DAY, published_to=T0),
        ),
        (
            Headline("A", URL),
            Headline("A", URL, published_from=T0, published_to=T0),
            Headline("A", URL, published_from=T0, published_to=T0),
        ),
        (
            Headline("A", URL, published_from=T0, published_to=T0),
            Headline("A", URL),
            Headline("A", URL, published_from=T0, published_to=T0),
        ),
        (
            Headline("A", URL, published_from=T0, published_to=T0),
            Headline("A", URL, published_from=T0 - 9 * DAY, published_to=T0 - 8 * DAY),
            Headline("A", URL, published_from=T0, published_to=T0),
        ),
    ],
)
def test_headlines_merge(store: Store, first: Headline, second: Headline, merged: Headline) -> None:
    """One story told twice is one row with the newest words and the narrowest time."""
    for number, story in enumerate((first, second)):
        store.save(snapshot(T0 + number * HOUR, dapps=1.0, headlines=(story,)), HOUR)
    assert [seen.headline for seen in store.headlines("dapp_expert", None, None, 9)] == [merged]


def test_older_news_does_not_overwrite_newer(store: Store) -> None:
    """A headline imported from before keeps the newer words and moves first seen back."""
    store.save(snapshot(dapps=1.0, headlines=(Headline("New words", URL),)), HOUR)
    earlier = SeenHeadline(Headline("Old words", URL, "S"), "dapp_expert", T0 - DAY, T0 - DAY)
    assert store.add_headlines([earlier], {}) == 1
    (kept,) = store.headlines("dapp_expert", None, None, 9)
    assert kept.headline == Headline("New words", URL, "S")
    assert (kept.first_seen_at, kept.last_seen_at) == (T0 - DAY, T0 + timedelta(seconds=4))


def test_two_addresses_with_one_title_stay_two(store: Store) -> None:
    """Two stories with the same title and different addresses are not merged."""
    stories = (Headline("A", URL), Headline("A", f"{URL}-more"))
    store.save(snapshot(dapps=1.0, headlines=stories), HOUR)
    assert len(store.headlines("dapp_expert", None, None, 9)) == 2


def test_times_are_kept_to_the_millisecond(store: Store) -> None:
    """Finer ones are cut on both engines alike: the same history has the same rows on both."""
    finer = T0 + timedelta(microseconds=1_999)
    story = Headline("A day", URL, published_from=T0, published_to=finer)
    store.add_headlines([SeenHeadline(story, "dapp_expert", finer, finer)], {})
    [seen] = store.headlines("dapp_expert", None, None, 9)
    cut = T0 + timedelta(milliseconds=1)
    assert (seen.headline.published_to, seen.first_seen_at, seen.last_seen_at) == (cut, cut, cut)


def test_headlines_stand_where_published_or_first_seen(store: Store) -> None:
    """An exact publication places a story; an interval does not; both ends of a span count."""
    seen = [
        SeenHeadline(
            Headline("exact", f"{URL}1", published_from=T0 - DAY, published_to=T0 - DAY),
            "dapp_expert",
            T0,
            T0,
        ),
        SeenHeadline(
            Headline("vague", f"{URL}2", published_from=T0 - 9 * DAY, published_to=T0),
            "dapp_expert",
            T0,
            T0 + DAY,
        ),
        SeenHeadline(Headline("lead", f"{URL}3", lead=True), "dapp_expert", T0, T0),
        SeenHeadline(Headline("other", f"{URL}4"), "another", T0, T0),
    ]
    assert store.add_headlines(seen, {"dapp_expert": HOUR, "another": HOUR}) == 4

    def titles(start: datetime | None, end: datetime | None, limit: int = 9) -> list[str]:
        found = store.headlines("dapp_expert", start, end, limit)
        return [one.headline.title for one in found]

    assert titles(None, None) == ["lead", "vague", "exact"]
    assert titles(T0, None) == ["lead", "vague"]
    assert titles(None, T0 - DAY) == ["exact"]
    assert titles(T0 - DAY, T0 - DAY) == ["exact"]
    assert titles(None, None, limit=1) == ["lead"]


def test_pages_are_pruned(store: Store) -> None:
    """Unread pages are kept gzipped, the newest 200 a source, in whatever order they came."""
    order = [7, *range(KEPT_PAGES + 5, 100, -1), *range(101)]
    for number in order:
        look = snapshot(T0 + number * HOUR)
        store.keep_page(look, Page(f"page {number}".encode(), URL, look.taken_at))
    store.keep_page(snapshot(source="another"), Page(b"", URL, T0))
    assert store.page_count("dapp_expert") == KEPT_PAGES == 200
    assert store.page_count("another") == 1
    with store.reading() as connection:
        oldest = connection.execute(select(pages).order_by(pages.c.source.desc(), pages.c.slot))
        row = oldest.first()
    assert row is not None
    assert (row.slot, gzip.decompress(row.body)) == (T0 + 6 * HOUR, b"page 6")


def test_page_is_kept_with_its_snapshot(store: Store) -> None:
    """A partial look keeps its page in the same transaction; the slot's last page stays."""
    look = snapshot(dapps=1.0)
    store.save(look, HOUR, Page(b"one", URL, T0))
    store.save(look, HOUR, Page(b"two", URL, T0 + HOUR / 2))
    with store.reading() as connection:
        rows = connection.execute(select(pages)).all()
    assert [gzip.decompress(row.body) for row in rows] == [b"two"]


def test_runs(store: Store) -> None:
    """A run is written when it begins and again when it ended; the newest can be asked for."""
    begun = Run("dapp_expert", T0, T0, host="here")
    number, _ = journal.start(store, begun)
    assert store.last_run("dapp_expert") == begun
    done = replace(begun, ended_at=T0 + HOUR, outcome="failed", message="no", http_status=500)
    journal.finish(store, number, done)
    assert store.last_run("dapp_expert") == done
    newer = Run("dapp_expert", T0 + HOUR, T0 + HOUR, outcome="stored", bytes=9, attempts=1)
    assert store.add_runs([newer, newer, done]) == 1
    assert store.last_run("dapp_expert") == newer
    assert journal.errors(store, "dapp_expert", 9) == [done]
    assert store.add_runs([replace(newer, started_at=T0 - HOUR, ended_at=T0)]) == 1
    assert store.last_run("dapp_expert") == newer
    journal.start(store, replace(begun, started_at=newer.started_at))
    assert store.last_run("dapp_expert") == replace(begun, started_at=newer.started_at)
    assert store.last_run("another") is None


def test_remove_forgets_one_source(store: Store) -> None:
    """Everything of the source goes, nothing of the others does."""
    for source in (SAMPLE, "dapp_expert"):
        look = snapshot(source=source, dapps=1.0, headlines=(Headline("A"),))
        store.save(look, HOUR, Page(b"", URL, T0), Answered(URL, etag='"1"', slot=T0))
        journal.start(store, Run(source, T0, T0))
        with store.writing() as connection:
            key = {"source": source, "origin": "wayback"}
            capture = {"key": URL, "taken_at": T0, "slot": T0, "address": URL}
            connection.execute(insert(captures).values(**key, **capture, attempts=0))
            connection.execute(insert(listings).values(**key, scope=URL))
            alert = {"state": "event", "since": T0, "text": "", "told": "[]", "attempts": 0}
            connection.execute(insert(alerts).values(source=source, rule="r", key="k", **alert))
    assert store.remove(SAMPLE) == 1
    assert store.remove(SAMPLE) == 0
    assert [info.source for info in store.sources()] == ["dapp_expert"]
    assert store.source(SAMPLE) is None
    with store.reading() as connection:
        for table in TABLES:
            if table.name not in ("sources", "robots"):
                found = list(connection.scalars(select(table.c.source)))
                assert found == ["dapp_expert"], table.name


def test_look_at_an_unchanged_page(store: Store) -> None:
    """It is a snapshot like any other, and sees again the stories that the look before saw."""
    told = [Headline("Gone", f"{URL}-gone"), Headline("Still there", f"{URL}-still")]
    first = snapshot(dapps=1.0, headlines=tuple(told))
    before = snapshot(T0 + HOUR, dapps=1.0, headlines=tuple(told[1:]))
    for look in (first, before):
        store.save(look, HOUR)
    same = snapshot(T0 + 2 * HOUR, dapps=1.0)
    note = Answered(URL, etag='"1"', slot=before.slot)
    assert store.save_unchanged(same, HOUR, before.taken_at, note) == "stored"
    assert store.snapshot("dapp_expert", same.slot) == same
    info = store.source("dapp_expert")
    assert info is not None
    assert (info.every, info.last_slot, info.version) == (HOUR, same.slot, 3)
    seen = store.headlines("dapp_expert", None, None, 9)
    assert {one.headline.title: one.last_seen_at for one in seen} == {
        "Gone": first.taken_at,
        "Still there": same.taken_at,
    }
    assert store.answered("dapp_expert") == note
    with store.reading() as connection:
        assert connection.scalar(select(count()).select_from(rollups_hour)) == 3
    store.save_unchanged(snapshot(T0 + DAY, dapps=1.0), DAY, same.taken_at, note)
    assert [info.every for info in store.sources()] == [DAY]


def test_unchanged_look_at_a_slot_that_is_taken(store: Store) -> None:
    """It changes nothing: neither the snapshot nor the stories, the answer or the version."""
    first = snapshot(figures=FULL, headlines=(Headline("One", URL),))
    note = Answered(URL, etag='"1"', slot=T0)
    store.save(first, HOUR, answered=note)
    later = replace(first, taken_at=first.taken_at + HOUR / 2)
    other = Answered(URL, etag='"2"', slot=T0)
    assert store.save_unchanged(later, HOUR, first.taken_at, other) == "duplicate"
    assert store.snapshot("dapp_expert", T0) == replace(
        first, look=replace(first.look, headlines=())
    )
    [seen] = store.headlines("dapp_expert", None, None, 9)
    assert seen.last_seen_at == first.taken_at
    assert store.answered("dapp_expert") == note
    assert version(store) == 1


def test_unchanged_look_at_a_slot_that_was_read_in_part(store: Store) -> None:
    """Of two runs at once one read the page in part: what the other knows is filled in, in the
    rollups too, and the page is no more needed.
    """
    store.save(snapshot(T0 - HOUR, figures=FULL), HOUR)
    store.save(snapshot(dapps=FULL["dapps"]), HOUR, Page(b"", URL, T0))
    note = Answered(URL, etag='"1"', slot=T0 - HOUR)
    same = snapshot(figures=FULL)
    assert store.save_unchanged(same, HOUR, T0 - HOUR, note) == "filled"
    assert values(store) == FULL
    assert check(store) == 2
    assert (version(store), store.page_count("dapp_expert")) == (3, 0)


def test_an_answer_belongs_to_its_snapshot(store: Store) -> None:
    """It is kept with a snapshot that is new, or by itself, in the place of an older one."""
    first = Answered(URL, '"1"', "Sat, 31 Jan 2026 06:00:00 GMT", T0, T0 + HOUR, T0)
    assert store.answered("dapp_expert") is None
    store.save(snapshot(dapps=1.0), HOUR, answered=first)
    assert store.answered("dapp_expert") == first
    fuller = snapshot(dapps=1.0, blockchains=2.0)
    assert store.save(fuller, HOUR, answered=Answered(URL, '"2"', slot=T0)) == "filled"
    assert store.answered("dapp_expert") == first
    store.keep_answer("another", Answered(URL))
    store.keep_answer("dapp_expert", Answered(URL, '"3"'))
    assert store.answered("dapp_expert") == Answered(URL, '"3"')


def test_a_source_can_say_what_it_is(store: Store) -> None:
    """What it says of itself is known before it has a history, and after."""
    about = About("new", "New", ("dapps",), "Thanks.", URL, {"dapps": "All of them."})
    store.describe(about, DAY)
    info = store.source("new")
    assert info is not None
    assert (info.about, info.every, info.first_slot, info.version) == (about, DAY, None, 1)
    store.save(snapshot(source="new", dapps=1.0), DAY)
    kept = store.source("new")
    assert kept is not None
    assert (kept.about, kept.first_slot) == (about, T0)
    newest = store.latest("new")
    assert newest is not None
    assert list(newest.look.readings) == ["dapps"]


def test_rules_of_a_site(store: Store) -> None:
    """One robots.txt a site is kept, the one that came last."""
    assert store.cached_rules("https://a.test:443") is None
    store.keep_rules("https://a.test:443", "one", T0)
    store.keep_rules("https://a.test:443", "two", T0 + DAY)
    store.keep_rules("https://b.test:443", "three", T0)
    assert store.cached_rules("https://a.test:443") == ("two", T0 + DAY)


def test_newest_snapshot_that_read_something(store: Store) -> None:
    """Snapshots without the figures that are asked for are passed over, and later ones too."""
    store.save(snapshot(dapps=1.0), HOUR)
    store.save(snapshot(T0 + HOUR, blockchains=2.0), HOUR)
    store.save(snapshot(T0 + 2 * HOUR, via=None), HOUR)
    store.save(snapshot(T0 + 9 * HOUR, dapps=3.0), HOUR)
    store.save(snapshot(T0 + 2 * HOUR, source="another", dapps=4.0), HOUR)

    def slot(hours: int, *keys: str) -> datetime | None:
        found = store.latest_read("dapp_expert", T0 + hours * HOUR, keys or KEYS)
        return found.slot if found else None

    assert slot(8) == T0 + HOUR
    assert slot(1) == T0 + HOUR
    assert slot(8, "dapps") == T0
    assert slot(9, "dapps") == T0 + 9 * HOUR
    assert slot(9, "volume_30d") is None
    assert slot(-1) is None
    newest = store.latest("dapp_expert")
    assert newest is not None
    assert newest.slot == T0 + 9 * HOUR


def test_first_try(store: Store) -> None:
    """The first live look or the first run that asked, whichever was earlier; history is none."""
    source = "dapp_expert"
    store.save(snapshot(T0 - 9 * HOUR, origin="wayback", dapps=1.0), HOUR)
    store.add_runs([Run(source, T0 - 8 * HOUR, T0 - 8 * HOUR, outcome="failed", attempts=0)])
    store.add_runs([Run("another", T0 - 7 * HOUR, T0 - 7 * HOUR, attempts=1)])
    assert store.first_try(source) is None
    for hours in (2, 1):
        store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
        assert store.first_try(source) == T0 + hours * HOUR
    for hours in (3, 0):
        at = T0 + hours * HOUR
        store.add_runs([Run(source, at, at, outcome="failed", attempts=1)])
    assert store.first_try(source) == T0
    store.save(snapshot(T0 - HOUR, source="another", dapps=1.0), HOUR)
    assert store.first_try(source) == T0


def test_headlines_that_tell_nothing_new(store: Store) -> None:
    """One headline that is new changes what readers see, the same one told again does not."""
    [seen] = [SeenHeadline(Headline("One", URL), "dapp_expert", T0, T0)]
    assert store.add_headlines([seen], {"dapp_expert": DAY}) == 1
    info = store.source("dapp_expert")
    assert info is not None
    assert (info.every, info.version) == (DAY, 1)
    assert store.add_headlines([seen], {"dapp_expert": DAY}) == 0
    assert version(store) == 1


def test_slots(store: Store) -> None:
    """The slots of a span: its start counts, its end does not."""
    for hours in (-1, 1, 0, 2):
        store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
    assert store.slots("dapp_expert", T0, T0 + 2 * HOUR) == [T0, T0 + HOUR]


def test_add_counts_what_became_of_each(store: Store) -> None:
    """New, filled, known and kept are told apart; what is kept is the store's."""
    store.save(snapshot(dapps=1.0), HOUR)
    store.save(snapshot(T0 + HOUR, dapps=1.0), HOUR)
    store.save(snapshot(T0 + 2 * HOUR, dapps=1.0), HOUR)
    added = store.add(
        [
            snapshot(dapps=2.0, blockchains=5.0),
            snapshot(T0 + HOUR, dapps=1.0, blockchains=5.0),
            snapshot(T0 + 2 * HOUR, dapps=1.0),
            snapshot(T0 + 3 * HOUR, dapps=1.0),
        ],
        {},
    )
    assert added == Added(new=1, filled=1, known=1, kept=1)
    assert values(store) == dict.fromkeys(KEYS) | {"dapps": 1.0}


def test_add_merges_within_one_batch(store: Store) -> None:
    """Looks at one slot that come one after the other fill each other as saved ones do."""
    added = store.add([snapshot(dapps=1.0), snapshot(blockchains=5.0), snapshot(dapps=3.0)], {})
    assert values(store) == dict.fromkeys(KEYS) | {"dapps": 1.0, "blockchains": 5.0}
    assert added == Added(new=1, filled=1, kept=1)


def test_add_tells_what_it_could_not_take(store: Store) -> None:
    """Figures read another way than the slot's are not filled in, and that is counted."""
    store.save(snapshot(via="payload", dapps=1.0), HOUR)
    assert store.add([snapshot(via="page", blockchains=5.0)], {}) == Added(kept=1)
    assert values(store)["blockchains"] is None


def test_add_is_all_or_nothing(store: Store) -> None:
    """A history that breaks off in its second batch leaves the store as it was."""
    store.save(snapshot(dapps=1.0), HOUR)

    def history() -> Iterator[Snapshot]:
        for number in range(1, 3000):
            yield snapshot(T0 + number * HOUR, dapps=1.0)
        raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        store.add(history(), {"dapp_expert": HOUR})
    with store.reading() as connection:
        assert connection.scalar(select(count()).select_from(snapshots)) == 1
        assert connection.scalar(select(count()).select_from(rollups_hour)) == 1
    assert version(store) == 1


def test_add_many_sources(store: Store) -> None:
    """Sources mixed in one history each get their rows, their interval and one new version."""
    mixed = [
        snapshot(T0 + number * HOUR, source=source, dapps=float(number))
        for number in range(2500)
        for source in ("one", "two")
    ]
    assert store.add(mixed, {"one": DAY}) == Added(new=5000)
    assert [(info.source, info.every, info.version) for info in store.sources()] == [
        ("one", DAY, 1),
        ("two", HOUR, 1),
    ]
    assert len(store.slots("two", T0, T0 + 2500 * HOUR)) == 2500


WRITERS, SAVES = 8, 50


def _write(task: tuple[str, int]) -> list[str]:
    url, writer = task
    store = open_store(url)
    minute = timedelta(minutes=1)
    outcomes: list[str] = []
    for number in range(SAVES):
        slot = number if number % 2 else 1000 + writer * SAVES + number
        look = snapshot(T0 + slot * minute, dapps=1.0, headlines=(Headline(f"{slot}"),))
        outcomes.append(store.save(look, minute))
    store.close()
    return outcomes


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    """Eight processes save fifty slots each, half of them the same: none fails, each slot once."""
    url = database(tmp_path)
    open_store(url).close()
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        outcomes = list(pool.map(_write, [(url, writer) for writer in range(WRITERS)]))
    flat = [outcome for one in outcomes for outcome in one]
    shared, own = SAVES // 2, WRITERS * SAVES // 2
    assert flat.count("stored") == shared + own
    assert flat.count("duplicate") == WRITERS * shared - shared
    store = open_store(url)
    with store.reading() as connection:
        assert connection.scalar(select(count()).select_from(snapshots)) == shared + own
        counted = connection.scalar(text("SELECT sum(dapps_n) FROM rollups_hour"))
        assert (
            counted
            == connection.scalar(text("SELECT sum(dapps_n) FROM rollups_day"))
            == shared + own
        )
    assert version(store) == shared + own
    assert len(store.headlines("dapp_expert", None, None, 1000)) == shared + own
    store.close()


def test_reading_only_makes_nothing(tmp_path: Path) -> None:
    """A store opened to be looked at is not made."""
    url = database(tmp_path)
    with pytest.raises(StoreError, match="no Masthead schema yet"):
        open_store(url, read_only=True)
    assert list(tmp_path.iterdir()) == []
    open_store(url).close()
    store = open_store(url, read_only=True)
    assert store.latest("dapp_expert") is None
    store.close()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_writer_waits_as_long_as_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    """Behind another writer it gives up when its patience ends, or when it is told to stop."""
    longest = engines.PATIENCE.total_seconds()
    clock = itertools.count(step=longest / 10)
    monkeypatch.setattr("data.sqlite.stopwatch", lambda: next(clock))
    stop = threading.Event()
    if stopped:
        stop.set()
    first = open_store(database(tmp_path))
    patience = engines.PATIENCE if stopped else timedelta(milliseconds=50)
    second = open_store(database(tmp_path), patience=patience, stop=stop)
    with first.writing(), pytest.raises(StoreError):
        second.save(snapshot(dapps=1.0), HOUR)
    assert next(clock) < longest
    assert first.save(snapshot(dapps=1.0), HOUR) == "stored"
    first.close()
    second.close()


def test_a_table_that_is_gone_is_an_error_not_an_empty_answer(tmp_path: Path) -> None:
    """A store whose table is gone raises; it does not answer with nothing."""
    store = open_store(database(tmp_path))
    with store.writing() as connection:
        connection.execute(text("DROP TABLE snapshots"))
    with pytest.raises(StoreError, match="no such table: snapshots"):
        store.latest("dapp_expert")
    store.close()
