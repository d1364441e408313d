"""The words of the page itself: whole plurals, and a Russian that is Russian."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from dashboard import layout, top
from dashboard.ids import RANGES
from dashboard.query import SPANS
from dashboard.scripts import ASSETS
from dashboard.words import LANGUAGES, words

FORMS: Final = {"en": {"one", "other"}, "ru": {"one", "few", "many", "other"}}
"""The plural forms that a whole number or a fraction can ask for, by CLDR."""
PLACE: Final = re.compile(r"\{\w+\}")
LETTERS: Final = "[a-z0-9_]"
ASKED: Final = re.compile(r"\bt(?:\.nodes)?\(([^()]*)")
"""What stands in a call for words, up to the values."""
KEY: Final = re.compile(f'"({LETTERS}+)"')
MADE: Final = re.compile(rf'["`]({LETTERS}*)\$?{{[^}}]*}}({LETTERS}*)["`]')
"""A key that is put together: how it begins and ends."""
LATIN: Final = re.compile(r"[A-Za-z]{2,}")
FILES: Final = {"CSV", "Excel", "HTML", "JSON", "lines", "PNG", "Parquet", "SVG", "XLSX"}
NAMES: Final = {"Masthead", "Dapps", "dapp", "expert", "UTC", "Shift", "Esc"} | FILES
"""Latin words that a Russian text may hold: names, keys, units and kinds of file."""


def forms(text: str | dict[str, str]) -> dict[str, str]:
    """Every form of a text by its plural, a text without plurals as the only one."""
    return text if isinstance(text, dict) else {"other": text}


def scripts() -> str:
    """All of the page's scripts."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(ASSETS.glob("*.js")))


def test_every_word_that_is_asked_for_is_there() -> None:
    """A key that no language has would stand on the page as it is."""
    asked = {key for call in ASKED.findall(scripts()) for key in KEY.findall(call)}
    assert len(asked) > 100
    assert asked - set(words("page", "en")) == set()


def test_every_word_is_used() -> None:
    """No text is left over: its key, or one that is put together and fits, stands in the code."""
    code = scripts() + "".join(Path(str(one.__file__)).read_text("utf-8") for one in (layout, top))
    used = set(KEY.findall(code))
    made = [f"{first}{LETTERS}+{last}" for first, last in MADE.findall(code) if "_" in first + last]
    fits = re.compile("|".join(made))
    assert {
        key for key in words("page", "en") if key not in used and not fits.fullmatch(key)
    } == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_whole(language: str) -> None:
    """A text with plurals has each form of its language, and more only for single numbers."""
    plurals = {key: text for key, text in words("page", language).items() if isinstance(text, dict)}
    assert plurals
    for key, text in plurals.items():
        assert {form for form in text if not form.isdigit()} == FORMS[language], key


def test_the_same_texts_have_plurals_in_every_language() -> None:
    """A number that is said in one language is counted in the other as well."""
    counted = [
        {key for key, text in words("page", language).items() if isinstance(text, dict)}
        for language in LANGUAGES
    ]
    assert counted[0] == counted[1]


def test_russian_is_translated() -> None:
    """No Russian text holds an English word besides names."""
    for key, text in words("page", "ru").items():
        for form in forms(text).values():
            assert set(LATIN.findall(PLACE.sub("", form))) <= NAMES, key


def test_ranges_are_the_same_everywhere() -> None:
    """The buttons, the parameter and the address know one list."""
    script = (ASSETS / "state.js").read_text(encoding="utf-8")
    [listed] = re.findall(r"const RANGES = \[(.*)\]", script)
    assert tuple(json.loads(f"[{listed}]")) == RANGES == tuple(SPANS)
