"""Values from a file, held to the types of their dataclass before anything reckons with them."""

from datetime import datetime
from math import isfinite
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from data.cellvalues import FIRST_YEAR, LAST_YEAR, MAX_WHOLE

T = TypeVar("T")


def typed(one: T) -> T:
    """``one``, a dataclass, when each field is of its type, numbers finite and times sensible.

    What is in its lists and tables is left to whoever makes them. Raises TypeError.
    """
    for name, hint in get_type_hints(type(one)).items():
        if not _fits(getattr(one, name), hint):
            raise TypeError(f"{name} is no {hint}")
    return one


def _fits(value: Any, hint: Any) -> bool:
    kind = get_origin(hint)
    if kind in (UnionType, Union):
        return any(_fits(value, one) for one in get_args(hint))
    if kind is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if kind is not None:
        return True
    if hint is datetime:
        return isinstance(value, datetime) and FIRST_YEAR <= value.year <= LAST_YEAR
    if hint is float:
        return type(value) in (int, float) and isfinite(value)
    if hint is int:
        return type(value) is int and abs(value) <= MAX_WHOLE
    return isinstance(value, hint)
