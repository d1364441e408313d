"""Texts of other people as parts of a message: one line of plain text, whatever they hold."""

import re
from typing import Final
from unicodedata import category, normalize
from urllib.parse import urlsplit

LONGEST_LINK: Final = 500
_SIGNS: Final = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'"})
"""What services take for a link, a mention or markup."""


def plain(text: str, most: int) -> str:
    """The text in one line of at most ``most`` characters, without control and direction marks.

    An ``@`` names nobody any more, as it would in some services.
    """
    line = re.sub(r"@(?=\w)", "@\u200b", one_line(text).translate(_SIGNS))
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """The text in one line, without control and direction marks."""
    shown = "".join(" " if sign.isspace() else sign for sign in text)
    return " ".join("".join(sign for sign in shown if category(sign)[0] != "C").split())


def link(url: str | None) -> str | None:
    """The address if it is http or https, of one piece and of a sensible length; else None."""
    if url is None or len(url) > LONGEST_LINK or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def matched(words: tuple[str, ...], text: str) -> str | None:
    """The first of the words (or phrases) that stands whole in the text, in whatever case."""
    folded = _folded(text)
    for word in words:
        if re.search(rf"(?<!\w){re.escape(_folded(word))}(?!\w)", folded):
            return word
    return None


def _folded(text: str) -> str:
    folded = normalize("NFKC", normalize("NFKC", one_line(text)).casefold())
    # The Turkish capital I with a dot is the one letter that keeps a mark of its case.
    return " ".join(folded.replace("i\u0307", "i").split())
