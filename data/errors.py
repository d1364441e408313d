"""The errors Masthead raises on purpose: one sentence that names what, where, what to do."""

from datetime import timedelta
from typing import Final

from data.harmless import harmless

LONGEST: Final = 1_000
"""Characters of a message: a header, an address or a name in it may have any length."""


class MastheadError(Exception):
    """Base of all of them; the message is shown to the user as it is.

    Whatever it quotes, it is one line of bounded length that does nothing to a terminal.
    """

    def __init__(self, message: str) -> None:
        said = harmless(message)
        super().__init__(said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…")


class UsageError(MastheadError):
    """A parameter, setting or input file that cannot be used as given."""


class SourceError(MastheadError):
    """A source that could not be fetched or gave something that is not its page."""

    def __init__(
        self,
        message: str,
        kind: str = "source",
        status: int | None = None,
        attempts: int = 1,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.attempts = attempts
        self.wait = wait
        """How long the server wants to be left alone, when it says so."""


class StoreError(MastheadError):
    """A store that could not be reached, or that another version of Masthead made."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        """Whether it was there, and did not take the values."""
