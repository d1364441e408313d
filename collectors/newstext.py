"""The headlines of a visible text: each story ends with its author's avatar and name."""

from collections.abc import Iterator, Sequence

from collectors.markup import clean
from collectors.reltime import is_relative
from collectors.story import (
    AVATAR,
    BY,
    FOOTER,
    SECTION,
    SUMMARY,
    TITLE,
    Card,
    author_of,
    headline_of,
    is_title,
    is_widget,
    once,
    own_url,
)
from data.model import Headline, Page


def in_lines(lines: Sequence[str], page: Page) -> tuple[Headline, ...]:
    """The headlines of a visible text: every story ends with ``user avatar`` and its author."""
    lines = list(_before_footer(lines))
    found: list[Headline] = []
    start = 0
    for place in (place for place, line in enumerate(lines) if AVATAR.match(line)):
        if place < start:
            continue
        before = lines[start:place]
        author, date, start = _signature(lines, place)
        lead = not found and bool(author and BY.match(author)) and "chest" not in before
        headline = _told(before, lead=lead)
        if headline is None:
            continue
        url = own_url(page, None) if lead else None
        card = Card(headline.summary, author_of(author), date)
        found.append(headline_of(headline.title, card, url, page.taken_at, lead=lead))
    return once(found or list(_bare_lead(lines, page)))


def article_start(lines: Sequence[str]) -> int:
    """The number of lines before the first sign of an article or a card."""
    for place, line in enumerate(lines):
        signature = BY.match(line) and any(map(is_relative, lines[place + 1 : place + 2]))
        if AVATAR.match(line) or SECTION.fullmatch(line) or line.startswith(FOOTER) or signature:
            return place
    return len(lines)


def _before_footer(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith(FOOTER):
            return
        yield line


def _signature(lines: Sequence[str], place: int) -> tuple[str | None, str, int]:
    """Author, relative date and the line after them, from the avatar's line on."""
    glued = lines[place][AVATAR.match(lines[place]).end() :]  # type: ignore[union-attr]
    following = place + 1
    author: str | None = glued or None
    if author is None and following < len(lines) and not is_relative(lines[following]):
        author, following = lines[following], following + 1
    if following < len(lines) and is_relative(lines[following]):
        return author, lines[following], following + 1
    return author, "", following


def _told(before: Sequence[str], *, lead: bool) -> Headline | None:
    """Title and summary among the lines before an avatar; None when only widgets stand there."""
    sections = [place for place, line in enumerate(before) if SECTION.fullmatch(line)]
    lines = list(before[sections[-1] + 1 if sections else 0 :])
    chests = [place for place, line in enumerate(lines) if is_widget(line)]
    if lead:
        title, summary = next((line for line in reversed(lines) if is_title(line)), None), None
    elif chests and chests[-1] > 0 and is_title(lines[chests[-1] - 1]):
        title, summary = lines[chests[-1] - 1], " ".join(lines[chests[-1] + 1 :])
    else:
        texts = [line for line in lines if is_title(line)][-2:]
        title, summary = (texts[0], "".join(texts[1:])) if texts else (None, None)
    plain = clean(title or "", TITLE)
    return Headline(plain, summary=clean(summary or "", SUMMARY)) if plain else None


def _bare_lead(lines: Sequence[str], page: Page) -> Iterator[Headline]:
    """The article of a text without avatars: the line before ``by NAME`` and a relative date."""
    for title, by, date in zip(lines, lines[1:], lines[2:], strict=False):
        if BY.match(by) and is_relative(date) and is_title(title):
            yield headline_of(
                title,
                Card(None, author_of(by), date),
                own_url(page, None),
                page.taken_at,
                lead=True,
            )
            return
