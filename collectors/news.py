"""The headlines of a parsed page: the article, and the cards of other news."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain as joined
from itertools import islice, pairwise
from typing import Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors.markup import clean, words
from collectors.payload import Payload, Story
from collectors.reltime import is_relative
from collectors.story import (
    AUTHOR,
    AVATAR,
    BY,
    SUMMARY,
    TITLE,
    Card,
    absolute,
    author_of,
    folded,
    headline_of,
    is_text,
    is_title,
    once,
    own_url,
)
from data.model import Headline, Page

_LINKS: Final = 500

_CARD_LEVELS: Final = 5

_CARD_WORDS: Final = 60

_BYLINES: Final = 80

_STORY_URL: Final = re.compile(
    r"(?:https?:)?(?://[^/?#]+)?(?:/[a-z]{2})?/(?:news|analytics)/[^/?#]+/?(?:[?#].*)?"
)

_ABOUT: Final = re.compile(r"read more about\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link to a story."""

    node: LexborNode
    url: str
    label: str


def on_page(html: LexborHTMLParser, payload: Payload, page: Page) -> tuple[Headline, ...]:
    """The headlines of a parsed page, completed from its payload; each story once."""
    lead = _lead(html, payload.lead, page)
    cards = list(_cards(html, page))
    stories = {story.slug: story for story in payload.stories}
    by_title = {folded(story.title): story for story in payload.stories}
    told = [
        _completed(card, stories.get(_slug(card.url)) or by_title.get(folded(card.title)))
        for card in cards
    ]
    said = {folded(card.title) for card in cards} | {_slug(card.url) for card in cards}
    untold = (one for one in payload.stories if not {folded(one.title), one.slug} & said)
    rest = filter(None, map(_from_story, untold))
    return once([*([lead] if lead else []), *told, *rest])


def _lead(html: LexborHTMLParser, story: Story | None, page: Page) -> Headline | None:
    """The article: the page's ``h1`` where there is an ``article``; else what the payload says."""
    heading, article = html.css_first("h1"), html.css_first("article")
    title = clean(" ".join(words(heading)), TITLE) if heading and article else None
    if title is None:
        found = _from_story(story) if story and article else None
        return replace(found, url=own_url(page, html), lead=True) if found else None
    headline = headline_of(
        title, _byline(heading, article), own_url(page, html), page.taken_at, True
    )
    return _completed(headline, story)


def _byline(*nodes: LexborNode | None) -> Card:
    """Author and date in the paragraphs around the heading, then in the article."""
    for node in nodes:
        box = node.parent if node is not None else None
        for near in (box, box.parent if box is not None else None):
            if near is None or near.tag in ("body", "html"):
                continue
            # One by one: most of the paragraphs of a page are in its article, after the byline.
            paragraphs = (each for each in near.traverse() if each.tag == "p")
            texts = (" ".join(words(each)) for each in islice(paragraphs, _BYLINES))
            card = _signed(text for text in texts if len(text) <= AUTHOR)
            if card.author:
                return card
    return Card()


def _signed(texts: Iterator[str]) -> Card:
    """The first byline with a date after it, else the first byline; reads no further than it."""
    alone = None
    for text, following in pairwise(joined(texts, [""])):
        if BY.match(text):
            if is_relative(following):
                return Card(None, author_of(text), following)
            alone = alone or text
    return Card(None, author_of(alone))


def _cards(html: LexborHTMLParser, page: Page) -> Iterator[Headline]:
    """One headline a card: a link to a story, and the words of the box around it."""
    links = list(islice(_story_links(html), _LINKS))
    for link, boxes in zip(links, _card_boxes(links), strict=True):
        box, texts = _first_saying(boxes)
        title = _card_title(link.label, box, texts)
        if title:
            # Cleaning never lengthens a text, so a shorter one is not the title.
            others = (
                text for text in texts if len(text) < len(title) or clean(text, TITLE) != title
            )
            card = _card(list(others))
            yield headline_of(title, card, absolute(link.url, page.url), page.taken_at)


def _story_links(html: LexborHTMLParser) -> Iterator[_Link]:
    for node in html.css("a"):
        attributes = node.attributes
        url, label = attributes.get("href") or "", attributes.get("aria-label") or ""
        if _ABOUT.match(label) or _STORY_URL.fullmatch(url):
            yield _Link(node, url, label)


def _card_boxes(links: Sequence[_Link]) -> list[list[LexborNode]]:
    """For each link the boxes around it that link to no other story, smallest first."""
    chains = [[(box.mem_id, box) for box in _around(link.node)] for link in links]
    stories: defaultdict[int, set[str]] = defaultdict(set)
    for link, chain in zip(links, chains, strict=True):
        for place, _ in chain:
            stories[place].add(link.url + link.label)
    return [
        # Only a link that holds the link of another story has no box of its own.
        [box for place, box in chain if len(stories[place]) == 1] or [chain[0][1]]
        for chain in chains
    ]


def _first_saying(boxes: Sequence[LexborNode]) -> tuple[LexborNode, list[str]]:
    """The first box that says more than a title, else the last, and the words in it."""
    for box in boxes:
        texts = list(islice(words(box), _CARD_WORDS))
        if len(texts) > 1:
            break
    return box, texts


def _around(link: LexborNode) -> Iterator[LexborNode]:
    box: LexborNode | None = link
    for _ in range(_CARD_LEVELS):
        if box is None or box.tag in ("body", "html", "main", "article"):
            return
        yield box
        box = box.parent


def _card_title(label: str, box: LexborNode, texts: Sequence[str]) -> str | None:
    """What the link's label is about; without a label the card's heading."""
    label = clean(label, TITLE * 2) or ""
    about = _ABOUT.match(label)
    if about:
        return clean(label[about.end() :], TITLE)
    ends = [text for text in texts if label.endswith(text) and is_title(text)]
    heading = box.css_first("h2, h3, h4, h5")
    heading_text = " ".join(words(heading)) if heading is not None else ""
    return clean(max(ends, key=len, default=heading_text), TITLE)


def _card(texts: Sequence[str]) -> Card:
    """Summary, author and date of a card, from its words without the title."""
    date = next((text for text in texts if is_relative(text)), "")
    avatar = next((place for place, text in enumerate(texts) if AVATAR.match(text)), None)
    says = [text for text in texts[:avatar] if is_text(text)]
    if avatar is None:
        return Card(clean(says[0] if says else "", SUMMARY), None, date)
    names = (AVATAR.sub("", text, count=1) for text in texts[avatar:])
    author = next((name for name in names if name and is_text(name)), None)
    return Card(clean(" ".join(says), SUMMARY), author_of(author), date)


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
    title = clean(story.title, TITLE)
    if title is None:
        return None
    published = story.published or (None, None)
    summary, author = clean(story.summary or "", SUMMARY), clean(story.author or "", AUTHOR)
    return Headline(title, None, summary, author, *published)


def _slug(url: str | None) -> str | None:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2] if url else None
