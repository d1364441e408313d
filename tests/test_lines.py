"""Lines that the database writes: the very bytes that Python would write, in the same order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data import lines
from data.export import stream
from data.model import KEYS, Snapshot, from_ms, to_ms
from data.schema import snapshots as table
from data.sql import Expression
from data.statements import update
from data.store import Store
from data.stretches import parts, stretches
from data.tables import Query
from tests.conftest import HOUR, T0, snapshot

SOURCES = ("alpha", "beta-2", "Zeta_1")
MS = timedelta(milliseconds=1)
TIMES = st.integers(-(10**11), 10**13).map(from_ms)
FIGURES = st.one_of(
    st.none(),
    st.integers(0, 10**13).map(float),
    st.floats(0, 1e6),
    st.integers(-(10**4), 10**16).map(lambda cents: cents / 100),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from((-0.0, 0.1, 1e15, 1e-5, 2.0**63, 2.0**64, 1e22, 1.5e300, 0.30000000000000004)),
    st.sampled_from((-1.25, 0.005, 1e-320, 1e13 - 0.01, 1e13 + 0.01, 999_999_999_999.995)),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Snapshot]:
    """Snapshots of three sources, many at the same times, with figures and times of any form."""
    slots = draw(st.lists(TIMES, min_size=1, max_size=8, unique=True))
    keys = [(source, slot) for source in SOURCES for slot in slots if draw(st.booleans())]
    return [
        snapshot(
            slot,
            source=source,
            taken_at=draw(TIMES),
            as_of=draw(st.none() | TIMES),
            via=draw(st.sampled_from(("payload", "page", "text", "api", None))),
            figures={key: draw(FIGURES) for key in KEYS},
        )
        for source, slot in keys
    ]


def whole(store: Store, asked: Query) -> bytes:
    """The CSV."""
    return b"".join(stream(store, asked, "csv"))


def both(store: Store, asked: Query, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    """The CSV as the database writes it, and as Python does."""
    ours = whole(store, asked)
    with monkeypatch.context() as patched:
        patched.setattr(lines, "fit", lambda *_: False)
        return ours, whole(store, asked)


ODD = [
    snapshot(T0, source="alpha", taken_at=T0 + 120 * MS, as_of=T0 + 100 * MS, dapps=-0.0),
    snapshot(T0 + HOUR, source="alpha", taken_at=T0 + 7 * MS, dapps=0.1, blockchains=1e-7),
    snapshot(T0 + HOUR, source="beta-2", dapps=1e22, volume_30d=2.0**63),
]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories(), TIMES | st.none(), TIMES | st.none())
@example(ODD, None, None)
def test_database_writes_what_python_would(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    history: list[Snapshot],
    start: datetime | None,
    end: datetime | None,
) -> None:
    """Whatever figures, times and sources there are, and wherever the parts begin: one CSV."""
    monkeypatch.setattr(lines, "PART", 3)
    for source in SOURCES:
        store.remove(source)
    store.add(history, {})
    if not history:
        return
    asked = Query(start=start, end=end)
    ours, python = both(store, asked, monkeypatch)
    assert ours == python
    kept = [one for one in history if (start or one.slot) <= one.slot]
    kept = [one for one in kept if end is None or one.slot < end]
    assert ours.count(b"\r\n") == len(kept) + 1


def test_cents_are_written_by_the_database(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a payload says of money does not make an export several times as slow."""
    store.add([snapshot(T0, dapps=16231.0, volume_30d=303_261_234_567.89)], {})
    monkeypatch.setattr("data.cells.lines", None)
    assert b",16231,,,303261234567.89,\r\n" in whole(store, Query())


def test_names_that_need_care(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source named like a formula, or with a quote or a comma, is guarded and quoted."""
    store.add([snapshot(source='=a"b,c d', dapps=1.0), snapshot(source="plain", dapps=1.0)], {})
    ours, python = both(store, Query(), monkeypatch)
    assert ours == python
    assert b'"\'=a""b,c d"' in ours


def test_microseconds_are_cut(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time that another program stored more finely is written in milliseconds."""
    store.add([snapshot(dapps=1.0)], {})
    finer = {
        "sqlite": Expression(f"{to_ms(T0) + 123}"),
        "postgresql": Expression(f"timestamptz '{T0 + timedelta(microseconds=123_456)}'"),
    }
    with store.writing() as connection:
        connection.execute(update(table).values(taken_at=finer[connection.dialect]))
    ours, python = both(store, Query(), monkeypatch)
    assert ours == python
    assert b"06:00:00.123Z" in ours


def cut(store: Store, most: int, **span: Any) -> list[tuple[int | None, Sequence[str]]]:
    """The stretches of three sources as hours after T0 at which they end, and their sources."""
    with store.reading() as connection:
        names = sorted(SOURCES)
        found = stretches(connection, names, span.get("start"), span.get("end"), most)
        return [
            (None if one.end is None else (one.end - T0) // HOUR, one.sources)
            for stretch in found
            for one in parts(connection, stretch, most)
        ]


def test_stretches(store: Store) -> None:
    """Sources alone are read alone, up to where another begins; side by side in few at a time."""
    hours = {"alpha": range(20), "beta-2": range(10, 14), "Zeta_1": range(40, 45)}
    for source, wanted in hours.items():
        store.add([snapshot(T0 + hour * HOUR, source=source) for hour in wanted], {})
    found = cut(store, 6)
    assert found[:2] == [(6, ("alpha",)), (10, ("alpha",))]
    assert found[2] == (12, ("Zeta_1", "alpha", "beta-2"))
    assert found[-1] == (None, ("Zeta_1",))
    assert cut(store, 6, end=T0 + 3 * HOUR) == [(3, ("alpha",))]
    assert cut(store, 6, start=T0 + 45 * HOUR) == []
