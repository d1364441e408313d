"""The words of the pages: one flat file of texts for each part and language."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from werkzeug.datastructures import LanguageAccept

FOLDER: Final = Path(__file__).with_name("words")
LANGUAGES: Final = ("en", "ru")
THOUSANDS: Final[Mapping[str, str]] = {"en": ",", "ru": "\N{NO-BREAK SPACE}"}
"""What stands between the thousands of a number."""


@cache
def words(part: str, lang: str) -> Mapping[str, str]:
    """The texts of a part of the page (``health``) by key, in one of LANGUAGES."""
    text = (FOLDER / f"{part}.{lang}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def chosen(asked: str | None, accepted: LanguageAccept) -> str:
    """The language that was asked for, else the one the browser likes best, else English."""
    if asked in LANGUAGES:
        return asked
    liked = (tag.split("-")[0].lower() for tag, quality in accepted if quality > 0)
    return next((lang for lang in liked if lang in LANGUAGES), LANGUAGES[0])


def plural(lang: str, number: int) -> str:
    """The form a whole number asks for (CLDR): ``one``, ``few`` or ``many``."""
    if lang == "en":
        return "one" if number == 1 else "many"
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
        shown = {name: self._grouped(value) for name, value in values.items()}
        return self._words[key].format(**shown)

    def count(self, key: str, n: int, **values: object) -> str:
        """The text of a key in the form that ``n`` asks for."""
        return self(f"{key}.{plural(self.lang, n)}", n=n, **values)

    def _grouped(self, value: object) -> object:
        if not isinstance(value, int):
            return value
        return f"{value:,}".replace(",", THOUSANDS[self.lang])
