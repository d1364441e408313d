"""Bytes become a parsed page or plain lines: charset, sniffing, visible words, clean text."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from data.harmless import without_acting

_LARGEST: Final = 16 * 2**20
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE | re.ASCII)
_META: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)")
_KNOWN: Final = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|(?:windows-|cp)125[0-8]|iso-?8859-\d{1,2}|us-ascii|koi8-[ru]",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"\s*<")
_END_TAG: Final = re.compile(r"</[a-z]", re.IGNORECASE)
_SNIFFED: Final = 100_000
_MANY_TAGS: Final = 20_000
_DEEPEST: Final = 5_000
_WIDEST: Final = 50_000
_MOST_ATTRIBUTES: Final = 5_000
_ATTRIBUTE: Final = re.compile(
    r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
)
"""As a browser takes it, so that no quote hides the end of a tag; nothing is tried twice."""
_OPEN: Final = re.compile(rf"<[a-z][^\s/>]*+(?:{_ATTRIBUTE.pattern})*+", re.IGNORECASE)
_BLOCK: Final = 31 * 2**20
_NESTING: Final = re.compile(
    r"<(/?)(?!(?:img|br|hr|input|meta|link|path|p|li|dt|dd|td|th|tr|option)\b)[a-z]", re.IGNORECASE
)
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "title", "head"})


@dataclass(frozen=True, slots=True)
class Source:
    """A page opened for reading: ``html`` when it is markup, else None and only ``text`` counts."""

    text: str
    html: LexborHTMLParser | None


def open_page(body: bytes, content_type: str) -> Source:
    """The page as text and, when it is markup, parsed; whatever the bytes are, it never raises."""
    body = body[:_LARGEST]
    charset = _charset(body, content_type)
    text = body.decode(charset, "replace")
    if not (_TAG.match(text, 0, _SNIFFED) or _END_TAG.search(text, 0, _SNIFFED)):
        return Source(text, None)
    if _too_deep(text) or _too_wide(text):
        return Source("", None)
    # The parser wants UTF-8: a page that is all of it need not be encoded again.
    as_it_is = charset == "utf-8" and "\ufffd" not in text
    return Source(text, LexborHTMLParser(body if as_it_is else text))


def _too_deep(text: str) -> bool:
    """Whether elements nest so deep that the parser, quadratic in depth, would take minutes."""
    if text.count("<") <= _MANY_TAGS:
        return False
    depth = 0
    for match in _NESTING.finditer(text):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _too_wide(text: str) -> bool:
    """Whether a tag has so many attributes that the parser, quadratic in them, would take long."""
    if len(text) <= _WIDEST:
        return False
    wide = (match for match in _OPEN.finditer(text) if match.end() - match.start() > _WIDEST)
    return any(len(_ATTRIBUTE.findall(match[0])) > _MOST_ATTRIBUTES for match in wide)


def _charset(body: bytes, content_type: str) -> str:
    """The codec by byte order mark, else content type, else meta, else UTF-8."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    if header := _CHARSET.search(content_type):
        named = header[1]
    else:
        meta = _META.search(body[:4096].lower())
        named = meta[1].decode("ascii", "replace") if meta else "utf-8"
    try:
        return codecs.lookup(named).name if _KNOWN.fullmatch(named) else "utf-8"
    except LookupError:  # a name of the right form, but of no charset: iso-8859-12
        return "utf-8"


def keep_freed_memory() -> None:
    """Keep what a page took for the next one, in a process that reads page after page.

    The GNU C library otherwise gives the memory of each page back and fetches it anew, a fifth of
    the time; once it has freed one large block it keeps what is smaller. Elsewhere this does
    nothing.
    """
    bytes(_BLOCK)


def words(node: LexborNode) -> Iterator[str]:
    """Visible text under ``node`` in page order, one item a text node, images by their ``alt``."""
    for inner in node.traverse(include_text=True, skip_empty=True):
        text = inner.text_content
        if text:
            if not silent(inner) and (plain := text.strip()):
                yield plain
        elif inner.tag == "img" and (alt := inner.attributes.get("alt")):
            yield alt.strip()


def silent(text_node: LexborNode) -> bool:
    """Whether a text node is never shown: script, style, template."""
    parent = text_node.parent
    return parent is not None and parent.tag in _SILENT


def visible(html: LexborHTMLParser) -> str:
    """The text outside scripts, styles and articles, one text node a line; changes ``html``."""
    html.strip_tags([*_SILENT, "article"])
    return html.text(separator="\n")


def lines(text: str) -> list[str]:
    """The lines that hold something, without bullets and blanks around them."""
    stripped = (line.strip(" \t\u00a0\u202f•*·▪◦‣") for line in text.splitlines())
    return [line for line in stripped if line]


def clean(text: str, limit: int) -> str | None:
    """One line without control or direction characters, at most ``limit`` long; None if empty."""
    text = text[: limit * 4]
    if text.isprintable() and "  " not in text:  # a space is the only blank that is printable
        return text.strip(" ")[:limit].rstrip(" ") or None
    return " ".join(without_acting(text).split())[:limit].rstrip() or None
