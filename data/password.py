"""The page's password: only its argon2id hash is ever kept, made here and compared with here."""

import re
from typing import Final
from unicodedata import normalize

from data.errors import UsageError

SHORTEST: Final = 8
"""Characters of a password at least."""
LONGEST: Final = 1024
"""Bytes of a password at most: more are not hashed."""
FORM: Final = re.compile(
    r"\$argon2id\$v=19\$m=(?P<memory>[0-9]{1,9}),t=(?P<times>[0-9]{1,4}),p=(?P<lanes>[0-9]{1,3})"
    r"\$[A-Za-z0-9+/]{22,86}\$[A-Za-z0-9+/]{43,86}"
)
"""A hash as argon2's own programs write it: its costs, its salt, its digest."""
COSTS: Final = {"memory": (19_456, 262_144), "times": (2, 10), "lanes": (1, 8)}
"""From what OWASP calls the least (19 MiB, twice) to what a small machine bears: KiB, rounds,
threads. Whoever asks for the page makes it pay them.
"""


def unfit(hashed: str) -> str | None:
    """Why this is no hash to be compared with; None where it is one. It is never shown."""
    made = FORM.fullmatch(hashed)
    if made is None:
        return (
            "it is not the hash of a password, and a password itself is never written down: "
            "'masthead password' asks for one and prints the line"
        )
    for name, (low, high) in COSTS.items():
        if not low <= int(made[name]) <= high:
            return (
                f"its {name} cost is {made[name]}, where {low} to {high} is safe for this machine: "
                "'masthead password' prints a line with good ones"
            )
    return None


def hashed(password: str) -> str:
    """The argon2id hash of a password, with a salt of its own. Raises UsageError."""
    from argon2 import PasswordHasher

    if len(password) < SHORTEST:
        raise UsageError(f"The password is too short: it takes {SHORTEST} characters or more.")
    if len(_bytes(password)) > LONGEST:
        raise UsageError(f"The password is too long: it takes {LONGEST} bytes or less.")
    return PasswordHasher().hash(_bytes(password))


def matches(hashed: str, password: str) -> bool:
    """Whether this is the password of that hash: as much work for a wrong one as for the right."""
    from argon2.exceptions import VerifyMismatchError
    from argon2.low_level import Type, verify_secret

    if len(_bytes(password)) > LONGEST:
        return False
    try:
        return verify_secret(hashed.encode(), _bytes(password), Type.ID)
    except VerifyMismatchError:
        return False


def _bytes(password: str) -> bytes:
    """One form for letters that keyboards send in several; what is no text stays what it is."""
    return normalize("NFC", password).encode("utf-8", "surrogateescape")
