"""The parts of JSON Schemas, each with its meaning in words."""

from collections.abc import Iterable
from typing import Any, Final

Schema = dict[str, Any]


def kind(name: str, about: str, **more: Any) -> Schema:
    """A value of the JSON type ``name``."""
    return {"type": name, "description": about, **more}


def text(about: str, **more: Any) -> Schema:
    """A string."""
    return kind("string", about, **more)


def number(about: str, **more: Any) -> Schema:
    """Any number."""
    return kind("number", about, **more)


def whole(about: str, **more: Any) -> Schema:
    """A whole number."""
    return kind("integer", about, **more)


def instant(about: str) -> Schema:
    """A moment."""
    return whole(f"{about}, in milliseconds since 1970-01-01 UTC")


def flag(about: str) -> Schema:
    """True or false."""
    return kind("boolean", about)


def many(about: str, items: Schema, **more: Any) -> Schema:
    """A list."""
    return kind("array", about, items=items, **more)


def record(about: str, **fields: Schema) -> Schema:
    """An object with just these fields, all of them always there."""
    return kind(
        "object",
        about,
        properties=fields,
        required=list(fields),
        additionalProperties=False,
    )


def mapping(about: str, keys: Iterable[str], each: Schema) -> Schema:
    """An object with some of these keys."""
    return kind("object", about, properties=dict.fromkeys(keys, each), additionalProperties=False)


def component(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema, when: str = "") -> Schema:
    """Such a value, or null; ``when`` says when it is null."""
    about = {"description": f"null: {when}"} if when else {}
    return {"anyOf": [schema, {"type": "null"}], **about}


def choice(about: str, names: Iterable[str]) -> Schema:
    """One of these strings."""
    return text(about, enum=list(names))


SOURCE: Final = text("the source's name", examples=["dapp_expert"])
VERSION: Final = whole("grows with every change that a reader could see", minimum=0)
OPTIONAL: Final[Schema] = {"type": ["number", "null"]}
VALUES: Final = many("one for each of 't'; null: not read", OPTIONAL)
