"""dapp.expert: one page becomes a look at its header and its headlines.

The figures come from the payload, else from the header list, else from the visible text; where two
of them are there they must agree. What cannot be read is NULL with its reason, never a guess.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from collectors import header, news, newstext
from collectors.collector import Collector
from collectors.header import Header
from collectors.labels import Found
from collectors.markup import lines, open_page, visible
from collectors.payload import Figures, Payload, decode
from collectors.quantity import Quantity, QuantityError, parse
from data.harmless import harmless
from data.model import METRICS, Headline, Look, Metric, Page, Reading, Via

_CLOCK_SKEW: Final = timedelta(days=1)
_FLOAT_NOISE: Final = 1e-9
_LONGEST_SHOWN: Final = 80


def read(page: Page) -> Look:
    """The five readings and the headlines of ``page``; pure, and it takes any bytes.

    A page without a header gives a look whose readings are all NULL, with ``via`` None.
    """
    source = open_page(page.body, page.content_type)
    if source.html is None:
        text = lines(source.text)
        return _look(Payload(), None, _in_text(text), newstext.in_lines(text, page), page)
    payload = _payload(source.html)
    listed = header.on_page(source.html)
    headlines = news.on_page(source.html, payload, page)
    if payload.figures or listed:
        return _look(payload, listed, None, headlines, page)
    text = lines(visible(source.html))
    return _look(payload, None, _in_text(text), headlines or newstext.in_lines(text, page), page)


def _payload(html: LexborHTMLParser) -> Payload:
    script = html.css_first('script[id="__NUXT_DATA__"]')
    return decode(script.text()) if script is not None else Payload()


def _in_text(text: list[str]) -> Header | None:
    return header.in_lines(text[: newstext.article_start(text)])


def _look(
    payload: Payload,
    listed: Header | None,
    text: Header | None,
    headlines: tuple[Headline, ...],
    page: Page,
) -> Look:
    found = listed or text or {}
    figures = payload.figures
    via: Via | None = "payload" if figures else "page" if listed else "text" if text else None
    readings = {}
    for metric in METRICS:
        shown = found.get(metric.key)
        if figures:
            reading = _from_payload(metric, figures, shown)
        else:
            reading = _from_page(metric, shown, anything=via is not None)
        readings[metric.key] = _harmless(reading)
    return Look(readings, via, _as_of(figures, page.taken_at), headlines)


def _harmless(reading: Reading) -> Reading:
    """Its texts without control characters: they come from the page and end up in terminals."""
    shown, problem = reading.shown, reading.problem
    return replace(
        reading,
        shown=shown and harmless(shown),
        problem=problem and harmless(problem),
    )


def _as_of(figures: Figures | None, taken_at: datetime) -> datetime | None:
    """When the server read the figures, unless it says it will do so in the future."""
    as_of = figures.as_of if figures else None
    return as_of if as_of and as_of <= taken_at + _CLOCK_SKEW else None


def _from_page(metric: Metric, found: Found | None, *, anything: bool) -> Reading:
    """The reading of one label; 0 is no value, for the site prints it where a figure is missing."""
    if found is None:
        reason = "label missing" if anything else "no header on the page"
        return Reading(None, None, metric.unit, None, f"{reason}: {metric.label}")
    shown = _one_line(found.text)
    if found.problem:
        return Reading(None, None, metric.unit, shown, found.problem)
    if shown is None:
        reason = f"empty: no figure beside the label {metric.label}"
        return Reading(None, None, metric.unit, None, reason)
    try:
        quantity = parse(found.text, metric)
    except QuantityError as error:
        return Reading(None, None, metric.unit, shown, f"{error}: {shown}")
    if quantity.value == 0:
        reason = f"zero: the site prints {shown} where a figure is missing"
        return Reading(None, None, metric.unit, shown, reason)
    return Reading(quantity.value, quantity.half_width, metric.unit, quantity.shown)


def _from_payload(metric: Metric, figures: Figures, found: Found | None) -> Reading:
    """The payload's figure, when it is dollars where it must be and the page does not deny it."""
    shown = _one_line(found.text) if found else None
    reading = Reading(None, None, metric.unit, shown or figures.formatted.get(metric.key))
    value = figures.values.get(metric.key)
    if value is None:
        return replace(reading, problem="missing in the payload")
    if metric.priced and figures.currency != "USD":
        currency = figures.currency or "an unnamed currency"
        return replace(reading, problem=f"not US dollars: the payload is in {currency}")
    if found and found.problem:
        return replace(reading, problem=found.problem)
    try:
        denial = _denial(value, parse(found.text, metric)) if found else None
    except QuantityError as error:
        if str(error) == "not US dollars":
            return replace(reading, problem=f"payload and page disagree: {error}: {shown}")
        return Reading(value, 0.0, metric.unit, figures.formatted.get(metric.key))
    if denial:
        return replace(reading, problem=denial)
    return Reading(value, 0.0, metric.unit, reading.shown)


def _one_line(text: str) -> str | None:
    """A text from the page as it is kept: spaces as the site sets them, but no line breaks."""
    return text.replace("\n", " ")[:_LONGEST_SHOWN].strip() or None


def _denial(value: float, seen: Quantity) -> str | None:
    """How the page contradicts the payload's value; None when that rounds to what is shown."""
    allowed = seen.half_width + _FLOAT_NOISE * max(1.0, seen.value)
    if abs(value - seen.value) <= allowed:
        return None
    return (
        f"payload and page disagree: {value:f}".rstrip("0").rstrip(".") + f" against {seen.shown}"
    )


COLLECTOR: Final = Collector(
    name="dapp_expert",
    label="dapp.expert",
    url="https://dapp.expert/",
    every=timedelta(hours=1),
    read=read,
    counts={
        "dapps": "dapp.expert prints a number of dapps and does not say which it counts.",
        "blockchains": "dapp.expert prints a number of blockchains and does not say which.",
        "active_users": "dapp.expert prints active users and does not say over which time.",
        "volume_30d": "dapp.expert prints a 30d volume and does not say of what.",
        "transactions_30d": "dapp.expert prints 30d transactions with a $ and does not say whether "
        "they are a count.",
    },
)
