"""The reader of dapp.expert: every trap of the page has a fixture, every fixture an expectation."""

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from collectors.dapp_expert import COLLECTOR, read
from collectors.story import absolute
from data.model import KEYS, METRIC, METRICS, Headline, Look, Page, Reading
from tests import pages
from tests.test_payload import header, page, query

FIXTURES = Path(__file__).parent / "fixtures" / "dapp_expert"
TAKEN_AT = datetime(2025, 7, 2, 12, tzinfo=UTC)
AS_OF = datetime(2025, 7, 2, 9, 53, 20, tzinfo=UTC)
SITE = "https://dapp.expert"

KEY = {"scope": "globalStats", "entity": "header"}
"""What the site asks its figures by."""

Figures = tuple[float | str, ...]

ROUNDED: Figures = (16_230, 78, 66_470_000, 303_260_000_000, 879_240_000)
WIDTHS = (5, 0, 5_000, 5_000_000, 5_000)
EXACT: Figures = (16_231, 78, 66_470_321, 303_261_234_567.89, 879_241_111)
EMPTY: Figures = ("empty",) * 5
NONE: Figures = ("no header",) * 5
COUNTS: Figures = ROUNDED[:3]

EXPECTED: dict[str, tuple[str | None, Figures]] = {
    "article.html": ("payload", EXACT),
    "no_payload.html": ("page", ROUNDED),
    "list.html": ("payload", EXACT),
    "empty.html": ("page", EMPTY),
    "mobile.html": ("page", EMPTY),
    "outage.html": ("page", EMPTY),
    "zero.html": ("page", ("zero",) * 5),
    "price_zero.html": ("page", (*COUNTS, "zero", 879_240_000)),
    "missing_label.html": ("page", (16_230, "label missing", *ROUNDED[2:])),
    "extra_stat.html": ("page", ROUNDED),
    "other_order.html": ("page", ROUNDED),
    "euro.html": ("page", (*COUNTS, "not US dollars", "not US dollars")),
    "bitcoin.html": ("page", (*COUNTS, "not US dollars", "not US dollars")),
    "russian.html": ("page", ROUNDED),
    "trailing_zeros.html": ("page", (16_000, 80, 66_500_000, 300_000_000_000, 880_100_000)),
    "trillions.html": (
        "page",
        (16_230, 78, 1_200_000_000, 1_234_570_000_000_000, 1_050_000_000_000),
    ),
    "garbage.html": ("page", ("not a figure",) * 4 + ("negative",)),
    "look_alikes.html": ("page", ROUNDED),
    "look_alikes_only.html": (None, NONE),
    "two_lists_agree.html": ("page", ROUNDED),
    "two_lists_disagree.html": (
        "page",
        ("two places disagree: 16.23K and 99.9K", *ROUNDED[1:4], "the page holds two lists"),
    ),
    "redesign_dl.html": ("page", ROUNDED),
    "redesign_divs.html": ("page", ROUNDED),
    "redesign_value_first.html": ("page", ROUNDED),
    "redesign_table_rows.html": ("page", ROUNDED),
    "redesign_table_columns.html": ("page", ROUNDED),
    "redesign_split.html": ("page", (16_230, "not a figure", *ROUNDED[2:])),
    "redesign_unclear.html": ("page", ("unclear which figure belongs",) * 5),
    "preformatted.html": ("page", ROUNDED),
    "truncated.html": ("page", ROUNDED),
    "broken_payload.html": ("page", ROUNDED),
    "cyclic_payload.html": ("page", ROUNDED),
    "payload_disagrees.html": (
        "payload",
        (
            "payload and page disagree: 17231 against 16.23K",
            78,
            "payload and page disagree: 0 against 66.47M",
            *EXACT[3:],
        ),
    ),
    "payload_gaps.html": ("payload", ("missing in", 78, 0, "missing in", 879_241_111)),
    "payload_euro.html": ("payload", (*EXACT[:3], "not US dollars", "not US dollars")),
    "payload_only.html": ("payload", EXACT),
    "payload_future.html": ("payload", EXACT),
    "no_header.html": (None, NONE),
    "not_the_site.html": (None, NONE),
    "hostile.html": ("page", ROUNDED),
    "article.txt": ("text", ROUNDED),
    "spaced.txt": ("text", ROUNDED),
    "own_lines.txt": ("text", ROUNDED),
    "value_first.txt": ("text", ROUNDED),
    "one_line.txt": ("text", ROUNDED),
    "empty_values.txt": ("text", EMPTY),
    "no_header.txt": (None, NONE),
    "list.txt": ("text", ROUNDED),
    "russian.txt": ("text", ROUNDED),
}
"""Via, then per metric the value, or how the problem begins."""

LEAD = "Old mill prints its flour ledger"
THREE = [
    "Orchard co-op settles harvest on a ledger",
    "Bridge tolls move to stable tokens",
    "What do quiet markets tell us?",
]
FOURTH = "A lamp that pays its own bill"
RUSSIAN = ["Старая лампа платит за себя", "Мост берёт жетоны"]

TITLES: dict[str, tuple[str | None, list[str]]] = {
    "article.html": (LEAD, [*THREE, FOURTH]),
    "payload_only.html": (LEAD, [*THREE, FOURTH]),
    "list.html": (None, THREE),
    "list.txt": (None, THREE),
    "outage.html": (None, []),
    "not_the_site.html": (None, []),
    "preformatted.html": (None, []),
    "no_header.html": (LEAD, []),
    "look_alikes_only.html": (LEAD, []),
    "two_lists_disagree.html": (LEAD, []),
    "look_alikes.html": (LEAD, ["Dapps: 55.5K and counting"]),
    "truncated.html": (LEAD, THREE[:2]),
    "russian.html": ("Мельница печатает книгу муки", RUSSIAN),
    "russian.txt": (LEAD, RUSSIAN[1:]),
    "hostile.html": (
        "Old <script>mill</script> prints",
        [f"{what} behind the link" for what in ("Script", "Data")]
        + ["Bracket in the link", "Fragment in the link", "Link to elsewhere", "L" * 300],
    ),
}
"""Lead and other titles where they are not the usual lead and three cards."""


def look_at(name: str, body: bytes | None = None) -> Look:
    """What the reader makes of a fixture, or of ``body`` in its place."""
    kind = "text/plain" if name.endswith(".txt") else "text/html; charset=utf-8"
    body = (FIXTURES / name).read_bytes() if body is None else body
    return read(Page(body, f"{SITE}/news/page", TAKEN_AT, kind))


def story(look: Look, title: str) -> Headline:
    """The one headline with this title."""
    (found,) = (headline for headline in look.headlines if headline.title == title)
    return found


def test_every_fixture_has_an_expectation() -> None:
    """No page lies in the folder unused, none is expected that is not there."""
    assert {path.name for path in FIXTURES.iterdir()} == set(EXPECTED)
    assert set(TITLES) <= set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_figures(name: str) -> None:
    """Each metric has its value and no problem, or a problem and no value."""
    look = look_at(name)
    via, expected = EXPECTED[name]
    assert look.via == via
    assert tuple(look.readings) == KEYS
    assert [reading.unit for reading in look.readings.values()] == [one.unit for one in METRICS]
    for reading, figure in zip(look.readings.values(), expected, strict=True):
        if isinstance(figure, str):
            assert (reading.value, reading.half_width) == (None, None)
            assert reading.problem is not None
            assert reading.problem.startswith(figure)
            assert "\n" not in reading.problem
        else:
            assert (reading.value, reading.problem) == (figure, None)


@pytest.mark.parametrize("name", EXPECTED)
def test_half_widths(name: str) -> None:
    """Payload figures are exact; a shown figure is known to half a hundredth of its scale."""
    look = look_at(name)
    widths = [reading.half_width for reading in look.readings.values() if reading.value is not None]
    if look.via == "payload":
        assert set(widths) == {0}
    elif look.complete and name != "trillions.html":
        assert tuple(widths) == WIDTHS


@pytest.mark.parametrize("name", EXPECTED)
def test_titles(name: str) -> None:
    """Lead first, then each card once; widgets, look-alikes and the footer are no headlines."""
    headlines = look_at(name).headlines
    lead, others = TITLES.get(name, (LEAD, THREE))
    assert [headline.title for headline in headlines if headline.lead] == ([lead] if lead else [])
    assert [headline.title for headline in headlines if not headline.lead] == others


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("article.html", ("16.23K", "78", "66.47M", "$303.26B", "$879.24M")),
        ("article.txt", ("16.23K", "78", "66.47M", "$303.26B", "$879.24M")),
        ("payload_only.html", ("16.23K", "78", "66.47M", "$303.26B", "$879.24M")),
        (
            "russian.html",
            (
                "16,23\xa0тыс.",
                "78",
                "66,47\xa0млн",
                "303,26\xa0млрд\xa0$",
                "879,24\u202fмлн\u202f$",
            ),
        ),
        ("euro.html", ("16.23K", "78", "66.47M", "€257.77B", "€747.35M")),
        ("zero.html", ("0", "0", "0", "$0.00", "$0.00")),
        ("garbage.html", ("16.23.1K", "NaN", "66.47Q", "—", "-$5.00M")),
        ("empty.html", (None,) * 5),
        ("two_lists_disagree.html", (None, "78", "66.47M", "$303.26B", "$879.24M")),
        ("payload_disagrees.html", ("16.23K", "78", "66.47M", "$303.26B", "$879.24M")),
    ],
)
def test_shown(name: str, shown: tuple[str | None, ...]) -> None:
    """The text is kept as it was displayed, also where there is no value."""
    assert tuple(reading.shown for reading in look_at(name).readings.values()) == shown


@pytest.mark.parametrize(
    ("name", "as_of"),
    [("article.html", AS_OF), ("no_payload.html", None), ("payload_future.html", None)],
)
def test_as_of(name: str, as_of: datetime | None) -> None:
    """The server's time of reading is kept when the payload says it and it is not to come."""
    assert look_at(name).as_of == as_of


def test_empty() -> None:
    """A page without a header is an empty look, with the reason at every metric."""
    look = look_at("not_the_site.html")
    assert look.empty
    assert look.headlines == ()


def test_lead_of_a_page() -> None:
    """The lead has its canonical address and the payload's exact date."""
    instant = datetime(2023, 9, 14, 7, 45, tzinfo=UTC)
    assert look_at("article.html").headlines[0] == Headline(
        LEAD, f"{SITE}/news/old-mill", "Rye, traced.", "Marek Lindqvist", instant, instant, True
    )


@pytest.mark.parametrize("name", ["no_payload.html", "article.txt"])
def test_lead_without_payload(name: str) -> None:
    """Without a payload the lead's date is the interval of its relative date."""
    lead = look_at(name).headlines[0]
    assert (lead.author, lead.summary) == ("Marek Lindqvist", None)
    assert lead.published_from == datetime(2023, 2, 2, 12, tzinfo=UTC)
    assert lead.published_to == datetime(2024, 1, 2, 12, tzinfo=UTC)


def test_card_of_a_page() -> None:
    """A card is paired with its own stretched link, author and date."""
    assert story(look_at("no_payload.html"), THREE[1]) == Headline(
        THREE[1],
        f"{SITE}/news/en_bridge-tolls",
        "The crossing at Lund takes no coins from May.",
        "Ines Duarte",
        datetime(2025, 5, 18, 12, tzinfo=UTC),
        datetime(2025, 6, 6, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["article.txt", "spaced.txt", "list.txt"])
def test_card_of_a_text(name: str) -> None:
    """A card of a visible text has all but its address, the author glued to the avatar or not."""
    assert story(look_at(name), THREE[0]) == Headline(
        THREE[0],
        None,
        "Growers in the valley now share one book.",
        "Tomas Beran",
        datetime(2025, 6, 29, tzinfo=UTC),
        datetime(2025, 6, 30, tzinfo=UTC),
    )


def test_card_without_a_date() -> None:
    """A card that shows no date has none."""
    card = story(look_at("no_payload.html"), THREE[2])
    assert card.url == f"{SITE}/analytics/quiet-markets"
    assert (card.published_from, card.published_to) == (None, None)


def test_link_within_a_link() -> None:
    """A story's link that holds another one's, which only a foreign element can, is still read."""
    inner = "<svg><a href='/news/inner' aria-label='Read more About Inner'></a></svg>"
    outer = f"<a href='/news/outer' aria-label='Read more About Outer'>{inner}</a>"
    look = look_at("x.html", f"<html><body><div>{outer}</div></body></html>".encode())
    assert [headline.title for headline in look.headlines] == ["Outer", "Inner"]


@given(
    st.text("/ab-_.%7;?é", max_size=12).map("/".__add__),
    st.sampled_from(
        ["https://a.org/news/x", "HTTP://A.org:8", "ftp://a.org/", "//a.org/", "a.org"]
    ),
)
def test_address_of_a_path(path: str, base: str) -> None:
    """A plain path is joined in short, with the answer that the long way gives."""
    assert absolute(path, base) == absolute(f"{path}#the-long-way", base)


def test_payload_dates_a_card() -> None:
    """A card's exact date comes from the payload, by its slug."""
    card = story(look_at("article.html"), THREE[1])
    assert card.published_from == card.published_to == datetime(2025, 6, 28, 10, tzinfo=UTC)


def test_changed_title() -> None:
    """A story whose payload title was edited is one headline still, by its slug."""
    text = (FIXTURES / "article.html").read_text("utf-8")
    script = text.index("__NUXT_DATA__")
    edited = text[:script] + text[script:].replace(THREE[1], "Bridge tolls, corrected")
    titles = [headline.title for headline in look_at("x.html", edited.encode()).headlines]
    assert titles == [LEAD, *THREE, FOURTH]


def test_payload_alone() -> None:
    """A story that only the payload names has no address: its path is not said there."""
    assert story(look_at("article.html"), FOURTH).url is None


def test_russian_card() -> None:
    """A Russian card is read though the words of its link are not known."""
    card = story(look_at("russian.html"), RUSSIAN[0])
    assert (card.url, card.author) == (f"{SITE}/ru/news/lampa", "Инес Дуарте")


def test_hostile_addresses() -> None:
    """Only http(s) addresses are kept, without fragments; nothing is a script."""
    look = look_at("hostile.html")
    urls = {headline.title: headline.url for headline in look.headlines}
    assert urls["Fragment in the link"] == f"{SITE}/news/fragment?page=2"
    assert urls["Link to elsewhere"] == "https://other.example/news/elsewhere"
    assert urls[look.headlines[0].title] == f"{SITE}/news/page"
    for title in ("Script behind the link", "Data behind the link", "Bracket in the link"):
        assert urls[title] is None
    assert not any("alert" in repr(headline) for headline in look.headlines)


def test_article_without_byline() -> None:
    """An article without any paragraph still has its title."""
    body = b"<html><body><article><h1>Bare title</h1></article></body></html>"
    assert look_at("x.html", body).headlines == (
        Headline("Bare title", f"{SITE}/news/page", lead=True),
    )


def test_front_page_is_no_article() -> None:
    """An article read from a file under the front page's address has no address of its own."""
    body = (FIXTURES / "article.txt").read_bytes()
    assert read(Page(body, f"{SITE}/", TAKEN_AT, "text/plain")).headlines[0].url is None


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "", "application/octet-stream"])
@pytest.mark.parametrize("name", ["article.txt", "no_payload.html"])
def test_sniffing(name: str, kind: str) -> None:
    """The body says whether it is markup, whatever its declared type."""
    page = Page((FIXTURES / name).read_bytes(), f"{SITE}/news/page", TAKEN_AT, kind)
    assert read(page) == look_at(name)


@pytest.mark.parametrize(
    ("kind", "meta", "encoding"),
    [
        ("text/html; charset=windows-1251", "utf-8", "cp1251"),
        ("text/html", "windows-1251", "cp1251"),
        ("text/html", "utf-8", "utf-8-sig"),
        ("text/html", "utf-8", "utf-16"),
        ("text/html; charset=no-such-thing", "utf-8", "utf-8"),
        ("text/html; charset=iso-8859-12", "utf-8", "utf-8"),
        ("text/html", "utf16le", "utf-8"),
    ],
)
def test_charset(kind: str, meta: str, encoding: str) -> None:
    """Byte order mark, then the declared type, then the page's own meta decide the charset."""
    text = (FIXTURES / "russian.html").read_text("utf-8").replace("\u202f", "\u00a0")
    body = text.replace('charset="utf-8"', f'charset="{meta}"').encode(encoding)
    look = read(Page(body, f"{SITE}/ru/news/x", TAKEN_AT, kind))
    assert look.readings["dapps"].value == 16_230
    assert look.headlines[0].title == "Мельница печатает книгу муки"


def test_rounding_border() -> None:
    """A payload value that rounds to the shown text agrees; one a step further does not."""
    text = (FIXTURES / "article.html").read_text("utf-8")
    border = text.replace("16231", "16234.99")
    beyond = text.replace("16231", "16235.01")
    assert look_at("article.html", border.encode()).readings["dapps"].value == 16_234.99
    assert look_at("article.html", beyond.encode()).readings["dapps"].value is None


GIVEN: dict[str, object] = {
    "dapps": 16_231,
    "dappsFormatted": "16.2K",
    "blockchains": 78,
    "activeUsers": 66_470_321,
    "volume30d": 303_261_234_567.89,
    "transactions30d": 879_241_111,
}


def both(
    shown: dict[str, str],
    given: dict[str, object] | None = None,
    currency: object = "USD",
    as_of: datetime = AS_OF,
) -> Look:
    """The look at a page that shows figures and has a payload, each changed where it is said."""
    updated = round(as_of.timestamp() * 1000)
    text = page(query(GIVEN | (given or {}), updated, **KEY, currency=currency))
    script = f'<script id="__NUXT_DATA__">{text}</script></body>'.encode()
    return look_at("x.html", pages.page(**shown).replace(b"</body>", script))


@pytest.mark.parametrize(
    ("shown", "given", "currency", "reading"),
    [
        ({}, {}, "USD", Reading(16_231, 0, "count", "16.23K")),
        ({"Dapps": ""}, {}, "USD", Reading(16_231, 0, "count", "16.2K")),
        ({"Dapps": "many"}, {}, "USD", Reading(16_231, 0, "count", "16.2K")),
        ({"Dapps": "16.2"}, {"dappsFormatted": None}, "USD", Reading(16_231, 0, "count", None)),
        ({}, {}, "EUR", Reading(16_231, 0, "count", "16.23K")),
        (
            {},
            {"dapps": None},
            "USD",
            Reading(None, None, "count", "16.23K", "missing in the payload"),
        ),
        (
            {"Dapps": "20"},
            {"dapps": 20_000},
            "USD",
            Reading(None, None, "count", "20", "payload and page disagree: 20000 against 20"),
        ),
        (
            {"Dapps": "16"},
            {"dapps": 16.5},
            "USD",
            Reading(None, None, "count", "16", "payload and page disagree: 16.5 against 16"),
        ),
    ],
)
def test_payload_beside_a_page(
    shown: dict[str, str], given: dict[str, object], currency: str, reading: Reading
) -> None:
    """The payload's figure counts where the page does not deny it, with the page's text if any."""
    assert both(shown, given, currency).readings["dapps"] == reading


@pytest.mark.parametrize(
    ("shown", "currency", "problem"),
    [
        ("$303.26B", "EUR", "not US dollars: the payload is in EUR"),
        ("$303.26B", None, "not US dollars: the payload is in an unnamed currency"),
        ("€303.26B", "USD", "payload and page disagree: not US dollars: €303.26B"),
    ],
)
def test_payload_of_a_price(shown: str, currency: str | None, problem: str) -> None:
    """A price that is not in dollars, there or on the page, is none, and the reason says where."""
    look = both({"30d_volume": shown}, currency=currency)
    assert look.via == "payload"
    assert look.readings["volume_30d"] == Reading(None, None, "USD", shown, problem)


def test_price_that_is_half_a_cent_off() -> None:
    """A payload's price halfway between two cents agrees with either, though no float is exact."""
    for value, shown in ((12.345, "$12.34"), (12.345, "$12.35"), (0.125, "$0.13")):
        look = both({"30d_volume": shown}, {"volume30d": value})
        assert look.readings["volume_30d"] == Reading(value, 0, "USD", shown)


def test_count_that_is_one_off() -> None:
    """A count that the page shows in full has no rounding to differ by."""
    look = both({}, {"blockchains": 79})
    assert look.readings["blockchains"].problem == "payload and page disagree: 79 against 78"


def test_payload_beside_two_lists() -> None:
    """A page that contradicts itself denies the payload too."""
    text = (FIXTURES / "two_lists_disagree.html").read_text("utf-8")
    script = (
        f'<script id="__NUXT_DATA__">{page(query(GIVEN, **KEY, currency="USD"))}</script></body>'
    )
    reading = look_at("x.html", text.replace("</body>", script).encode()).readings["dapps"]
    assert reading.value is None
    assert reading.problem == look_at("two_lists_disagree.html").readings["dapps"].problem


@pytest.mark.parametrize(
    ("name", "key", "problem"),
    [
        ("not_the_site.html", "dapps", "no header on the page: Dapps"),
        ("missing_label.html", "blockchains", "label missing: Blockchains"),
        ("empty.html", "volume_30d", "empty: no figure beside the label 30d volume"),
        ("zero.html", "dapps", "zero: the site prints 0 where a figure is missing"),
        ("garbage.html", "blockchains", "not a figure: NaN"),
    ],
)
def test_reasons(name: str, key: str, problem: str) -> None:
    """Why there is no value is one sentence that names what was looked for and what was there."""
    reading = look_at(name).readings[key]
    assert (reading.value, reading.half_width, reading.problem) == (None, None, problem)
    metric = METRIC[key]
    assert reading.unit == metric.unit


def test_long_text_is_cut() -> None:
    """What stands beside a label is kept up to eighty characters, on one line."""
    shown = "x" * 79
    for text, kept in ((f"{shown}y", f"{shown}y"), (f"{shown}yz", f"{shown}y")):
        body = pages.page(Dapps=text)
        reading = look_at("x.html", body).readings["dapps"]
        assert (reading.shown, reading.problem) == (kept, f"not a figure: too long: {kept}")


@pytest.mark.parametrize(("letters", "known"), [(826, True), (827, False)])
def test_address_that_no_index_holds(letters: int, known: bool) -> None:
    """A story's address is left away where it is longer than every store can look up."""
    base = "https://dapp.expert/en"
    assert (absolute("/" + "漢" * letters, base) is not None) == known


def test_server_that_is_ahead() -> None:
    """A server's clock may be a day ahead of ours, no more."""
    day = timedelta(days=1)
    assert both({}, as_of=TAKEN_AT + day).as_of == TAKEN_AT + day
    assert both({}, as_of=TAKEN_AT + day + timedelta(milliseconds=1)).as_of is None


def test_script_that_is_another() -> None:
    """Only the script of Nuxt is a payload."""
    text = page(query(GIVEN, **KEY, currency="USD"))
    script = f'<script id="__OTHER__">{text}</script></body>'.encode()
    assert look_at("x.html", pages.page().replace(b"</body>", script)).via == "page"


def test_the_collector_says_what_it_counts() -> None:
    """Every metric has a short plain sentence, for this site defines none of its figures."""
    assert (COLLECTOR.name, COLLECTOR.label) == ("dapp_expert", "dapp.expert")
    assert (COLLECTOR.url, COLLECTOR.every) == (f"{SITE}/", timedelta(hours=1))
    assert COLLECTOR.read is read
    assert tuple(COLLECTOR.counts) == KEYS
    for sentence in COLLECTOR.counts.values():
        assert re.fullmatch(r"dapp\.expert prints [a-z0-9 $]+ does not say [a-z ]+\.", sentence)


def test_other_currency_on_the_page_only() -> None:
    """A page in euros denies a payload in dollars, for the figures that are prices."""
    text = (FIXTURES / "article.html").read_text("utf-8").replace(">$303.26B<", ">€303.26B<")
    look = look_at("article.html", text.encode())
    problem = look.readings["volume_30d"].problem or ""
    assert look.readings["volume_30d"].value is None
    assert problem.startswith("payload and page disagree: not US dollars")
    assert look.readings["dapps"].value == 16_231


def test_huge_payload() -> None:
    """A payload beyond the limit is left alone: the figures are the page's."""
    script = f'<script id="__NUXT_DATA__">{page(header()) + " " * 5_000_000}</script></body>'
    text = (FIXTURES / "no_payload.html").read_text("utf-8").replace("</body>", script)
    assert look_at("x.html", text.encode()).readings == look_at("no_payload.html").readings


HUGE = {
    "deep": b"<div>" * 2_000_000,
    "deep again and again": (b"<div>" * 4_900 + b"</div>" * 4_900) * 90,
    "deep and closed": b"<div>" * 900_000 + b"</div>" * 900_000,
    "labels": b"<ul>" + b"<li><span>Dapps: </span><b>1K</b></li>" * 250_000,
    "lines": b"Dapps: 1K\nBlockchains: 2\nActive users: 3M\n" * 230_000,
    "one line": b"Dapps: 1K Blockchains: 2 " * 400_000,
    "dots": b"Dapps:\n" + b"." * 10_000_000,
    "cards": b"".join(b'<div><a href="/news/%d"></a><h3>T</h3></div>' % n for n in range(200_000)),
    "avatars": b"Title\nchest\nSummary\nuser avatarBob\n" * 280_000,
    "angles": b"<" * 10_000_000,
}


@pytest.mark.parametrize("name", HUGE)
def test_huge(name: str) -> None:
    """Ten megabytes of anything end within half a minute, where quadratic work would take hours."""
    start = time.perf_counter()
    look_at("x.html", HUGE[name])
    assert time.perf_counter() - start < 30


def visible(body: bytes) -> str:
    """All text of a page without blanks, scripts among it."""
    text = body.decode("utf-8", "replace")
    parsed = LexborHTMLParser(text).text() if "<" in text else ""
    return "".join((text + parsed).split())


def stands_there(look: Look, body: bytes) -> bool:
    """Whether each value stands in the page: as its shown text, or as a number of the payload."""
    text = visible(body)
    for reading in look.readings.values():
        if reading.value is None:
            continue
        if look.via == "payload":
            numbers = re.findall(r"(?=([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?))", text)
            if reading.value not in map(float, numbers):
                return False
        elif "".join((reading.shown or "?").split()) not in text:
            return False
    return True


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mutated_pages(data: st.DataObject) -> None:
    """A damaged page never raises and never gives a value that does not stand on it."""
    name = data.draw(st.sampled_from(["article.html", "no_payload.html", "article.txt"]))
    body = bytearray((FIXTURES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(body) - 1, 4_500)))
        length = data.draw(st.integers(0, 200))
        body[place : place + length] = data.draw(
            st.binary(max_size=20)
            | st.sampled_from([b"<ul>", b"</li>", b"9", b"Dapps: 1K", b"<!--", b"-->", b"\n", b"$"])
        )
        if not body:
            break
    assert stands_there(look_at(name, bytes(body)), bytes(body))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"<html>", b"\xff\xfe", b"Dapps:"]))
def test_random_bytes(body: bytes, start: bytes) -> None:
    """Any bytes are taken: five readings, each a value or a problem."""
    look = look_at("x.html", start + body)
    assert tuple(look.readings) == KEYS
    for reading in look.readings.values():
        assert (reading.value is None) == (reading.problem is not None)


LABELS = ["Dapps: ", "Dapps", "Blockchains: ", "Active users", "30d volume:", "30d transactions: "]
OTHERS = ["16.23K", "78", "$303.26B", "€1.00B", "0", "—", "NFTs: ", "user avatar", "by Ann Lee"]
TAGS = ["ul", "li", "div", "span", "dl", "dt", "dd", "table", "tr", "th", "td", "p"]
tokens = st.sampled_from([*LABELS, *OTHERS])
tags = st.sampled_from(TAGS)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(tags, tokens, st.booleans()), max_size=30))
def test_any_arrangement(parts: list[tuple[str, str, bool]]) -> None:
    """Labels and figures in any arrangement give only figures that stand there."""
    html = "".join(f"<{tag}>{text}" + (f"</{tag}>" if end else "") for tag, text, end in parts)
    body = f"<html><body>{html}</body></html>".encode()
    assert stands_there(look_at("x.html", body), body)


LAYOUTS = {
    "li": ("<ul>", "<li><span>{label}: </span><b>{shown}</b></li>", "</ul>"),
    "li without colon": ("<ul>", "<li><span>{label}</span><b>{shown}</b></li>", "</ul>"),
    "dl": ("<dl>", "<dt>{label}</dt><dd>{shown}</dd>", "</dl>"),
    "rows": ("<table>", "<tr><th>{label}</th><td>{shown}</td></tr>", "</table>"),
    "figure first": ("<div>", "<p><b>{shown}</b><i>{label}</i></p>", "</div>"),
    "flat": ("<div>", "<b>{label}</b><i>{shown}</i>", "</div>"),
    "flat, figure first": ("<div>", "<b>{shown}</b><i>{label}</i>", "</div>"),
    "lines": ("", "{label}: {shown}\n", ""),
    "own lines": ("", "{label}\n{shown}\n", ""),
    "figure lines": ("", "{shown}\n{label}\n", ""),
}
OWN = [
    ("Dapps", "1.01K", 1_010.0),
    ("Blockchains", "22", 22.0),
    ("Active users", "3.03M", 3_030_000.0),
    ("30d volume", "$4.04B", 4_040_000_000.0),
    ("30d transactions", "5.05M", 5_050_000.0),
    ("NFT collections", "6.06K", None),
    ("TVL", "$7.07B", None),
]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), st.permutations(OWN), st.sets(st.integers(0, 6)))
def test_no_figure_under_another_label(
    layout: str, stats: list[tuple[str, str, float | None]], empty: set[int]
) -> None:
    """In any layout and order, with any figures left empty, no label gets another's figure."""
    start, item, end = LAYOUTS[layout]
    parts = [
        item.format(label=label, shown="" if place in empty else shown)
        for place, (label, shown, _) in enumerate(stats)
    ]
    inside = "".join([start, *parts, end])
    body = inside if "<" not in inside else f"<html><body>{inside}</body></html>"
    readings = look_at("x.html", body.encode()).readings.values()
    owned = {label: value for label, _, value in OWN}
    left = {label for place, (label, _, _) in enumerate(stats) if place in empty}
    for (label, _, _), reading in zip(OWN, readings, strict=False):
        assert reading.value in ((None,) if label in left else (None, owned[label])), label


BARE = [("Dapps", "1.01K"), ("Blockchains", "22"), ("Active users", "3.03M")]
BARE += [("30d volume", "$4.04B"), ("30d transactions", "$5.05M")]


def test_bare_labels_in_lines() -> None:
    """Labels without colons on lines of their own are read, in the site's order."""
    body = "\n".join(["Menu", *(f"{label}\n{shown}" for label, shown in BARE), "A title"])
    values = [reading.value for reading in look_at("x.txt", body.encode()).readings.values()]
    assert values == [1_010, 22, 3_030_000, 4_040_000_000, 5_050_000]


def test_bare_labels_out_of_step() -> None:
    """Figures that would fit the neighbouring labels are refused where the order is not known."""
    lines = ["Dapps", "22", "Blockchains", "5.05M", "30d transactions", "$4.04B", "30d volume"]
    look = look_at("x.txt", "\n".join([*lines, "$7.07B", "TVL"]).encode())
    assert look.empty
    assert (look.readings["dapps"].problem or "").startswith("unclear")


def test_fixtures_are_marked_synthetic() -> None:
    """Every page made up for the tests says so."""
    for path in FIXTURES.iterdir():
        assert "synthetic" in path.read_text("utf-8").lower() or path.name == "truncated.html"


def test_goldens_say_how_they_were_made() -> None:
    """The golden figures carry the command that printed them."""
    golden = json.loads((FIXTURES.parent / "intl.json").read_text("utf-8"))
    assert golden["made by"].startswith("node -e")


def test_texts_of_a_page_are_harmless() -> None:
    """What a page shows instead of a figure reaches a terminal: not the codes that steer one."""
    body = pages.page(Dapps="\x1b[31mX\x07\u202ey\x85z")
    reading = read(Page(body, f"{SITE}/", TAKEN_AT)).readings["dapps"]
    assert (reading.value, reading.shown) == (None, "[31mXy z")
    assert reading.problem == "not a figure: [31mXy z"
