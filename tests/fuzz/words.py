"""Short texts: figures, relative dates, durations, times, texts of headlines and conditions."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from hypothesis import strategies as st

from collectors.labels import split
from collectors.markup import clean, lines
from collectors.newstext import article_start, in_lines
from collectors.quantity import QuantityError, parse
from collectors.reltime import interval
from collectors.story import absolute, own_url
from data.errors import UsageError
from data.harmless import harmless
from data.insight.plain import link, matched, one_line, plain
from data.model import METRICS, Metric, Page
from data.percent import percent
from data.rounding import compact, half_width, within_rounding
from data.times import duration, moment, shown_duration
from tests.conftest import T0
from tests.fuzz.target import Target, is_harmless, is_sentence, is_told

URL: Final = "https://dapp.expert/news/a"
PIECES: Final = (
    *("$", "US$", "16.23", "1,234", "0", "K", "M", "B", "T", " тыс.", " млрд", "\u00a0", ",", "."),
    *("-", "(", "€", "A$", "2 years", " ago", "несколько секунд", " назад", "a few", "5%", "7d"),
    *("2026-01-31", "T06:00", "Z", "+23:59", "by ", "user avatar", "Other news", "Dapps: ", "\n"),
    *("\u202e", "\x1b[31m", "\0", "@all", "javascript:", "//", "https://a.example/", "?", "#", "["),
)
values = st.floats(0, 1e16, allow_nan=False) | st.integers(0, 10**15).map(float)
examples = st.tuples(st.lists(st.sampled_from(PIECES) | st.text(max_size=6)).map("".join), values)


def check(example: tuple[str, float]) -> None:
    """Each short text is read or refused, and what was read says what was printed."""
    text, value = example
    for metric in METRICS:
        _figure(text, metric)
        _printed(value, metric)
    _times(text)
    _texts(text)


def _figure(text: str, metric: Metric) -> None:
    try:
        found = parse(text, metric)
    except QuantityError:
        return
    assert math.isfinite(found.value)
    assert found.half_width >= 0
    again = parse(found.shown, metric)
    assert again == found
    # What is printed of the value lies within what was read, and reads back to it.
    if found.value < 1e15:
        reread = parse(compact(metric, found.value), metric)
        assert abs(reread.value - found.value) <= reread.half_width * (1 + 1e-9), found


def _printed(value: float, metric: Metric) -> None:
    """A value that is printed reads back within the rounding that its text says."""
    whole = value if metric.priced else float(round(value))
    shown = compact(metric, whole)
    found = parse(shown, metric)
    width = half_width(metric, found.value, shown, "page")
    assert found.half_width == width
    assert found.value == whole or within_rounding(found.value - whole, found.half_width), shown


def _times(text: str) -> None:
    found = interval(text, T0)
    if found is not None:
        assert found[0] <= found[1] <= T0
    try:
        span = duration(text)
    except UsageError as error:
        is_sentence(error)
    else:
        assert span > timedelta()
        assert duration(shown_duration(span)) == span
    try:
        at = moment(text, T0)
    except UsageError as error:
        is_sentence(error)
    else:
        assert isinstance(at, datetime)
        assert at.tzinfo == UTC
    try:
        share = percent(text)
    except ValueError:
        return
    assert percent(str(share)) == share


def _texts(text: str) -> None:
    for made in (clean(text, 30), harmless(text), one_line(text), plain(text, 30)):
        # plain() breaks mentions with a mark of its own.
        is_harmless((made or "").replace("\u200b", ""))
    assert (short := clean(text, 30)) is None or clean(short, 30) == short
    assert one_line(one_line(text)) == one_line(text)
    page = Page(b"", URL, T0)
    for headline in in_lines(lines(text), page):
        is_told(headline)
    assert 0 <= article_start(lines(text)) <= len(lines(text))
    for address in (absolute(text, URL), own_url(Page(b"", text, T0), None)):
        assert address is None or address.startswith(("http://", "https://")), address
    assert (known := link(text)) is None or urlsplit(known).scheme in ("http", "https")
    assert all(isinstance(cell.text, str) for cell in split(text))
    assert not one_line(text) or matched((text,), f"a {text} b") in (None, text)


def seeds() -> list[bytes]:
    """The pieces by themselves."""
    return [piece.encode() for piece in PIECES]


def raw(data: bytes) -> Any:
    """The bytes as text, and a value from the first of them."""
    return data.decode("utf-8", "replace"), float(int.from_bytes(data[:7], "big"))


TARGET: Final = Target(check, examples, raw, seeds)
