"""Pages of the site's form and of the size that the aims speak of, with words of our own."""

import random
from typing import Final

from tests.pages import page as article_page

SIZE: Final = 150_000
"""Bytes of a usual page."""

_WORDS: Final = [
    *("a", "lending", "market", "opens", "its", "test", "network", "while", "writers", "count"),
    *("blocks", "and", "readers", "compare", "fees", "of", "many", "chains", "in", "silence"),
]


def padded(page: bytes, size: int = SIZE) -> bytes:
    """``page`` grown to ``size`` bytes by made-up paragraphs in its article, or before its end.

    A text without markup grows by lines.
    """
    before, mark, after = page.partition(b"</article>")
    if not mark:
        before, mark, after = page.rpartition(b"</main>")
    if not mark:
        before, mark, after = b"", b"", page
    form = '<p class="tw-mb-4">{}</p>\n<!--[--><!--]-->' if mark else "\n{}\n"
    words = random.Random(size)
    missing, parts = size - len(page), []
    while missing > 0:
        part = form.format(" ".join(words.choices(_WORDS, k=60)))
        parts.append(part if len(part) <= missing else " " * missing)
        missing -= len(part)
    text = "".join(parts).encode()
    return before + text + mark + after if mark else after + text


def short_paragraphs(size: int = SIZE) -> bytes:
    """A page without payload, grown to ``size`` bytes by thousands of short paragraphs."""
    body, end = article_page(), b"</article>"
    words = b"<p>Some more words of the story, which nobody needs to read.</p>\n"
    return body.replace(end, words * ((size - len(body)) // len(words)) + end)
