"""The words of the page in each language, as flat texts by key."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("en", "ru")
FOLDER: Final = Path(__file__).with_name("words")


@cache
def words(part: str, language: str) -> Mapping[str, Any]:
    """The texts of one part of the site in ``language``: ``{places}`` stand for values.

    A text with plural forms is an object by CLDR's rule (``one``, ``few``, ``many``, ``other``).
    """
    text = (FOLDER / f"{part}.{language}.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found
