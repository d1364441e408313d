"""Alerts: told once, once more when they clear, by real mail and HTTP, from both engines."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors import deliver
from collectors.tell import Telling, tell
from data import alerts, journal, schema
from data.alertlist import listed
from data.model import About, Headline, Run
from data.moving import move
from data.percent import Percent
from data.rules import AlertSettings, RuleSettings
from data.settings import Settings
from data.statements import select
from data.store import Store, open_store
from data.watch import watched
from tests.conftest import HOUR, T0, snapshot
from tests.receivers import Hook, Mailbox, hook, mailbox
from tests.test_moving import Untold

DAY = timedelta(days=1)
SOURCE = "dapp_expert"
LONG = "".join(chr(33 + n * n % 89) for n in range(2_600))
FALLS = RuleSettings(metric="volume_30d", falls=Percent(5))
HACKS = RuleSettings(words=("hack",))


def hacked(number: int) -> Headline:
    """A headline that HACKS finds."""
    return Headline(f"The hack {number}", f"https://example.org/{number}")


@pytest.fixture
def receiver() -> Iterator[Hook]:
    """An HTTP receiver."""
    with hook() as running:
        yield running


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A mailbox."""
    with mailbox() as running:
        yield running


@dataclass
class House:
    """A store with one rule, and whom it tells."""

    store: Store
    rule: RuleSettings
    to: Sequence[str] = ()
    at: datetime = T0

    def look(self, at: datetime, figure: float | None, *headlines: Headline) -> None:
        """A snapshot of the volume."""
        shown = None if figure is None else {"volume_30d": f"${figure / 1e9:.2f}B"}
        look = snapshot(at, via="page", shown=shown, volume_30d=figure, headlines=headlines)
        self.store.save(look, HOUR)
        self.at = at + timedelta(minutes=1)

    def tell(self) -> Telling:
        """Tell what there is to tell now."""
        return tell(self.settings, [SOURCE], lambda: self.at)

    def take(self) -> list[alerts.Letter]:
        """What a teller does that is killed before it tells."""
        source = self.store.source(SOURCE)
        assert source is not None
        found = {
            (SOURCE, self.rule.known_as("mine")): watched(self.store, source, self.rule, self.at)
        }
        return alerts.take(self.store, found, self.at, "killed")

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        told = AlertSettings(tuple(self.to), {"mine": self.rule})
        return Settings(database=self.store.engine.url.shown, alerts=told)

    @property
    def waiting(self) -> int:
        """How many texts were not told to everyone."""
        untold = schema.alerts.c.told_at.is_(None)
        with self.store.reading() as connection:
            return len(connection.execute(select(schema.alerts).where(untold)).all())


def test_a_fall_is_told_once_and_once_more_when_it_clears(
    store: Store, receiver: Hook, box: Mailbox
) -> None:
    """By mail and by HTTP: once while it holds, however often it is looked at, once at its end."""
    house = House(store, FALLS, [receiver.address, box.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 299e9)
    assert house.tell() == Telling()
    house.look(T0 + DAY + HOUR, 280e9)
    assert house.tell() == Telling(1, {})
    house.look(T0 + DAY + 2 * HOUR, 279e9)
    assert house.tell() == Telling()
    [text] = receiver.texts
    assert text == (
        "dapp_expert: 30d volume fell by more than 5% within 1d: from $300.00B "
        "(2026-01-31 06:00 UTC) to $280.00B (2026-02-01 07:00 UTC), -6.67%."
    )
    house.look(T0 + 2 * DAY + HOUR, 279e9)
    assert house.tell() == Telling(1, {})
    assert house.tell() == Telling()
    assert receiver.texts[1] == (
        "dapp_expert: No more: 30d volume did not fall by more than 5% within 1d: from $280.00B "
        "(2026-02-01 07:00 UTC) to $279.00B (2026-02-02 07:00 UTC), -0.36%.\n"
        "It began at 2026-02-01 07:00 UTC."
    )
    assert [mail.get_content().split() for mail in box.got] == [*map(str.split, receiver.texts)]
    assert box.got[0]["Subject"].startswith("Masthead: dapp_expert: 30d volume fell by more")
    assert box.got[0].get_content_type() == "text/plain"


def test_rounding_neither_begins_nor_ends_it(store: Store, receiver: Hook) -> None:
    """What may be either side of the share, as the figures are rounded, leaves it as it was."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 10.00e9)
    figures = ((9.50, 0), (9.49, 1), (9.50, 1), (9.51, 2), (9.50, 2))
    for hours, (figure, told) in enumerate(figures):
        house.look(T0 + DAY + hours * HOUR / 6, figure * 1e9)
        house.tell()
        assert len(receiver.got) == told, figure


def test_silence_and_recovery(store: Store, receiver: Hook) -> None:
    """Three slots without a figure are told when the third was tried in vain; then the next one."""
    house = House(store, RuleSettings(missed=3), [receiver.address])
    house.look(T0, 300e9)
    for hours in (1, 2, 3, 4):
        at = T0 + hours * HOUR
        run = Run(SOURCE, at, at, outcome="failed", message="gone <b>\n@all", host="h")
        journal.settle(store, [replace(run, ended_at=at)])
        house.at = at + timedelta(seconds=5)
        house.tell()
        assert len(receiver.got) == (hours >= 3)
    assert receiver.texts[0] == (
        "dapp_expert: No figure was read for 3 slots of 1h: the last at 2026-01-31 06:00 UTC. "
        "The last run said: gone ‹b› @\u200ball"
    )
    house.look(T0 + 5 * HOUR, 300e9)
    house.tell()
    assert "No more: Figures are read again: the last at 2026-01-31 11:00 UTC." in receiver.texts[1]


def test_a_slot_that_was_not_tried_yet_is_not_missed(store: Store, receiver: Hook) -> None:
    """Who looks between the runs, before the slot's own one, counts only slots that are over."""
    house = House(store, RuleSettings(missed=3), [receiver.address])
    house.look(T0, 300e9)
    house.at = T0 + 3 * HOUR + timedelta(minutes=1)
    assert house.tell() == Telling()
    house.at = T0 + 4 * HOUR
    assert house.tell() == Telling(1, {})


def test_a_move_is_told_with_its_headlines(store: Store, receiver: Hook) -> None:
    """A jump beyond the usual is told once, though later readings of the day are compared too."""
    house = House(store, RuleSettings(moves=True), [receiver.address])
    for day in range(60):
        stories = map(hacked, range(90 if day == 59 else 0))
        house.look(T0 + day * DAY, 300e9 + day % 3 * 1e8, *stories)
    house.tell()
    end = T0 + 60 * DAY
    story = Headline("A\u202e\x1b [story](x)\n@all", "https://example.org/story")
    house.look(end, 330e9, story, Headline("No link", "javascript:alert(1)"))
    house.tell()
    for hours in (1, 7, 13):
        house.look(end + hours * HOUR, 330e9 + hours * 1e7)
        house.tell()
    [text] = receiver.texts
    assert text.startswith(
        "dapp_expert: 30d volume moved by +9.93%: from $300.20B (2026-03-31 06:00 UTC) to $330.00B "
        "(2026-04-01 06:00 UTC), beyond its rounding and the usual change of a day.\n"
        "Headlines within 24 h:\n"
        "- A (story)(x) @\u200ball\n"
        "  https://example.org/story\n"
        "- No link\n"
        "- The hack "
    )
    assert text.endswith("\n- and 89 more")


def test_a_move_is_told_once_though_its_day_is_compared_for_longer(
    store: Store, receiver: Hook
) -> None:
    """Readings up to 27 hours apart are compared: one after it, too, with the one before it."""
    house = House(store, RuleSettings(moves=True), [receiver.address])
    for day in range(61):
        house.look(T0 + day * DAY, 300e9 + day % 3 * 1e8)
    for hours in (-18, 6):
        house.look(T0 + 60 * DAY + hours * HOUR, 300e9)
    house.tell()
    for hours, figure in ((7, 390.0), (11, 390.0), (18, 390.0), (32, 390.5)):
        house.look(T0 + 60 * DAY + hours * HOUR, figure * 1e9)
        house.tell()
    [text] = receiver.texts
    assert "moved by +30.00%" in text


def test_a_move_hides_no_larger_one(store: Store, receiver: Hook) -> None:
    """Of two of one day and one way both are told, though the days they compare overlap."""
    house = House(store, RuleSettings(moves=True), [receiver.address])
    for day in range(60):
        house.look(T0 + day * DAY, 300e9 + day % 3 * 1e8)
    house.tell()
    for hours, figure in enumerate((299.0, 298.9, 298.8, 250.0, 250.1, 249.9, 250.0)):
        house.look(T0 + 60 * DAY + hours * HOUR, figure * 1e9)
        house.tell()
    assert ["to $299.00B" in receiver.texts[0], "to $250.00B" in receiver.texts[1]] == [True, True]
    assert len(receiver.texts) == 2


def test_a_headline_is_told_once(store: Store, receiver: Hook) -> None:
    """Whole words in whatever case, in title and summary; not what was there before the rule."""
    rule = RuleSettings(words=("hack", "straße"))
    house = House(store, rule, [receiver.address])
    old = Headline("A hack of yesterday", "https://example.org/1")
    house.look(T0, 300e9, old)
    assert house.tell() == Telling()
    late = Headline("A hack long ago", "https://example.org/2", published_to=T0 - 9 * DAY)
    house.look(
        T0 + HOUR,
        300e9,
        old,
        Headline("Hackers meet", "https://example.org/3"),
        replace(late, published_from=T0 - 10 * DAY),
        Headline("Calm", "https://example.org/4", summary="In der STRASSE."),
        Headline("Bridge loses: HACK!", "https://example.org/5"),
        Headline("hack\r\nBcc: a@b.example " + 3 * LONG, f"https://example.org/{LONG}"),
    )
    assert house.tell() == Telling(3, {})
    assert house.tell() == Telling()
    [both] = receiver.got
    assert both["title"].startswith("Masthead: 3 alerts, first dapp_expert: A headline has the")
    *texts, long = sorted(both["message"].split("\n\n"), key=len)
    assert long.startswith(
        "dapp_expert: A headline has the word 'hack': hack Bcc: a@\u200bb.example"
    )
    assert len(long) < 300
    assert sorted(texts) == [
        "dapp_expert: A headline has the word 'hack': Bridge loses: HACK!\n  https://example.org/5",
        "dapp_expert: A headline has the word 'straße': Calm\n  https://example.org/4",
    ]


def test_two_at_the_same_moment_tell_once(store: Store, receiver: Hook) -> None:
    """Of several processes that find the same, one tells it, also while it is still at it."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    receiver.hold = threading.Event()
    several = [threading.Thread(target=house.tell) for _ in range(4)]
    for one in several:
        one.start()
    for one in several[1:]:
        one.join(0.2)
    assert house.tell() == Telling()
    receiver.hold.set()
    for one in several:
        one.join()
    assert len(receiver.got) == 1
    assert house.waiting == 0


def test_a_killed_teller_is_followed(store: Store, receiver: Hook) -> None:
    """A claim whose owner never came back runs out, and the text is told then."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    [letter] = house.take()
    assert house.tell() == Telling()
    house.at += alerts.LEASE
    assert house.tell() == Telling(1, {})
    alerts.mark(store, [letter], frozenset(), ["x"], "too late", house.at, "killed")
    assert (house.tell(), house.waiting, len(receiver.got)) == (Telling(), 0, 1)


def test_who_was_away_is_told_afterwards_and_nobody_twice(
    store: Store, receiver: Hook, box: Mailbox
) -> None:
    """Of two addresses the one that failed is tried again, alone; nobody sees its secrets."""
    house = House(store, FALLS, [receiver.address, box.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    receiver.status = 500
    [line] = house.tell().sentences
    assert line.startswith("alerts: json://127.0.0.1 was not told: ")
    assert line.endswith("; it is tried again after the next run.")
    assert (len(receiver.got), len(box.got), house.waiting) == (0, 1, 1)
    [one] = listed(store, house.settings.alerts, [SOURCE])
    assert "holds since 2026-02-01T06:00:04Z" in one.sentence
    assert "not told to all yet, json://127.0.0.1: " in one.sentence
    told = line + one.sentence + str(one.json())
    assert not any(secret in told for secret in ("s3cret", "t0ken", "me:"))
    receiver.status = 200
    assert house.tell() == Telling(1, {})
    assert house.tell() == Telling()
    assert (len(receiver.got), len(box.got), house.waiting) == (1, 1, 0)


def test_what_ended_before_it_could_be_told(store: Store, receiver: Hook) -> None:
    """A condition that came and went while the receiver was away is one message that says both."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    receiver.status = 500
    house.tell()
    house.look(T0 + DAY + HOUR, 300e9)
    house.tell()
    receiver.status = 200
    house.tell()
    [text] = receiver.texts
    assert text.startswith("dapp_expert: No more: 30d volume did not fall")
    assert "\n30d volume fell by more than 5% within 1d: from $300.00B" in text


def test_what_ended_and_began_again_before_that_could_be_told(
    store: Store, receiver: Hook, box: Mailbox
) -> None:
    """Its end is told with its new beginning, in a few lines however often it came and went."""
    house = House(store, FALLS, [receiver.address, box.address])
    figures = {0: 300e9, 12: 300e9, 24: 200e9, 25: 300e9, 26: 200e9, 27: 300e9, 28: 200e9}
    for hours, figure in figures.items():
        house.look(T0 + hours * HOUR, figure)
        if hours == 25:
            house.take()
        elif hours == 27:
            box.full = True
            assert house.tell().failures
            box.full = False
        else:
            house.tell()
    texts = [mail.get_content() for mail in box.got]
    assert [text.count("No more: ") for text in receiver.texts] == [0, 1, 1, 0]
    assert [text.count("No more: ") for text in texts] == [0, 1, 0]
    assert receiver.texts[1].startswith("dapp_expert: 30d volume fell by more than 5%")
    assert texts[2].strip().endswith("It had ended at 2026-02-01 09:00 UTC.")
    for hours in range(29, 48):
        house.look(T0 + hours * HOUR, 300e9 if hours % 2 else 200e9)
        house.take()
    house.at += alerts.LEASE
    house.tell()
    *some, last = receiver.texts[4].splitlines()
    assert (len(some), last) == (alerts.MOST_LINES, "It had begun and ended before that, too.")


def test_a_receiver_that_never_answers_is_given_up(
    file_store: Store, receiver: Hook, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its address would wait; the other one is told meanwhile."""
    monkeypatch.setattr(deliver, "LIMIT_S", 10.0)
    house = House(file_store, FALLS, [f"{receiver.address}?rto=60", box.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    receiver.hold = threading.Event()
    assert house.tell().failures == {"json://127.0.0.1": "it took longer than 10 s"}
    assert len(box.got) == 1


def test_many_at_once_are_told_at_once(file_store: Store, box: Mailbox) -> None:
    """In messages of ten texts, fifty texts a run; the others are told after the next one."""
    house = House(file_store, HACKS, [box.address])
    house.look(T0, 300e9)
    house.tell()
    house.look(T0 + HOUR, 300e9, *(hacked(number) for number in range(55)))
    assert (house.tell(), len(box.got), house.waiting) == (Telling(50, {}), 5, 5)
    assert (house.tell(), len(box.got), house.waiting) == (Telling(5, {}), 6, 0)
    texts = "".join(mail.get_content() for mail in box.got)
    assert all(texts.count(f"/{number}\r\n") == 1 for number in range(55))


def test_an_address_that_is_away_holds_up_no_other(
    file_store: Store, receiver: Hook, box: Mailbox
) -> None:
    """However much waits for it, what is new is told to the others, and it is tried once a run."""
    house = House(file_store, HACKS, [receiver.address, box.address])
    house.look(T0, 300e9)
    house.tell()
    receiver.status = 500
    house.look(T0 + HOUR, 300e9, *(hacked(number) for number in range(alerts.AT_ONCE)))
    house.tell()
    assert (len(box.got), receiver.asked) == (alerts.AT_ONCE // 10, 1)
    house.look(T0 + 2 * HOUR, 300e9, hacked(1_000))
    house.tell()
    assert "/1000\r\n" in box.got[-1].get_content()
    assert (len(box.got), house.waiting) == (alerts.AT_ONCE // 10 + 1, alerts.AT_ONCE + 1)


def test_a_rule_that_says_something_else_is_another_one(store: Store, receiver: Hook) -> None:
    """It inherits nothing from the one of its name: no state, no list, no history to tell."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9, hacked(1))
    house.tell()
    house.rule = RuleSettings(metric="volume_30d", rises=Percent(5))
    [one] = listed(store, house.settings.alerts, [SOURCE])
    assert (one.known_since, one.holds_since, one.last) == (None, None, None)
    house.look(T0 + 2 * DAY, 300e9)
    house.tell()
    assert "30d volume rose by more than 5% within 1d" in receiver.texts[1]
    house.rule = HACKS
    assert house.tell() == Telling()
    house.rule = replace(FALLS, within=DAY)
    house.tell()
    assert "No more: 30d volume did not fall by more than 5%" in receiver.texts[2]


def test_a_figure_that_the_source_does_not_give_is_said(store: Store, receiver: Hook) -> None:
    """A rule that can never hold says so in the list, and tells nothing."""
    house = House(store, FALLS, [receiver.address])
    about = About(SOURCE, "Dapps", ("dapps",))
    store.describe(about, HOUR)
    assert house.tell() == Telling()
    [one] = listed(store, house.settings.alerts, [SOURCE])
    assert one.sentence.endswith(": never, for the source does not give that figure")


@pytest.mark.parametrize("days", [1, 400])
def test_a_clock_that_ran_ahead_stops_nothing(store: Store, receiver: Hook, days: int) -> None:
    """What was noted then is judged anew once the clock is right, and headlines are told again."""
    silent = RuleSettings(missed=3)
    house = House(store, silent, [receiver.address])
    house.look(T0, 300e9)
    house.at = T0 + days * DAY
    house.tell()
    house.rule = HACKS
    house.tell()
    house.look(T0 + HOUR, 300e9)
    house.tell()
    house.rule = silent
    house.tell()
    assert [text.split(":")[1] for text in receiver.texts[1:]] == [" No more"]
    house.at = T0 + 6 * HOUR
    house.tell()
    assert "No figure was read for 4 slots" in receiver.texts[2]
    house.rule = HACKS
    house.look(T0 + 7 * HOUR, 300e9, hacked(1))
    house.tell()
    assert "has the word 'hack'" in receiver.texts[3]


def test_a_copied_store_tells_nothing_again(store: Store, receiver: Hook, tmp_path: Path) -> None:
    """What was told goes along with the history, also when it changed between two copies."""
    house = House(store, FALLS, [receiver.address])
    house.look(T0, 300e9)
    house.look(T0 + DAY, 200e9)
    target = open_store(f"sqlite:///{tmp_path}/copy.db")
    receiver.status = 500
    house.tell()
    move(store, target, Untold())
    receiver.status = 200
    house.tell()
    assert all(one.is_same for one in move(store, target, Untold()))
    copied = replace(house, store=target)
    assert (copied.tell(), len(receiver.got)) == (Telling(), 1)
    target.close()
