"""Pages of the site's form and of the size that the aims speak of, with words of our own."""

import random
from typing import Final

SIZE: Final = 150_000
"""Bytes of a usual page."""

_WORDS: Final = [
    "a",
    "lending",
    "market",
    "opens",
    "its",
    "test",
    "network",
    "while",
    "writers",
    "count",
    "blocks",
    "and",
    "readers",
    "count",
    "fees",
]
_END: Final = b"</main>"


def padded(body: bytes, size: int = SIZE, seed: int = 1) -> bytes:
    """``body`` with an archive of made-up paragraphs before its end, ``size`` bytes in all."""
    words = random.Random(seed)
    parts: list[str] = []
    missing = size - len(body) - len("<section></section>")
    while missing > 0:
        text = " ".join(words.choices(_WORDS, k=40))
        part = f'<div class="tw-p-4"><!--[--><p class="tw-text-sm">{text}</p><!--]--></div>\n'
        parts.append(part[:missing] if len(part) > missing else part)
        missing -= len(part)
    if parts and len(parts[-1]) < 200:
        parts[-1] = " " * len(parts[-1])
    archive = f"<section>{''.join(parts)}</section>".encode()
    return body.replace(_END, archive + _END)
