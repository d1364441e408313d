"""Frozen dataclasses from trees of plain values: every key known, every value of its type."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from data.errors import UsageError
from data.percent import Percent, percent
from data.times import duration

T = TypeVar("T")
_FLAGS: Final = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class UnfitError(ValueError):
    """A value that is not what its key wants; ``path`` are the keys down to it."""

    def __init__(self, path: tuple[str, ...], reason: str, *, known: bool = True) -> None:
        super().__init__(reason)
        self.path = path
        self.known = known
        """Whether there is such a key."""


class Form(NamedTuple):
    """What texts look like: as a pattern that finds them, and in words for a person."""

    pattern: str
    words: str


def limited(
    default: Any,
    *,
    low: int | None = None,
    high: int | None = None,
    form: Form | None = None,
    longest: int | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """A field with a default and limits: of a number in [low, high], of texts their form or a list
    of all that there are.
    """

    def judge(value: Any) -> str | None:
        if low is not None and value < low:
            return f"it must be {low} or more"
        if high is not None and value > high:
            return f"it must be {high} or less"
        if longest is not None and len(value) > longest:
            return f"it must have {longest} characters or less"
        if choices and value not in choices:
            return f"it is {value[:40]!r}, and must be one of {', '.join(choices)}"
        several = value if isinstance(value, tuple) else (value,)
        # The value is not told: an address may hold a password.
        if form is not None and not all(re.search(form.pattern, one) for one in several):
            return f"it must be {form.words}"
        return None

    return field(default=default, metadata={"judge": judge})


def build(kind: type[T], tree: Any, path: tuple[str, ...] = ()) -> T:
    """The dataclass ``kind`` from its values by name. Raises UnfitError for the first bad one.

    A dataclass that has a method ``judge`` raises it itself for values that do not go together.
    """
    if not isinstance(tree, Mapping):
        raise UnfitError(path, "it must be a table of keys")
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    values = {}
    for key, value in tree.items():
        place = (*path, str(key))
        if key not in known:
            raise UnfitError(place, "it is not known", known=False)
        values[key] = _value(hints[key], value, place)
        judge = known[key].metadata.get("judge")
        reason = judge(values[key]) if judge and values[key] is not None else None
        if reason:
            raise UnfitError(place, reason)
    made = kind(**values)
    try:
        getattr(made, "judge", _fit)()
    except UnfitError as error:
        raise UnfitError((*path, *error.path), str(error)) from None
    return made


def _fit() -> None:
    """Whatever values it has go together."""


def _value(hint: Any, value: Any, path: tuple[str, ...]) -> Any:
    if get_origin(hint) is UnionType:
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is dict:
        if not isinstance(value, Mapping):
            raise UnfitError(path, "it must be a table of keys")
        below = get_args(hint)[1]
        return {str(key): _value(below, one, (*path, str(key))) for key, one in value.items()}
    if is_dataclass(hint):
        return build(hint, value, path)  # type: ignore[arg-type]
    try:
        return _READERS[hint](value)
    except (TypeError, ValueError) as error:
        raise UnfitError(path, str(error)) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it must be a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise TypeError("it must be a list of texts, or one text with commas")
    return tuple(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    raise ValueError("it must be a whole number")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    flag = _FLAGS.get(str(value).strip().lower())
    if flag is None:
        raise ValueError("it must be true or false")
    return flag


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path):
        raise TypeError("it must be a path")
    return Path(value)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return duration(str(value))
    except UsageError as error:
        raise ValueError(str(error)) from None


_READERS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    str: _text,
    tuple[str, ...]: _texts,
    int: _whole,
    bool: _flag,
    Path: _path,
    timedelta: _duration,
    Percent: percent,
}
