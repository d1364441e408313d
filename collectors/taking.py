"""A run under way: what it is about and how far it got."""

from dataclasses import dataclass, replace
from datetime import datetime

from collectors.attempts import Attempt
from collectors.jobs import Job
from collectors.result import Result
from collectors.visit import Visit
from data.errors import SourceError, StoreError
from data.model import Page, Run
from data.store import Store


@dataclass(slots=True)
class Taking:
    """One run; its fields are filled as it goes on."""

    job: Job
    slot: datetime
    attempt: Attempt | None
    store: Store | None
    away: StoreError | None
    """Why there is no store."""
    visit: Visit | None = None
    failure: SourceError | None = None
    page: Page | None = None
    """What was read."""
    bridged: bool = False
    """Whether the outbox has it."""

    def ended(self, attempt: Attempt, result: Result, at: datetime) -> Run:
        """The attempt as the journal keeps it from now on."""
        visit, failure = self.visit, self.failure
        return replace(
            attempt.run,
            slot=result.slot,
            ended_at=at,
            outcome=result.outcome,
            error_kind=result.kind,
            message=result.error,
            http_status=visit.status if visit else failure.status if failure else None,
            bytes=visit.bytes if visit else None,
            attempts=visit.attempts if visit else failure.attempts if failure else 0,
        )
