"""Texts of other people made fit for terminals, mails and logs: nothing in them acts."""

import logging
import re
from typing import Final

_BREAK: Final = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")
_ACTING: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters, ESC among them
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # direction, no width
    "\ufff9-\ufffb\U000e0000-\U000e007f]"  # annotations and tags, which nobody sees
)


def is_text(text: str) -> bool:
    """Whether it was UTF-8: other bytes come from the system as signs that no text has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def harmless(text: str) -> str:
    """The text in one line, without control or direction characters; wide spaces stay."""
    return text if text.isprintable() else without_acting(_BREAK.sub(" ", text))


def without_acting(text: str) -> str:
    """The text without what acts but is not seen; its breaks stay, and a terminal's are breaks."""
    return _ACTING.sub("", text)


class Formatter(logging.Formatter):
    """Log lines, tracebacks included, in which a page's words cannot act on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; carriage returns would hide what stands before them."""
        return without_acting(super().format(record)).replace("\r", " ")
