"""The words of the page in each language, as flat texts by key."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from werkzeug.datastructures import LanguageAccept

LANGUAGES: Final = ("en", "ru")
FOLDER: Final = Path(__file__).with_name("words")
THOUSANDS: Final[Mapping[str, str]] = {"en": ",", "ru": "\N{NO-BREAK SPACE}"}
"""What stands between the thousands of a number."""


@cache
def words(part: str, language: str) -> Mapping[str, Any]:
    """The texts of one part of the site in ``language``: ``{places}`` stand for values.

    A text with plural forms is an object by CLDR's rule (``one``, ``few``, ``many``, ``other``).
    """
    text = (FOLDER / f"{part}.{language}.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def chosen(asked: str | None, accepted: LanguageAccept) -> str:
    """The language that was asked for, else the one the browser likes best, else English."""
    if asked in LANGUAGES:
        return asked
    liked = (tag.split("-")[0].lower() for tag, quality in accepted if quality > 0)
    return next((lang for lang in liked if lang in LANGUAGES), LANGUAGES[0])


def plural(lang: str, number: int) -> str:
    """The form a whole number asks for (CLDR): ``one``, ``few``, ``many``, ``other``."""
    if lang == "en":
        return "one" if number == 1 else "other"
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"


class Teller:
    """Says things in one language."""

    def __init__(self, part: str, lang: str) -> None:
        self.lang = lang
        self._words = words(part, lang)

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values; whole numbers are grouped as the language does."""
        return self._filled(self._words[key], **values)

    def count(self, key: str, n: int, **values: object) -> str:
        """The text of a key in the form that ``n`` asks for."""
        return self._filled(self._words[key][plural(self.lang, n)], n=n, **values)

    def _filled(self, text: str, **values: object) -> str:
        return text.format(**{name: self._grouped(value) for name, value in values.items()})

    def _grouped(self, value: object) -> object:
        if not isinstance(value, int):
            return value
        return f"{value:,}".replace(",", THOUSANDS[self.lang])
