"""The headlines of a page or of its visible text: the article, and the cards of other news."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.header import starts_with_label
from collectors.markup import clean, words
from collectors.payload import Payload, Story
from collectors.reltime import interval, is_relative
from data.model import Headline, Page

_TITLE: Final = 300
_SUMMARY: Final = 1000
_AUTHOR: Final = 100
_URL: Final = 2000
_LINKS: Final = 500
_CARD_LEVELS: Final = 5
_CARD_WORDS: Final = 60
_BYLINES: Final = 80

_AVATAR: Final = re.compile(r"user avatar\s*", re.IGNORECASE)
_BY: Final = re.compile(r"(?:by|от|автор:?)\s+(?=\S)", re.IGNORECASE)
_STORY_PATH: Final = re.compile(r"(?:/[a-z]{2})?/(?:news|analytics)/[^/?#]+/?")
_ABOUT: Final = re.compile(r"read more about\s+", re.IGNORECASE)
_SECTION: Final = re.compile(
    r"(?:other|more|latest|related|последние|другие|похожие|остальные)\s+(?:news|новости)\W*",
    re.IGNORECASE,
)
_WIDGET: Final = re.compile(
    r"chest|user avatar|rewards|more rewards|discover enhanced rewards.*|dapp expert logo|"
    r"by|от|автор:?|[\W\d_]+",
    re.IGNORECASE,
)
_FOOTER: Final = "©"
_ROOTS: Final = ("", "/", "/ru", "/ru/")


@dataclass(frozen=True, slots=True)
class _Card:
    """What one card says, before its address is known."""

    summary: str | None = None
    author: str | None = None
    date: str = ""


def on_page(html: LexborHTMLParser, payload: Payload, page: Page) -> tuple[Headline, ...]:
    """The headlines of a parsed page, completed from its payload; each story once."""
    lead = _lead(html, payload.lead, page)
    cards = list(_cards(html, page))
    stories = {story.slug: story for story in payload.stories}
    by_title = {_folded(story.title): story for story in payload.stories}
    told = [
        _completed(card, stories.get(_slug(card.url)) or by_title.get(_folded(card.title)))
        for card in cards
    ]
    rest = filter(None, map(_from_story, payload.stories))
    return _once([*([lead] if lead else []), *told, *rest])


def in_lines(lines: Sequence[str], page: Page) -> tuple[Headline, ...]:
    """The headlines of a visible text: every story ends with ``user avatar`` and its author."""
    lines = list(_before_footer(lines))
    found: list[Headline] = []
    start = 0
    for place in (place for place, line in enumerate(lines) if _AVATAR.match(line)):
        if place < start:
            continue
        before = lines[start:place]
        author, date, start = _signature(lines, place)
        lead = not found and bool(author and _BY.match(author)) and "chest" not in before
        headline = _told(before, lead=lead)
        if headline is None:
            continue
        url = _own_url(page, None) if lead else None
        card = _Card(headline.summary, _author(author), date)
        found.append(_headline(headline.title, card, url, page.taken_at, lead=lead))
    return _once(found or list(_bare_lead(lines, page)))


def article_start(lines: Sequence[str]) -> int:
    """The number of lines before the first sign of an article or a card."""
    for place, line in enumerate(lines):
        signature = _BY.match(line) and any(map(is_relative, lines[place + 1 : place + 2]))
        if _AVATAR.match(line) or _SECTION.fullmatch(line) or line.startswith(_FOOTER) or signature:
            return place
    return len(lines)


def _before_footer(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith(_FOOTER):
            return
        yield line


def _signature(lines: Sequence[str], place: int) -> tuple[str | None, str, int]:
    """Author, relative date and the line after them, from the avatar's line on."""
    glued = lines[place][_AVATAR.match(lines[place]).end() :]  # type: ignore[union-attr]
    following = place + 1
    author: str | None = glued or None
    if author is None and following < len(lines) and not is_relative(lines[following]):
        author, following = lines[following], following + 1
    if following < len(lines) and is_relative(lines[following]):
        return author, lines[following], following + 1
    return author, "", following


def _told(before: Sequence[str], *, lead: bool) -> Headline | None:
    """Title and summary among the lines before an avatar; None when only widgets stand there."""
    sections = [place for place, line in enumerate(before) if _SECTION.fullmatch(line)]
    lines = list(before[sections[-1] + 1 if sections else 0 :])
    chests = [place for place, line in enumerate(lines) if _is_widget(line)]
    if lead:
        title, summary = next((line for line in reversed(lines) if _is_title(line)), None), None
    elif chests and chests[-1] > 0 and _is_title(lines[chests[-1] - 1]):
        title, summary = lines[chests[-1] - 1], " ".join(lines[chests[-1] + 1 :])
    else:
        texts = [line for line in lines if _is_title(line)][-2:]
        title, summary = (texts[0], "".join(texts[1:])) if texts else (None, None)
    plain = clean(title or "", _TITLE)
    return Headline(plain, summary=clean(summary or "", _SUMMARY)) if plain else None


def _bare_lead(lines: Sequence[str], page: Page) -> Iterator[Headline]:
    """The article of a text without avatars: the line before ``by NAME`` and a relative date."""
    for title, by, date in zip(lines, lines[1:], lines[2:], strict=False):
        if _BY.match(by) and is_relative(date) and _is_title(title):
            yield _headline(
                title,
                _Card(None, _author(by), date),
                _own_url(page, None),
                page.taken_at,
                lead=True,
            )
            return


def _lead(html: LexborHTMLParser, story: Story | None, page: Page) -> Headline | None:
    """The article: the page's ``h1`` where there is an ``article``; else what the payload says."""
    heading, article = html.css_first("h1"), html.css_first("article")
    title = clean(" ".join(words(heading)), _TITLE) if heading and article else None
    if title is None:
        found = _from_story(story) if story and article else None
        return replace(found, url=_own_url(page, html), lead=True) if found else None
    headline = _headline(
        title, _byline(heading, article), _own_url(page, html), page.taken_at, True
    )
    return _completed(headline, story)


def _byline(*nodes: LexborNode | None) -> _Card:
    """Author and date in the paragraphs around the heading, then in the article."""
    for node in nodes:
        box = node.parent if node is not None else None
        for near in (box, box.parent if box is not None else None):
            if near is None or near.tag in ("body", "html"):
                continue
            texts = (" ".join(words(each)) for each in islice(near.css("p"), _BYLINES))
            card = _signed([text for text in texts if len(text) <= _AUTHOR])
            if card.author:
                return card
    return _Card()


def _signed(texts: Sequence[str]) -> _Card:
    for text, following in zip(texts, [*texts[1:], ""], strict=False):
        if _BY.match(text) and is_relative(following):
            return _Card(None, _author(text), following)
    alone = next((text for text in texts if _BY.match(text)), None)
    return _Card(None, _author(alone))


def _cards(html: LexborHTMLParser, page: Page) -> Iterator[Headline]:
    """One headline a card: a link to a story, and the words of the box around it."""
    links = list(islice(_story_links(html), _LINKS))
    boxes = _card_boxes([link for link, _ in links])
    for (link, url), box in zip(links, boxes, strict=True):
        texts = list(islice(words(box), _CARD_WORDS))
        title = _card_title(link, box, texts)
        if title:
            card = _card([text for text in texts if clean(text, _TITLE) != title])
            yield _headline(title, card, _absolute(url, page.url), page.taken_at)


def _story_links(html: LexborHTMLParser) -> Iterator[tuple[LexborNode, str]]:
    for link in html.css('a[aria-label], a[href*="/news/"], a[href*="/analytics/"]'):
        url, label = link.attributes.get("href") or "", link.attributes.get("aria-label") or ""
        if _ABOUT.match(label) or _is_story(url):
            yield link, url


def _is_story(url: str) -> bool:
    try:
        return bool(_STORY_PATH.fullmatch(urlsplit(url).path))
    except ValueError:
        return False


def _card_boxes(links: Sequence[LexborNode]) -> list[LexborNode]:
    """For each link the first box around it that says something, and links to no other story."""
    chains = [list(_around(link)) for link in links]
    stories: dict[int, set[str]] = {}
    for link, chain in zip(links, chains, strict=True):
        name = (link.attributes.get("href") or "") + (link.attributes.get("aria-label") or "")
        for box in chain:
            stories.setdefault(box.mem_id, set()).add(name)
    own = [[box for box in chain if len(stories[box.mem_id]) == 1] for chain in chains]
    return [next(filter(_says_enough, boxes), boxes[-1]) for boxes in own]


def _says_enough(box: LexborNode) -> bool:
    """More than a title."""
    return len(list(islice(words(box), 2))) > 1


def _around(link: LexborNode) -> Iterator[LexborNode]:
    box: LexborNode | None = link
    for _ in range(_CARD_LEVELS):
        if box is None or box.tag in ("body", "html", "main", "article"):
            return
        yield box
        box = box.parent


def _card_title(link: LexborNode, box: LexborNode, texts: Sequence[str]) -> str | None:
    """What the link's label is about; without a label the card's heading."""
    label = clean(link.attributes.get("aria-label") or "", _TITLE * 2) or ""
    about = _ABOUT.match(label)
    if about:
        return clean(label[about.end() :], _TITLE)
    ends = [text for text in texts if label.endswith(text) and _is_title(text)]
    heading = box.css_first("h2, h3, h4, h5")
    heading_text = " ".join(words(heading)) if heading is not None else ""
    return clean(max(ends, key=len, default=heading_text), _TITLE)


def _card(texts: Sequence[str]) -> _Card:
    """Summary, author and date of a card, from its words without the title."""
    date = next((text for text in texts if is_relative(text)), "")
    avatar = next((place for place, text in enumerate(texts) if _AVATAR.match(text)), None)
    says = [text for text in texts[:avatar] if _is_text(text)]
    if avatar is None:
        return _Card(clean(says[0] if says else "", _SUMMARY), None, date)
    names = [_AVATAR.sub("", text, count=1) for text in texts[avatar:]]
    author = next((name for name in names if name and _is_text(name)), None)
    return _Card(clean(" ".join(says), _SUMMARY), _author(author), date)


def _headline(
    title: str, card: _Card, url: str | None, taken_at: datetime, lead: bool = False
) -> Headline:
    start, end = interval(card.date, taken_at) or (None, None)
    plain = clean(title, _TITLE) or title[:_TITLE]
    return Headline(plain, url, card.summary, card.author, start, end, lead)


def _completed(headline: Headline, story: Story | None) -> Headline:
    """``headline`` with the payload's exact date, and whatever the page itself did not say."""
    told = _from_story(story) if story else None
    if told is None:
        return headline
    dated = told if told.published_from else headline
    return replace(
        headline,
        summary=headline.summary or told.summary,
        author=headline.author or told.author,
        published_from=dated.published_from,
        published_to=dated.published_to,
    )


def _from_story(story: Story) -> Headline | None:
    """The payload does not say under which path a story stands, so its address stays unknown."""
    title = clean(story.title, _TITLE)
    if title is None:
        return None
    published = story.published or (None, None)
    summary, author = clean(story.summary or "", _SUMMARY), clean(story.author or "", _AUTHOR)
    return Headline(title, None, summary, author, *published)


def _once(headlines: Iterable[Headline]) -> tuple[Headline, ...]:
    """The first of those that share a title or an address."""
    seen: set[str] = set()
    kept = []
    for headline in headlines:
        names = {_folded(headline.title), headline.url or _folded(headline.title)}
        if not names & seen:
            kept.append(headline)
        seen |= names
    return tuple(kept)


def _absolute(url: str, base: str) -> str | None:
    """An http(s) address without its fragment; None for anything else."""
    try:
        joined = urldefrag(urljoin(base, clean(url, _URL) or "")).url
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.netloc and url.strip() else None


def _own_url(page: Page, html: LexborHTMLParser | None) -> str | None:
    """The article's address: the canonical one on the same host, else the page's; no front page."""
    own = _absolute(page.url, page.url)
    link = html.css_first('link[rel="canonical"]') if html is not None else None
    named = _absolute(link.attributes.get("href") or "", page.url) if link is not None else None
    for url in (named, own):
        same = url and own and urlsplit(url).netloc == urlsplit(own).netloc
        if url and same and urlsplit(url).path not in _ROOTS:
            return url
    return None


def _slug(url: str | None) -> str | None:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2] if url else None


def _author(text: str | None) -> str | None:
    plain = clean(text or "", _AUTHOR) or ""
    return clean(_BY.sub("", plain, count=1), _AUTHOR)


def _is_widget(text: str) -> bool:
    return bool(_WIDGET.fullmatch(text)) if len(text) <= _AUTHOR else False


def _is_text(text: str) -> bool:
    return not (_is_widget(text) or is_relative(text) or _SECTION.fullmatch(text[:_AUTHOR]))


def _is_title(text: str) -> bool:
    return _is_text(text) and not starts_with_label(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
