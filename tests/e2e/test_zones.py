"""The time axis in the reader's zone: where its marks stand, and that the zone is always named."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.visits import day, open_full

Reader = Callable[..., Page]
MARKS: Final = """
([zone, spans, counts]) => {
  masthead.format.use(zone);
  const { marks } = masthead.timeticks;
  return spans.flatMap((span) => counts.map((most) => marks(span, most).tickvals));
}
"""
AHEAD: Final = "(times) => times.map((one) => one.map((ms) => -new Date(ms).getTimezoneOffset()))"
ZONES: Final = {
    "Europe/Berlin": "2026-10-25T01:00:00Z",
    "America/St_Johns": "2026-11-01T04:30:00Z",
    "Asia/Kathmandu": "2026-05-05T12:00:00Z",
    "Pacific/Apia": "2011-12-30T10:00:00Z",
}
"""Zones, and a moment of each about which the spans lie: where it has one, a change of clocks."""


@pytest.mark.scene(fill=day)
@pytest.mark.parametrize("zone", ZONES)
def test_marks_stand_at_whole_hours_of_the_zone(reader: Reader, zone: str) -> None:
    """Marks over any span rise, lie inside, stand at whole local units, two or more, few enough."""
    page = reader("/?range=24h", timezone_id=zone)
    about = page.evaluate("(text) => Date.parse(text)", ZONES[zone])
    minutes = [4, 11, 45, 95, 200, 400, 720, 1441, 3000, 5000, 9000, 20_000, 44_000, 90_000]
    minutes += [130_000, 300_000, 525_600, 1_500_000, 5_256_000]
    spans = [
        [about - share * size * 60_000 - 7, about + (1 - share) * size * 60_000]
        for size in minutes
        for share in (0.1, 0.5, 0.93)
    ]
    counts = [3, 4, 7, 10]
    found: list[list[int]] = page.evaluate(MARKS, ["local", spans, counts])
    ahead: list[list[int]] = page.evaluate(AHEAD, found)
    asked = [(span, most) for span in spans for most in counts]
    for (span, most), marks, offsets in zip(asked, found, ahead, strict=True):
        size = span[1] - span[0]
        assert marks == sorted(set(marks))
        assert len(marks) <= most
        assert len(marks) >= 2 or size < 3 * 60_000
        assert all(span[0] <= at <= span[1] for at in marks)
        walls = [at / 60_000 + offset for at, offset in zip(marks, offsets, strict=True)]
        unit = 1440 if size > most * 1440 * 60_000 else 60 if size > most * 3_600_000 else 1
        assert all(wall % unit == 0 for wall in walls), (span, most)


@pytest.mark.scene(fill=day)
@pytest.mark.parametrize(
    ("zone", "said"), [("Europe/Berlin", "CET"), ("Asia/Kathmandu", "GMT+5:45")]
)
def test_the_zone_is_named_and_remembered(reader: Reader, zone: str, said: str) -> None:
    """UTC until the device's zone is chosen; then everything is in it and says so, for good."""
    page = reader("/?range=24h", timezone_id=zone)
    axis = page.locator("#chart-box .annotation-text")
    expect(axis.filter(has_text="UTC")).to_have_count(1)
    expect(page.locator("#card-dapps time")).to_have_attribute("title", re.compile(" UTC"))
    page.locator("#settings-menu > summary").click()
    page.get_by_label("This device (").check()
    expect(page).to_have_url("/?range=24h&tz=local")
    now = page.evaluate("masthead.format.zoneAt(Date.now())")
    expect(axis.filter(has_text=now)).to_have_count(1)
    expect(page.locator("#card-dapps time")).to_have_attribute(
        "title", re.compile(re.escape(f" {now}"))
    )
    open_full(page, "/?range=24h")
    expect(axis.filter(has_text=now)).to_have_count(1)
    winter = page.evaluate("masthead.format.zoneAt(Date.UTC(2026, 11, 1))")
    assert winter == said


@pytest.mark.scene(fill=day)
def test_days_of_the_clock_change_keep_their_midnights(reader: Reader) -> None:
    """Over the last Sunday of October: a mark at each midnight of Berlin, one day of 25 h."""
    page = reader("/", timezone_id="Europe/Berlin")
    october = page.evaluate("Date.UTC(2026, 9, 22, 12)")
    span = [october, october + timedelta(days=6) / timedelta(milliseconds=1)]
    [marks] = page.evaluate(MARKS, ["local", [span], [8]])
    steps = {(after - before) // 3_600_000 for before, after in pairwise(marks)}
    assert len(marks) == 6
    assert steps == {24, 25}
