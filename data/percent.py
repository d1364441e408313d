"""Shares as people write them: ``5%``."""

import re
from typing import Final

_FORM: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")


class Percent(float):
    """A share in hundredths: 5 is ``5%``."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{float(self):.6f}".rstrip("0").rstrip(".") + "%"


def percent(value: object) -> Percent:
    """``5%`` or ``0.5 %``, above nothing. Raises ValueError."""
    match = _FORM.fullmatch(str(value).strip())
    if match is None or not float(match[1]):
        raise ValueError(f"{str(value)[:40]!r} is not a share: write a number and %, like 5%")
    return Percent(match[1])
