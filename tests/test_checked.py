"""Dataclasses from plain values: what fits, what does not, and where it stands."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.checked import Form, UnfitError, build, limited


@dataclass(frozen=True)
class Part:
    """A table within a table."""

    on: bool = True
    every: timedelta | None = None
    url: str | None = limited(None, form=Form(r"^https?://", "a web address"))


@dataclass(frozen=True)
class Whole:
    """One field of each kind."""

    name: str = limited("", form=Form(r"^[a-z]*\Z", "small letters"), longest=5)
    number: int = limited(1, low=1, high=9)
    place: Path = Path()
    part: Part = Part()
    parts: dict[str, Part] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, Whole()),
        ({"name": "abc", "number": 9}, Whole("abc", 9)),
        ({"number": " 3 "}, Whole(number=3)),
        ({"place": "a/b"}, Whole(place=Path("a/b"))),
        ({"part": {"on": "False"}}, Whole(part=Part(on=False))),
        ({"parts": {"x": {"every": "1h"}}}, Whole(parts={"x": Part(every=timedelta(hours=1))})),
        ({"parts": {"x": {"every": None, "url": None, "on": "1"}}}, Whole(parts={"x": Part()})),
    ],
)
def test_fits(tree: dict[str, Any], expected: Whole) -> None:
    """Values of their type, and texts that say them as the environment must."""
    assert build(Whole, tree) == expected


@pytest.mark.parametrize(
    ("tree", "path", "reason"),
    [
        ("x", (), "table"),
        ({"name": 5}, ("name",), "a text"),
        ({"name": "abc\n"}, ("name",), "it must be small letters"),
        ({"name": "abcdef"}, ("name",), "5 characters or less"),
        ({"number": 0}, ("number",), "1 or more"),
        ({"number": 10}, ("number",), "9 or less"),
        ({"number": True}, ("number",), "whole number"),
        ({"number": 1.5}, ("number",), "whole number"),
        ({"number": "1.5"}, ("number",), "whole number"),
        ({"place": 5}, ("place",), "a path"),
        ({"part": 5}, ("part",), "table"),
        ({"parts": []}, ("parts",), "table"),
        ({"part": {"on": "maybe"}}, ("part", "on"), "true or false"),
        ({"parts": {"x": {"every": "soon"}}}, ("parts", "x", "every"), "not a duration"),
        ({"parts": {"x": {"url": "ftp://x"}}}, ("parts", "x", "url"), "it must be a web address"),
        ({"parts": {"x": {"colour": 1}}}, ("parts", "x", "colour"), "not known"),
    ],
)
def test_does_not_fit(tree: Any, path: tuple[str, ...], reason: str) -> None:
    """The first bad value is named by its keys, with what it must be."""
    with pytest.raises(UnfitError, match=reason) as caught:
        build(Whole, tree)
    assert caught.value.path == path
    assert caught.value.known is (reason != "not known")
