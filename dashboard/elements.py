"""What elements of the page say: in English, and by which key another language replaces it."""

from typing import Any, Final

from dashboard.words import words

WORDS: Final = words("page", "en")


def attributes(**values: str) -> dict[str, Any]:
    """``aria_label="x"`` as the keyword ``aria-label`` that Dash's elements take."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def said(key: str) -> dict[str, Any]:
    """The children of an element whose words the browser may put into another language."""
    return {"children": WORDS[key], **attributes(data_t=key)}


def named(key: str) -> dict[str, Any]:
    """The name of an element for screen readers, likewise."""
    return attributes(aria_label=WORDS[key], data_t_label=key)


def titled(key: str) -> dict[str, Any]:
    """What is said on hover, likewise."""
    return {"title": WORDS[key], **attributes(data_t_title=key)}
