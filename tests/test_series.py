"""Series: few points for any span, gaps left open, changes told with their rounding."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.model import EPOCH, KEYS, METRIC, SAMPLE, from_ms, slot_of, to_ms
from data.rounding import compact
from data.rows import AS_PRINTED
from data.schema import TABLES, snapshots
from data.series import MAX_POINTS, resolution, series
from data.statements import delete, select
from data.store import Store
from tests.conftest import HOUR, T0, snapshot

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def fill(store: Store, hours: Any, every: timedelta = HOUR, **more: Any) -> None:
    """Snapshots at the given multiples of ``every`` after T0; dapps counts them."""
    store.add(
        [snapshot(T0 + n * every, dapps=float(n), **more) for n in hours], {"dapp_expert": every}
    )


def read(
    store: Store, start: datetime | None, end: datetime, source: str = "dapp_expert", **more: Any
) -> dict[str, Any]:
    """The series of a source that is there."""
    info = store.source(source)
    assert info is not None
    return series(store, info, start, end, **more)


def points(found: dict[str, Any], key: str = "dapps") -> list[tuple[float, float | None]]:
    """(hours after T0, value) of each point."""
    hours = [(from_ms(t) - T0) / HOUR for t in found["t"]]
    return list(zip(hours, found["metrics"][key]["last"], strict=True))


def spans(found: dict[str, Any]) -> list[tuple[float, float]]:
    """Gaps in hours after T0."""
    return [((from_ms(a) - T0) / HOUR, (from_ms(b) - T0) / HOUR) for a, b in found["gaps"]]


def test_raw(store: Store) -> None:
    """A short span has every snapshot at its slot, without buckets."""
    fill(store, range(4))
    found = read(store, T0, T0 + 3 * HOUR)
    assert points(found) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert found["metrics"]["blockchains"]["last"] == [None] * 4
    assert (found["resolution_s"], found["rolled"], found["gaps"]) == (3600, False, [])
    assert (found["from"], found["to"]) == (to_ms(T0), to_ms(T0 + 3 * HOUR))
    assert (found["every_s"], found["source"], found["version"]) == (3600, "dapp_expert", 1)


def test_whole_span_starts_at_the_first_slot(store: Store) -> None:
    """Without a start the span begins where the history does."""
    fill(store, range(4))
    assert read(store, None, T0 + 3 * HOUR) == read(store, T0, T0 + 3 * HOUR)


def test_gap_is_a_point_without_a_figure(store: Store) -> None:
    """Missing slots in the middle, and at the end, are open: no line can be joined over them."""
    fill(store, [0, 1, 4, 5])
    found = read(store, T0, T0 + 9 * HOUR)
    assert points(found) == [(0, 0), (1, 1), (2, None), (4, 4), (5, 5), (6, None)]
    assert spans(found) == [(2, 4), (6, 9)]


def test_leading_gap(store: Store) -> None:
    """Slots missing at the start of the span are a gap; time before any history is not."""
    fill(store, [0, 8])
    assert spans(read(store, T0 + 3 * HOUR, T0 + 8 * HOUR)) == [(3, 8)]
    assert spans(read(store, T0 - 3 * DAY, T0 + HOUR)) == []


def test_span_without_any_snapshot(store: Store) -> None:
    """A span inside an outage is one gap; one before all history holds nothing."""
    fill(store, [0, 100])
    inside = read(store, T0 + 10 * HOUR, T0 + 20 * HOUR)
    assert (points(inside), spans(inside)) == ([(10, None)], [(10, 20)])
    assert inside["deltas"]["dapps"] is None
    before = read(store, T0 - 20 * HOUR, T0 - 10 * HOUR)
    assert (before["t"], before["gaps"]) == ([], [])


def test_due_slot_is_not_missing_yet(store: Store) -> None:
    """The slot that is due right now may still come: no gap until the next one is due."""
    fill(store, range(3))
    assert spans(read(store, T0, T0 + 3 * HOUR + 59 * MINUTE)) == []
    assert spans(read(store, T0, T0 + 4 * HOUR + MINUTE)) == [(3, 4 + 1 / 60)]


def test_unread_figure_is_none(store: Store) -> None:
    """A figure that was not read is None in its place, while the others are there."""
    store.save(snapshot(dapps=1.0, blockchains=7.0), HOUR)
    store.save(snapshot(T0 + HOUR, dapps=2.0), HOUR)
    store.save(snapshot(T0 + 2 * HOUR, dapps=0.0, blockchains=9.0), HOUR)
    found = read(store, T0, T0 + 2 * HOUR)
    assert [value for _, value in points(found, "blockchains")] == [7, None, 9]
    assert [value for _, value in points(found)] == [1, 2, 0]


@pytest.mark.parametrize(
    ("days", "step"),
    [(62, HOUR), (70, 2 * HOUR), (365, DAY), (1600, 2 * DAY), (3650, 7 * DAY)],
)
def test_resolution(days: int, step: timedelta) -> None:
    """Every snapshot while they are few, then whole hours, then whole days, then whole weeks."""
    assert resolution(timedelta(days=days), HOUR) == step


@given(st.integers(0, 60 * 24 * 365 * 30), st.integers(1, 60 * 24 * 40), st.integers(10, 1500))
def test_resolution_bounds_the_points(span: int, every: int, most: int) -> None:
    """However the span lies, its buckets are at most as many as asked for, and none is wasted."""
    step = resolution(span * MINUTE, every * MINUTE, most)
    touched = -(-(span * MINUTE) // step) + 1
    assert touched <= most or step == every * MINUTE
    if step == every * MINUTE:
        assert span // every + 1 <= most or step % HOUR == timedelta(0)
    else:
        assert step % HOUR == timedelta(0)
        assert step >= every * MINUTE


def test_buckets_of_hours(store: Store) -> None:
    """A long span has buckets with their last, lowest and highest figure, at their last slot."""
    fill(store, range(12))
    found = read(store, T0 - HOUR, T0 + 11 * HOUR, max_points=8)
    assert (found["rolled"], found["resolution_s"]) == (True, 2 * 3600)
    assert points(found) == [(1, 1), (3, 3), (5, 5), (7, 7), (9, 9), (11, 11)]
    assert found["metrics"]["dapps"]["min"] == [0, 2, 4, 6, 8, 10]
    assert found["metrics"]["dapps"]["max"] == [1, 3, 5, 7, 9, 11]


def test_first_and_last_bucket_are_whole(store: Store) -> None:
    """A bucket the span only touches is told whole: its figure belongs to the time it stands at."""
    fill(store, range(48))
    found = read(store, T0 + 11 * HOUR, T0 + 22 * HOUR, max_points=8)
    assert found["resolution_s"] == 2 * 3600
    assert points(found)[0] == (11, 11)
    assert points(found)[-1] == (23, 23)
    assert found["metrics"]["dapps"]["min"][0] == 10


@pytest.mark.parametrize(("most", "days"), [(45, 2), (32, 7)])
def test_buckets_of_days_and_weeks(store: Store, most: int, days: int) -> None:
    """A very long span comes from days or weeks, and a long outage is open in it."""
    fill(store, [*range(24 * 20), *range(24 * 40, 24 * 60)])
    found = read(store, T0, T0 + 60 * DAY, max_points=most)
    assert found["resolution_s"] == days * 86_400
    assert found["rolled"]
    values = [value for _, value in points(found)]
    assert values.count(None) == len(found["gaps"]) == 1
    assert len(values) <= most
    assert found["metrics"]["dapps"]["last"][-1] == 24 * 60 - 1


def test_bucket_without_the_figure(store: Store) -> None:
    """A bucket in which a figure was never read is None there, never zero."""
    store.add(
        [
            snapshot(T0 + n * HOUR, dapps=1.0, blockchains=None if 4 <= n < 6 else 7.0)
            for n in range(12)
        ],
        {"dapp_expert": HOUR},
    )
    found = read(store, T0, T0 + 11 * HOUR, max_points=8)
    assert [value for _, value in points(found, "blockchains")] == [7, 7, None, 7, 7, 7]
    assert found["metrics"]["blockchains"]["min"][2] is None


def test_points_of_a_source_that_became_slower(store: Store) -> None:
    """Snapshots of every minute from before, asked for by the hour, stay few points."""
    fill(store, range(600), MINUTE)
    store.save(snapshot(T0 + 10 * HOUR, dapps=600.0), HOUR)
    found = read(store, T0, T0 + 10 * HOUR, max_points=12)
    assert len(found["t"]) <= 12
    assert points(found)[-1] == (10, 600)


def test_sample_is_read_like_any_source(store: Store) -> None:
    """The synthetic source has its own series and does not show in another's."""
    store.save(snapshot(source=SAMPLE, dapps=5.0), HOUR)
    store.save(snapshot(dapps=1.0), HOUR)
    assert points(read(store, T0, T0 + HOUR, SAMPLE)) == [(0, 5)]
    assert points(read(store, T0, T0 + HOUR)) == [(0, 1)]


def test_only_the_metrics_asked_for(store: Store) -> None:
    """Other metrics are neither read nor sent."""
    fill(store, range(2))
    found = read(store, T0, T0 + HOUR, keys=("dapps",))
    assert list(found["metrics"]) == list(found["deltas"]) == ["dapps"]


@pytest.mark.parametrize("span", [(EPOCH.replace(year=1), T0), (T0, EPOCH.replace(year=9999))])
def test_ends_of_the_calendar(store: Store, span: tuple[datetime, datetime]) -> None:
    """The longest spans a date can name are answered."""
    fill(store, range(4))
    assert points(read(store, *span))[-2 if span[0] == T0 else -1][1] == 3


def shown(hours: int, text: str, value: float) -> Any:
    """A page's reading of the volume with its text."""
    return snapshot(
        T0 + hours * HOUR, via="page", shown={"volume_30d": text}, figures={"volume_30d": value}
    )


@pytest.mark.parametrize(
    ("first", "last", "change", "within"),
    [
        (("$303.25B", 303.25e9), ("$303.26B", 303.26e9), 1e7, True),
        (("$303.24B", 303.24e9), ("$303.26B", 303.26e9), 2e7, False),
        (("$303.26B", 303.26e9), ("$303.25B", 303.25e9), -1e7, True),
        (("$999.99M", 999.99e6), ("$1.00B", 1e9), 1e4, True),
        (("$1.01", 1.01), ("$1.02", 1.02), 0.01, True),
        (("$1.01", 1.01), ("$1.03", 1.03), 0.02, False),
        (("$5.00B", 5e9), ("$5.00B", 5e9), 0, True),
    ],
)
def test_delta_of_rounded_figures(
    store: Store,
    first: tuple[str, float],
    last: tuple[str, float],
    change: float,
    within: bool,
) -> None:
    """A change that both roundings could make is told as within rounding, with both readings."""
    store.save(shown(0, *first), HOUR)
    store.save(shown(5, *last), HOUR)
    delta = read(store, T0, T0 + 5 * HOUR)["deltas"]["volume_30d"]
    assert delta["within_rounding"] is within
    assert delta["change"] == pytest.approx(change)
    assert delta["percent"] == pytest.approx(100 * change / first[1])
    assert (delta["from"]["value"], delta["to"]["value"]) == (first[1], last[1])
    assert delta["to"]["t"] == to_ms(T0 + 5 * HOUR)


def widths(found: dict[str, Any], key: str = "volume_30d") -> Any:
    """The half-widths beside a metric's points."""
    return found["metrics"][key]["half_width"]


def test_half_widths(store: Store) -> None:
    """One number while all readings are rounded alike; else a list as long as the points."""
    store.save(shown(0, "$999.98M", 999.98e6), HOUR)
    store.save(shown(1, "$999.99M", 999.99e6), HOUR)
    assert widths(read(store, T0, T0 + HOUR)) == 5000
    store.save(shown(4, "$1.00B", 1e9), HOUR)
    found = read(store, T0, T0 + 4 * HOUR)
    assert widths(found) == [5000, 5000, None, 5_000_000]
    assert widths(found, "dapps") is None
    assert len(widths(found)) == len(found["t"]) == 4


def test_half_width_of_exact_figures(store: Store) -> None:
    """What the page's data or an interface says is exact, also without a text."""
    fill(store, range(3))
    assert widths(read(store, T0, T0 + 2 * HOUR), "dapps") == 0


def test_half_width_without_a_text(store: Store) -> None:
    """A figure whose text was not kept is as rounded as its size says."""
    store.save(snapshot(via="page", dapps=16_230.0, blockchains=78.0), HOUR)
    found = read(store, T0, T0)
    assert (widths(found, "dapps"), widths(found, "blockchains")) == (5, 0)


def test_half_width_is_never_invented(store: Store) -> None:
    """Buckets hold many readings: they have a lowest and a highest, and no rounding."""
    fill(store, range(12))
    found = read(store, T0 - HOUR, T0 + 11 * HOUR, max_points=8)
    assert set(found["metrics"]["dapps"]) == {"last", "min", "max"}


def test_half_width_is_of_the_reading_shown(store: Store) -> None:
    """Where several snapshots of a source that became slower are one point, its figure's counts."""
    minutes = [(0, "$1.00B", 1e9), (20, "$999.99M", 999.99e6)]
    for minute, text, value in minutes:
        taken = snapshot(
            T0 + minute * MINUTE,
            via="page",
            shown={"volume_30d": text},
            figures={"volume_30d": value},
        )
        store.save(taken, MINUTE)
    store.save(snapshot(T0 + 40 * MINUTE, problems={"volume_30d": "gone"}), MINUTE)
    store.save(shown(1, "$1.00B", 1e9), HOUR)
    found = read(store, T0, T0 + HOUR)
    assert found["metrics"]["volume_30d"]["last"] == [999.99e6, 1e9]
    assert widths(found) == [5000, 5_000_000]
    assert found["metrics"]["volume_30d"]["problems"] == []


def test_problems(store: Store) -> None:
    """Slots that were looked at say why a figure is missing; gaps and other figures do not."""
    store.save(snapshot(dapps=1.0, problems={"blockchains": "an impossible jump"}), HOUR)
    store.save(snapshot(T0 + HOUR, dapps=1.0, blockchains=2.0), HOUR)
    store.save(snapshot(T0 + 4 * HOUR, dapps=1.0), HOUR)
    metrics = read(store, T0, T0 + 4 * HOUR)["metrics"]
    assert metrics["dapps"]["problems"] == []
    assert metrics["blockchains"]["problems"] == [
        [to_ms(T0), "an impossible jump"],
        [to_ms(T0 + 4 * HOUR), "not read"],
    ]


def test_problems_are_few(store: Store) -> None:
    """The newest hundred are told, in time order."""
    fill(store, range(300))
    problems = read(store, T0, T0 + 299 * HOUR)["metrics"]["blockchains"]["problems"]
    assert [(from_ms(time) - T0) / HOUR for time, _ in problems] == [*range(200, 300)]


def test_fewer_points(store: Store) -> None:
    """A zoomed span has single readings as soon as they fit, however few points are wanted."""
    fill(store, range(300))
    assert read(store, T0, T0 + 299 * HOUR, max_points=100)["rolled"]
    zoomed = read(store, T0 + 100 * HOUR, T0 + 190 * HOUR, max_points=100)
    assert (zoomed["rolled"], len(zoomed["t"])) == (False, 91)


def test_delta_of_exact_figures(store: Store) -> None:
    """Payload figures have no rounding: even no change is a fact. From zero there is no percent."""
    fill(store, [0, 3])
    delta = read(store, T0, T0 + 3 * HOUR)["deltas"]["dapps"]
    assert (delta["change"], delta["percent"], delta["within_rounding"]) == (3, None, False)
    assert delta["from"] == {"t": to_ms(T0), "value": 0, "half_width": 0}


def test_delta_counts_from_the_reading_in_force(store: Store) -> None:
    """The base is the last reading at or just before the span, else the first one in it."""
    fill(store, [0, 5, 6, 7])
    base = read(store, T0 + 5.5 * HOUR, T0 + 7 * HOUR)["deltas"]["dapps"]["from"]
    assert base["value"] == 5
    base = read(store, T0 + 3 * HOUR, T0 + 7 * HOUR)["deltas"]["dapps"]["from"]
    assert base["value"] == 5
    assert read(store, T0 + 7 * HOUR, T0 + 7 * HOUR)["deltas"]["dapps"] is None


def test_delta_reaches_past_a_bucket_cut_by_the_end(store: Store) -> None:
    """A last hour whose only reading lies after the span does not hide the change before it."""
    fill(store, range(12), MINUTE * 30)  # up to 05:30 after T0
    with_hole = [snapshot(T0 + 6 * HOUR + 30 * MINUTE, dapps=99.0)]
    store.add(with_hole, {})
    found = read(store, T0, T0 + 6 * HOUR + 15 * MINUTE, max_points=9)
    assert found["rolled"]
    assert found["deltas"]["dapps"]["to"]["value"] == 11


histories = st.lists(st.tuples(st.integers(0, 400), st.none() | st.integers(0, 99)), max_size=60)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories,
    st.sampled_from([MINUTE, 7 * MINUTE, HOUR, 90 * MINUTE, 36 * HOUR]),
    st.integers(-50, 450),
    st.integers(0, 500),
    st.integers(0, 59),
    st.sampled_from([10, 37, MAX_POINTS]),
)
def test_series_properties(
    shared_store: Store,
    history: list[tuple[int, int | None]],
    every: timedelta,
    start: int,
    length: int,
    odd: int,
    most: int,
) -> None:
    """Times ascend, points are few, figures were read near where they stand, gaps hold none."""
    with shared_store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    looks = dict(history)
    base = slot_of(EPOCH + 60_000 * DAY, every)
    slots = {base + at * every: value for at, value in looks.items()}
    for slot, value in slots.items():
        shared_store.save(snapshot(slot, dapps=None if value is None else float(value)), every)
    if not slots:
        return
    low = base + start * every + odd * every / 60
    high = low + length * every
    found = read(shared_store, low, high, max_points=most)
    times = [from_ms(t) for t in found["t"]]
    step = timedelta(seconds=found["resolution_s"])
    assert times == sorted(set(times))
    assert len(times) <= most
    for time, last in zip(times, found["metrics"]["dapps"]["last"], strict=True):
        near = [v for slot, v in slots.items() if time - step < slot <= time and v is not None]
        assert last is None or last in near
        if step == every and time in slots:
            assert last == slots[time]
    for opened, closed in found["gaps"]:
        assert low - step <= from_ms(opened) < from_ms(closed) <= high + step
        assert opened in found["t"]
        held = [slot for slot in slots if opened <= to_ms(slot) < closed]
        assert held == []
    if step == every:
        assert {s for s in slots if low <= s <= high} == set(times) - {
            from_ms(opened) for opened, _ in found["gaps"]
        }
    assert [[one["from"], one["to"]] for one in found["outages"]] == found["gaps"]
    if not found["rolled"]:
        wide = found["metrics"]["dapps"]["half_width"]
        assert wide == (
            0 if any(v is not None for v in found["metrics"]["dapps"]["last"]) else None
        )
    assert set(found["metrics"]) == set(KEYS)


def test_widths_of_usual_texts(store: Store) -> None:
    """Where texts are kept as a mark, each figure has the width that its own text tells."""
    figures = [999_980.0, 999_990.0, 999_995.0, 1_010_000.0, None]
    for hour, figure in enumerate(figures):
        shown = {} if figure is None else {"dapps": compact(METRIC["dapps"], figure)}
        more: Any = {"via": "page", "shown": {**shown, "blockchains": "78"}}
        store.save(snapshot(T0 + hour * HOUR, dapps=figure, blockchains=78.0, **more), HOUR)
    with store.reading() as connection:
        assert set(connection.scalars(select(snapshots.c.shown))) == {AS_PRINTED}
    info = store.source("dapp_expert")
    assert info is not None
    found = series(store, info, T0, T0 + 4 * HOUR)
    assert found["metrics"]["dapps"]["half_width"] == [5, 5, 5_000, 5_000, None]
    assert found["metrics"]["blockchains"]["half_width"] == 0
    assert found["deltas"]["dapps"]["from"]["half_width"] == 5
    assert found["deltas"]["dapps"]["to"]["half_width"] == 5_000
