"""What is asked of a server and what it answered, apart from how that is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from data.model import Page


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave with a page, to be asked later whether it is still the same."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is any."""
        return self.etag is not None or self.last_modified is not None


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and the terms on which it is asked."""

    url: str
    agent: str
    limit: timedelta
    """For everything together: attempts, waits, redirects and the body."""
    validators: Validators = Validators()
    attempts: int = 3
    """At most; 1 leaves it to the caller to ask again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: a page, or (None) that it is not modified."""

    page: Page | None
    status: int
    validators: Validators
    """Of the page, for the next time; none when it stood behind a redirect."""
    attempts: int
    bytes: int
    """Of the body after decompression."""
    taken_at: datetime
