"""The captures a backfill knows of: what is to be read, what became of each, all or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data import schema
from data.captures import MOST_ATTEMPTS, Capture, Captures, Listing, Settled, Window
from data.errors import StoreError
from data.model import Headline, Page, Snapshot
from data.statements import select
from data.store import Store
from tests.conftest import HOUR, T0, snapshot

WINDOW = Window(["wayback"], None, T0 + timedelta(days=999))
PAGE = Page(b"<p>a page</p>", "https://dapp.expert/", T0)
WHOLE: dict[str, float | None] = {
    "dapps": 1.0,
    "blockchains": 2.0,
    "active_users": 3.0,
    "volume_30d": 4.0,
    "transactions_30d": 5.0,
}


def believe(_connection: Any, taken: Snapshot) -> Snapshot:
    """A judge who believes everything."""
    return taken


def capture(hours: int = 0, digest: str | None = "D") -> Capture:
    """A capture so many hours after T0."""
    return Capture("wayback", f"key {hours}", T0 + hours * HOUR, "https://dapp.expert/", digest)


def looked(hours: int = 0, figures: Mapping[str, float | None] = WHOLE) -> Snapshot:
    """What was read of it."""
    return snapshot(T0 + hours * HOUR, origin="wayback", figures=figures)


def listed(captures: Captures, *hours: int) -> None:
    """Note captures."""
    found = [capture(one) for one in hours]
    captures.listed("wayback", "all", found, Listing("c", T0))


def settle(captures: Captures, settled: Settled, judge: Callable[..., Snapshot] = believe) -> str:
    """What becomes of one."""
    with captures.settling(judge) as settling:
        return settling(settled)


def noted(captures: Captures) -> dict[str, tuple[str | None, str | None, int]]:
    """Outcome, message and attempts by key."""
    table = schema.captures.c
    with captures.store.reading() as connection:
        found = connection.execute(
            select(table.key, table.outcome, table.message, table.attempts)
        ).all()
    return {key: (outcome, message, attempts) for key, outcome, message, attempts in found}


def test_listing_is_kept_with_its_captures(captures: Captures) -> None:
    """How far an index was listed, and what was found there, each once."""
    assert captures.listing("wayback", "all") == Listing()
    listed(captures, 0, 1)
    assert captures.listing("wayback", "all") == Listing("c", T0)
    assert captures.listing("wayback", "other") == Listing()
    more = [capture(1), capture(2)]
    assert captures.listed("wayback", "all", more, Listing("d")) == 1
    assert captures.listing("wayback", "all") == Listing("d")
    assert [one.key for one in captures.candidates(WINDOW)] == ["key 0", "key 1", "key 2"]


def test_many_in_one_part(captures: Captures) -> None:
    """A part of an index may be of any size, and may name a capture twice."""
    found = [capture(hours) for hours in range(1_700)]
    assert captures.listed("wayback", "all", [*found, *found], Listing()) == 1_700


def test_a_changed_capture_is_read_again(captures: Captures) -> None:
    """Another digest under a known key is a page that nobody looked at."""
    listed(captures, 0)
    settle(captures, Settled(capture(), "no header"))
    assert captures.listed("wayback", "all", [capture(digest="D")], Listing()) == 0
    assert captures.candidates(WINDOW) == []
    assert captures.listed("wayback", "all", [capture(digest="E")], Listing()) == 1
    assert [one.digest for one in captures.candidates(WINDOW)] == ["E"]


def test_the_window(captures: Captures) -> None:
    """Captures of the origins, from since on, before until."""
    listed(captures, 0, 1, 2, 3)
    window = Window(["wayback"], T0 + HOUR, T0 + 3 * HOUR)
    assert [one.key for one in captures.candidates(window)] == ["key 1", "key 2"]
    assert captures.candidates(replace(window, origins=["file"])) == []


def test_a_snapshot_and_its_outcome(captures: Captures, store: Store) -> None:
    """What was read is a snapshot with its origin, its stories, rollups and the source's row."""
    listed(captures, 0)
    story = Headline("A story", "https://dapp.expert/news/one")
    taken = snapshot(T0, origin="wayback", headlines=(story,), figures=WHOLE)
    assert settle(captures, Settled(capture(), "read", None, taken)) == "read"
    assert noted(captures) == {"key 0": ("read", None, 0)}
    kept = store.snapshot("dapp_expert", T0)
    assert kept is not None
    assert (kept.origin, kept.look.complete) == ("wayback", True)
    [seen] = store.headlines("dapp_expert", None, None, 9)
    assert (seen.headline.title, seen.first_seen_at) == ("A story", taken.taken_at)
    info = store.source("dapp_expert")
    assert info is not None
    assert (info.first_slot, info.version) == (T0, 1)
    with store.reading() as connection:
        assert len(connection.execute(select(schema.rollups_day)).all()) == 1
    assert captures.candidates(WINDOW) == []


def test_a_live_snapshot_is_left_alone(captures: Captures, store: Store) -> None:
    """A slot that has a snapshot keeps it, gaps and all; the capture is covered."""
    listed(captures, 0)
    store.save(snapshot(T0, dapps=9.0), HOUR)
    before = store.snapshot("dapp_expert", T0)
    assert settle(captures, Settled(capture(), "read", None, looked())) == "covered"
    assert store.snapshot("dapp_expert", T0) == before
    assert noted(captures) == {"key 0": ("covered", None, 0)}


def test_two_backfills_at_once(captures: Captures, store: Store) -> None:
    """A capture that another backfill settled meanwhile keeps what was noted of it."""
    listed(captures, 0)
    one = Settled(capture(), "read", None, looked())
    assert settle(captures, one) == "read"
    assert settle(captures, one) == "covered"
    assert noted(captures) == {"key 0": ("read", None, 0)}
    assert len(store.slots("dapp_expert", T0, T0 + HOUR)) == 1


@pytest.mark.parametrize(
    ("values", "outcome", "pages"),
    [
        (WHOLE, "read", 0),
        (WHOLE | {"dapps": None}, "partial", 1),
        (dict.fromkeys(WHOLE), "empty", 1),
    ],
)
def test_what_was_not_read_fully(
    captures: Captures, store: Store, values: dict[str, Any], outcome: str, pages: int
) -> None:
    """Its page is kept to be read again, and the note says what is missing."""
    listed(captures, 0)
    one = Settled(capture(), "read", None, looked(figures=values), lambda: PAGE)
    assert settle(captures, one) == outcome
    assert store.page_count("dapp_expert") == pages
    message = noted(captures)["key 0"][1]
    assert (message is not None and message.startswith("dapps: ")) == (outcome != "read")


def test_the_judge_sees_what_the_transaction_wrote(captures: Captures) -> None:
    """A snapshot is judged by those before it, also by those that are not committed yet."""
    listed(captures, 0, 1)
    seen = []

    def count(connection: Any, taken: Snapshot) -> Snapshot:
        seen.append(len(connection.execute(select(schema.snapshots)).all()))
        return taken

    with captures.settling(count) as settling:
        for hours in (0, 1):
            settling(Settled(capture(hours), "read", None, looked(hours)))
    assert seen == [0, 1]


def test_what_the_judge_takes_away(captures: Captures, store: Store) -> None:
    """A snapshot whose figures are all suspect is none, and its page is kept."""
    listed(captures, 0)

    def doubt(_connection: Any, taken: Snapshot) -> Snapshot:
        return replace(taken, look=looked(figures=dict.fromkeys(WHOLE)).look)

    one = Settled(capture(), "read", None, looked(), lambda: PAGE)
    assert settle(captures, one, doubt) == "empty"
    assert store.snapshot("dapp_expert", T0) is None
    assert store.page_count("dapp_expert") == 1


def test_failures_are_tried_again_so_often(captures: Captures) -> None:
    """A failure is a candidate again when nothing is left to read, three times in all."""
    listed(captures, 0, 1)
    settle(captures, Settled(capture(0), "failed", "gone"))
    assert [one.key for one in captures.candidates(WINDOW)] == ["key 1"]
    settle(captures, Settled(capture(1), "no header"))
    for attempt in range(1, MOST_ATTEMPTS):
        assert noted(captures)["key 0"] == ("failed", "gone", attempt)
        [again] = captures.candidates(WINDOW)
        captures.reopen([again])
        assert noted(captures)["key 0"][0] is None
        settle(captures, Settled(again, "failed", "gone"))
    assert captures.candidates(WINDOW) == []
    assert captures.given_up(WINDOW) == 1


def test_passed_over(captures: Captures) -> None:
    """Captures that nobody needs stay candidates, for a day when --every is shorter."""
    listed(captures, 0, 1)
    captures.pass_over([(capture(0), "thinned"), (capture(1), "covered")])
    found = captures.candidates(WINDOW)
    assert [one.outcome for one in found] == ["thinned", "covered"]


def test_all_or_nothing(captures: Captures, store: Store) -> None:
    """What fails in the middle of a transaction leaves nothing of it behind."""
    listed(captures, 0, 1)
    broken = replace(looked(1), origin=None)  # type: ignore[arg-type]
    both = [(capture(0), looked(0)), (capture(1), broken)]

    def settle_both() -> None:
        with captures.settling(believe) as settling:
            for one, taken in both:
                settling(Settled(one, "read", None, taken))

    with pytest.raises(StoreError):
        settle_both()
    assert store.snapshot("dapp_expert", T0) is None
    assert {outcome for outcome, _, _ in noted(captures).values()} == {None}
