"""docs/how-it-works.md and its picture tell of the tree as it is."""

import re
from typing import Final
from xml.etree import ElementTree

import pytest

from data.schema import TABLES
from tests.guides import ROOT, document
from tests.test_house import ALLOWED

PAGE: Final = document("docs/how-it-works.md").read_text(encoding="utf-8")
PICTURE: Final = ElementTree.parse(ROOT / "docs" / "house.svg").getroot()
SVG: Final = "{http://www.w3.org/2000/svg}"
PLACES: Final = {"door": ROOT, **{room: ROOT / room for room in ALLOWED if room != "masthead"}}
_FILE: Final = re.compile(r"[\w/.]+\.(?:py|js|json)\b")


def drawn(room: str) -> set[str]:
    """The files that the picture shows in a room."""
    [group] = (one for one in PICTURE.iter(f"{SVG}g") if one.get("id") == room)
    return set(_FILE.findall(" ".join("".join(text.itertext()) for text in group)))


def test_the_rooms_are_drawn() -> None:
    """The picture has the rooms whose arrows are held, and the front door."""
    assert {group.get("id") for group in PICTURE.iter(f"{SVG}g")} == PLACES.keys()


@pytest.mark.parametrize("room", PLACES)
def test_what_is_drawn_is_there(room: str) -> None:
    """Each file stands in the room that it is drawn in."""
    assert drawn(room)
    assert [name for name in sorted(drawn(room)) if not (PLACES[room] / name).is_file()] == []


def test_what_is_told_is_there() -> None:
    """Each file or folder that the page names is in the tree."""
    named = re.findall(r"`((?:collectors|dashboard|data|tests)/[\w/.]+|masthead\.py)`", PAGE)
    assert len(named) > 40
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_table_is_told() -> None:
    """The table of tables has each of the store's, and no other."""
    told = PAGE.partition("## What is kept where")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", told, re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(names) == sorted(table.name for table in TABLES)


def test_the_picture_is_harmless_and_follows_the_theme() -> None:
    """Text is text, nothing is fetched or run, and the dark has colours of its own."""
    source = (ROOT / "docs" / "house.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in source
    tags = {element.tag.removeprefix(SVG) for element in PICTURE.iter()}
    assert "text" in tags
    assert not tags & {"script", "image", "foreignObject", "a"}
    assert "(house.svg)" in PAGE
