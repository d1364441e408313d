"""Words: the same texts in every language, with the same places for values."""

import string
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import LanguageAccept

from dashboard.words import FOLDER, LANGUAGES, Teller, chosen, plural, words
from data.status import STATES

PARTS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.json")})


def texts(entry: Any) -> list[str]:
    """An entry's only text, or those of its plural forms."""
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def places(text: str) -> set[str]:
    """The names of the values that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("part", PARTS)
def test_languages_say_the_same(part: str) -> None:
    """Every key is in every language, is not empty, and takes the same values."""
    english = words(part, "en")
    for lang in LANGUAGES[1:]:
        other = words(part, lang)
        assert set(other) == set(english)
        for key, entry in english.items():
            assert all(texts(entry) + texts(other[key])), key
            assert isinstance(entry, dict) is isinstance(other[key], dict), key
            asked = set().union(*map(places, texts(entry)))
            assert set().union(*map(places, texts(other[key]))) == asked, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_plural_forms(lang: str) -> None:
    """A text with forms has every one that a number can ask for."""
    forms = {plural(lang, number) for number in range(200)}
    entries = words("health", lang).values()
    plurals = [entry for entry in entries if isinstance(entry, dict)]
    assert plurals
    assert all(set(entry) == forms for entry in plurals)


@pytest.mark.parametrize("part", PARTS)
def test_every_language_has_the_part(part: str) -> None:
    """One file for each language."""
    assert {path.name for path in FOLDER.glob(f"{part}.*")} == {
        f"{part}.{lang}.json" for lang in LANGUAGES
    }


def test_words_of_status() -> None:
    """The page says of states what ``masthead status`` does."""
    english = words("health", "en")
    assert {key: english[f"state.{key}"] for key in STATES} == STATES


def test_every_word_is_used() -> None:
    """No text is left over: each key, or how its group begins, stands in the page's code."""
    room = Path(__file__).parent.parent / "dashboard"
    files = [room / "health.py", room / "healthview.py", *room.glob("templates/health.html")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    for key in words("health", "en"):
        group = f"{key.split('.')[0]}.{{"
        assert f'"{key}"' in code or f"'{key}'" in code or group in code, key


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        (0, "other", "many"),
        (1, "one", "one"),
        (2, "other", "few"),
        (4, "other", "few"),
        (5, "other", "many"),
        (11, "other", "many"),
        (12, "other", "many"),
        (14, "other", "many"),
        (21, "other", "one"),
        (22, "other", "few"),
        (25, "other", "many"),
        (111, "other", "many"),
        (112, "other", "many"),
        (121, "other", "one"),
        (1_001, "other", "one"),
    ],
)
def test_plural(number: int, english: str, russian: str) -> None:
    """The forms of CLDR's rules."""
    assert (plural("en", number), plural("ru", number)) == (english, russian)


def test_numbers_are_grouped() -> None:
    """Thousands stand apart, as each language does it; texts stay as they are."""
    assert Teller("health", "en").count("late.of", 20_001) == "20,001 slots"
    assert Teller("health", "ru").count("late.of", 20_001) == "20\N{NO-BREAK SPACE}001 слот"


@pytest.mark.parametrize(
    ("asked", "accepted", "lang"),
    [
        (None, [], "en"),
        (None, [("ru-RU", 1), ("en", 0.5)], "ru"),
        (None, [("de", 1), ("en-GB", 0.5)], "en"),
        (None, [("de", 1)], "en"),
        (None, [("ru", 0), ("*", 1)], "en"),
        ("ru", [("en", 1)], "ru"),
        ("en", [("ru", 1)], "en"),
        ("../../x", [("ru", 1)], "ru"),
    ],
)
def test_language(asked: str | None, accepted: list[tuple[str, float]], lang: str) -> None:
    """What is asked for, else what the browser likes best, else English."""
    assert chosen(asked, LanguageAccept(accepted)) == lang
