"""One visit to a source: on its terms, only if its page changed, and in parts where it has them."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from collectors import fetch
from collectors.jobs import Job
from collectors.parts import bundle
from data.clock import Clock, stopwatch
from data.errors import SourceError
from data.model import Answered, Page, Snapshot, iso
from data.store import Store

NO_VALIDATORS: Final = fetch.Validators()


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit brought: a page, or the word that the one of ``unchanged`` is still there."""

    page: Page | None
    taken_at: datetime
    answered: Answered
    """What to say and to heed at the next visit, once the page was read fully."""
    unchanged: Snapshot | None = None
    status: int = 200
    bytes: int = 0
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who visits: with which name, for how long, and until when."""

    agent: str
    timeout: timedelta
    clock: Clock
    stop: threading.Event

    def visit(self, job: Job, store: Store | None, *, conditional: bool) -> Visit:
        """Fetch the job's page. Raises SourceError, StoreError.

        ``conditional``: only when it is not the one that was read fully before.
        """
        known = self._at_peace(job, store)
        try:
            if job.collector.parts:
                return self._in_parts(job)
            return self._whole(job, known, store if conditional else None)
        except SourceError as error:
            if error.wait is not None and store is not None:
                until = self.clock() + error.wait
                store.keep_answer(job.source, replace(known, not_before=until))
            raise

    def _at_peace(self, job: Job, store: Store | None) -> Answered:
        """What is known of the address; raises SourceError while its server wants peace."""
        known = store.answered(job.source) if store is not None else None
        if known is None or known.url != job.url:
            return Answered(job.url)
        if known.not_before is not None and self.clock() < known.not_before:
            raise SourceError(
                f"{job.url} asked to be left alone until {iso(known.not_before)}: it was.",
                kind="wait",
                attempts=0,
            )
        return known

    def _whole(self, job: Job, known: Answered, store: Store | None) -> Visit:
        before = None
        if store is not None and known.slot is not None:
            before = store.snapshot(job.source, known.slot)
        asked = fetch.Validators(known.etag, known.last_modified) if before else NO_VALIDATORS
        answer = self._get(job.url, min(self.timeout, job.every), asked)
        return Visit(
            page=answer.page,
            taken_at=answer.taken_at,
            answered=Answered(job.url, answer.validators.etag, answer.validators.last_modified),
            unchanged=before if answer.page is None else None,
            status=answer.status,
            bytes=answer.bytes,
            attempts=answer.attempts,
        )

    def _in_parts(self, job: Job) -> Visit:
        """Every part that could be had; raises the first failure when none could."""
        latest = stopwatch() + job.every.total_seconds()
        parts: list[tuple[str, Page | str]] = []
        answers: list[fetch.Answer] = []
        failures: list[SourceError] = []
        for part in job.collector.parts:
            if parts and self.stop.wait(job.collector.pause.total_seconds()):
                raise SourceError(f"{job.url}: stopped between two requests.", kind="stopped")
            left = timedelta(seconds=max(0.0, latest - stopwatch()))
            try:
                answer = self._get(urljoin(job.url, part), min(self.timeout, left))
            except SourceError as error:
                failures.append(error)
                parts.append((part, str(error)))
                continue
            answers.append(answer)
            parts.append((part, answer.page or "not modified, though nobody asked"))
        if not answers:
            raise failures[0]
        page = bundle(job.url, parts, answers[0].taken_at)
        return Visit(
            page=page,
            taken_at=page.taken_at,
            answered=Answered(job.url),
            bytes=sum(answer.bytes for answer in answers),
            attempts=sum(one.attempts for one in answers) + sum(one.attempts for one in failures),
        )

    def _get(
        self, url: str, limit: timedelta, validators: fetch.Validators = NO_VALIDATORS
    ) -> fetch.Answer:
        asked = fetch.Asked(url, self.agent, limit, validators)
        return fetch.get(asked, self.clock, self.stop)
