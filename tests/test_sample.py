"""The sample: synthetic, marked, the same every time, with the faults of a real history."""

from datetime import timedelta

import pytest

from data.model import KEYS, METRIC, SAMPLE, slot_of
from data.rounding import SCALES, compact, half_width
from data.sample import EVERY, SPAN, STORIES, history, load, stories
from data.series import series
from data.store import Store
from tests.conftest import T0

NOW = T0 + timedelta(minutes=20)
HISTORY = list(history(NOW))


def test_it_is_the_same_every_time() -> None:
    """The same moment gives the same history and the same stories."""
    assert list(history(NOW)) == HISTORY
    assert list(stories(NOW)) == list(stories(NOW))


def test_it_is_marked() -> None:
    """Every snapshot and story is of the source sample, and every title says so."""
    assert {snapshot.source for snapshot in HISTORY} == {SAMPLE}
    told = list(stories(NOW))
    assert len(told) == STORIES
    assert {story.source for story in told} == {SAMPLE}
    assert all("(sample " in story.headline.title for story in told)


@pytest.mark.parametrize("now", [NOW, T0])
def test_it_ends_now(now: object) -> None:
    """Two years of hourly slots up to now; nothing is taken or seen in the future."""
    assert isinstance(now, type(T0))
    found = list(history(now))
    slots = [snapshot.slot for snapshot in found]
    assert slots == sorted(set(slots))
    assert slots[0] >= slot_of(now, EVERY) - SPAN
    assert now - EVERY < slots[-1] <= now
    assert max(snapshot.taken_at for snapshot in found) <= now
    for story in stories(now):
        published = story.headline.published_from
        assert published is not None
        assert published <= story.first_seen_at <= story.last_seen_at <= now


def test_it_has_gaps_and_missing_figures() -> None:
    """There are outages, and figures that were not read with the reason why."""
    assert len(HISTORY) < SPAN // EVERY
    missing = [
        snapshot.look.readings[key]
        for snapshot in HISTORY
        for key in KEYS
        if snapshot.look.readings[key].value is None
    ]
    assert 5 < len(missing) < 100
    assert all(reading.problem and "sample" in reading.problem for reading in missing)


def test_readings_agree_with_their_texts() -> None:
    """Each value is what its text says, printed again gives it, and has its half-width."""
    for snapshot in HISTORY[::50]:
        for key, reading in snapshot.look.readings.items():
            metric = METRIC[key]
            assert reading.unit == metric.unit
            if reading.value is None or reading.shown is None:
                continue
            number = reading.shown.lstrip("$")
            scale = SCALES.get(number[-1], 1)
            assert reading.value == pytest.approx(float(number.rstrip("KMBT")) * scale, rel=1e-12)
            assert compact(metric, reading.value) == reading.shown
            assert reading.half_width == half_width(metric, reading.value, reading.shown, "page")


def test_load(store: Store) -> None:
    """Loading twice adds nothing; the whole span is drawn in few points with its gaps."""
    assert load(store, NOW) == len(HISTORY)
    assert load(store, NOW) == 0
    (info,) = store.sources()
    assert (info.source, info.every) == (SAMPLE, EVERY)
    found = series(store, info, None, NOW)
    assert 500 < len(found["t"]) <= 1500
    assert len(store.headlines(SAMPLE, None, None, 10_000)) == STORIES
    assert store.remove(SAMPLE) == len(HISTORY)
    assert store.sources() == []
