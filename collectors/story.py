"""What the two forms of a page's news share: the words of a card, addresses, each story once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from collectors.labels import starts_with_label
from collectors.markup import clean
from collectors.reltime import interval, is_relative
from data.model import Headline, Page
from data.rows import is_indexable

TITLE: Final = 300

SUMMARY: Final = 1000

AUTHOR: Final = 100

AVATAR: Final = re.compile(r"user avatar\s*", re.IGNORECASE)

BY: Final = re.compile(r"(?:by|от|автор:?)\s+(?=\S)", re.IGNORECASE)

SECTION: Final = re.compile(
    r"(?:other|more|latest|related|последние|другие|похожие|остальные)\s+(?:news|новости)\W*",
    re.IGNORECASE,
)

FOOTER: Final = "©"

_WIDGET: Final = re.compile(
    r"chest|user avatar|rewards|more rewards|discover enhanced rewards.*|dapp expert logo|"
    r"by|от|автор:?|[\W\d_]+",
    re.IGNORECASE,
)

_URL: Final = 2000

_PLAIN: Final = re.compile(r"(?:/[\w%~-]+)+/?", re.ASCII)
"""A path that leads from the host's root: it stands in the joined address as it is."""
_ROOTS: Final = ("", "/", "/ru", "/ru/")


@dataclass(frozen=True, slots=True)
class Card:
    """What one card says, before its address is known."""

    summary: str | None = None
    author: str | None = None
    date: str = ""


def headline_of(
    title: str, card: Card, url: str | None, taken_at: datetime, lead: bool = False
) -> Headline:
    """A headline of ``card``; its publication is the interval of the relative date it shows."""
    start, end = interval(card.date, taken_at) or (None, None)
    plain = clean(title, TITLE) or title[:TITLE]
    return Headline(plain, url, card.summary, card.author, start, end, lead)


def once(headlines: Iterable[Headline]) -> tuple[Headline, ...]:
    """The first of those that share a title or an address."""
    seen: set[str] = set()
    kept = []
    for headline in headlines:
        names = {folded(headline.title), headline.url or folded(headline.title)}
        if not names & seen:
            kept.append(headline)
        seen |= names
    return tuple(kept)


def absolute(url: str, base: str) -> str | None:
    """An http(s) address without its fragment; None for anything else, or one that is too long."""
    try:
        if len(url) <= _URL and _PLAIN.fullmatch(url):
            parts = urlsplit(base)
            joined = f"{parts.scheme}://{parts.netloc}{url}"
        else:
            joined = urldefrag(urljoin(base, clean(url, _URL) or "")).url
            parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not (parts.netloc and url.strip()):
        return None
    if not is_indexable(joined):
        return None
    return parts.scheme + joined[len(parts.scheme) :]


def own_url(page: Page, html: LexborHTMLParser | None) -> str | None:
    """The article's address: the canonical one on the same host, else the page's; no front page."""
    own = absolute(page.url, page.url)
    link = html.css_first('link[rel="canonical"]') if html is not None else None
    named = absolute(link.attributes.get("href") or "", page.url) if link is not None else None
    for url in (named, own):
        same = url and own and urlsplit(url).netloc == urlsplit(own).netloc
        if url and same and urlsplit(url).path not in _ROOTS:
            return url
    return None


def author_of(text: str | None) -> str | None:
    """The name in a byline, without its "by"; None when there is none."""
    plain = clean(text or "", AUTHOR) or ""
    return clean(BY.sub("", plain, count=1), AUTHOR)


def is_widget(text: str) -> bool:
    """Whether ``text`` is the page's furniture: rewards, images, lone numbers."""
    return bool(_WIDGET.fullmatch(text)) if len(text) <= AUTHOR else False


def is_text(text: str) -> bool:
    """Whether ``text`` is something a card says: no furniture, date or section heading."""
    return not (is_widget(text) or is_relative(text) or SECTION.fullmatch(text[:AUTHOR]))


def is_title(text: str) -> bool:
    """Whether ``text`` can be a title: it is said, and it is not a label of the header."""
    return is_text(text) and not starts_with_label(text)


def folded(text: str) -> str:
    """``text`` for comparing: blanks and case set aside."""
    return " ".join(text.split()).casefold()
