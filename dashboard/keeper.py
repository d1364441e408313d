"""Who says the password: compared in turn, as often as guessing allows."""

import hmac
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from secrets import token_bytes
from typing import Final

from dashboard.guesses import Guesses
from data.password import matches

BUSY_S: Final = 1
"""When to ask again while others' passwords are compared."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a password was worth."""

    right: bool
    wait_s: int = 0
    """In how many seconds it may be said again: it was not compared."""


class Keeper:
    """Compares with the password whose hash this is.

    What was right once is known again by a hash that takes no time, under a key of this process:
    programs send it with every request. It is slowed down like any guess, else it would be one way
    to guess quickly.
    """

    def __init__(self, password: str, guesses: Guesses) -> None:
        self._password = password
        self._guesses = guesses
        self._key = token_bytes(32)
        self._right: bytes | None = None

    def judge(self, said: str, client: str) -> Verdict:
        """Whether ``client`` says the password, where it may try."""
        if wait := self._guesses.take(client):
            return Verdict(False, ceil(wait))
        mark = blake2b(said.encode("utf-8", "replace"), key=self._key).digest()
        if self._right is None or not hmac.compare_digest(mark, self._right):
            with self._guesses.turn() as mine:
                if not mine:
                    self._guesses.give_back(client)
                    return Verdict(False, BUSY_S)
                if not matches(self._password, said):
                    return Verdict(False)
            self._right = mark
        self._guesses.give_back(client, right=True)
        return Verdict(True)
