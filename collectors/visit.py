"""One visit to a source: on its terms, only if its page changed, and in parts where it has them."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from collectors import fetch, robots
from collectors.jobs import Job
from collectors.parts import bundle
from collectors.retry import is_waiting
from data.clock import Clock, stopwatch
from data.errors import SourceError, StoreError
from data.model import Answered, Page, Snapshot, iso
from data.store import Store
from data.times import shown_duration

READ_ANEW: Final = timedelta(days=1)
"""A page that does not change is read whole at least so often: its age tells something, too."""
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
    """Who visits: with which name, for how long, and until when; threads may share it."""

    agent: str
    timeout: timedelta
    clock: Clock
    stop: threading.Event
    rules: robots.Memory = field(default_factory=dict)

    def visit(self, job: Job, store: Store | None, *, conditional: bool) -> Visit:
        """Fetch the job's page, within its interval. Raises SourceError, StoreError.

        ``conditional``: only when it is not the one that was read fully before.
        """
        known = self._at_peace(job, store)
        latest = stopwatch() + job.every.total_seconds()
        try:
            if job.collector.parts:
                return self._in_parts(job, known, store, latest)
            return self._whole(job, known, store, latest, conditional=conditional)
        except SourceError as error:
            self._heed(job, known, store, error)
            raise

    def _heed(self, job: Job, known: Answered, store: Store | None, error: SourceError) -> None:
        """Keep for the next visit how long the server wants to be left alone, if it said so."""
        if error.wait is not None and store is not None:
            now = self.clock()
            wish = replace(known, not_before=now + error.wait, wished_at=now)
            with suppress(StoreError):
                store.keep_answer(job.source, wish)

    def _at_peace(self, job: Job, store: Store | None) -> Answered:
        """What is known of the address; raises SourceError while its server wants peace."""
        known = store.answered(job.source) if store is not None else None
        if known is None or known.url != job.url:
            return Answered(job.url)
        until = known.not_before
        if until is not None and is_waiting(until, self.clock(), known.wished_at):
            raise SourceError(
                f"{fetch.shown(job.url)} asked to be left alone until {iso(until)}: it was.",
                kind="wait",
                attempts=0,
            )
        return known

    def _whole(
        self,
        job: Job,
        known: Answered,
        store: Store | None,
        latest: float,
        *,
        conditional: bool,
    ) -> Visit:
        self._permitted(job.url, store, latest)
        before = None
        if conditional and store is not None and known.slot is not None:
            before = store.snapshot(job.source, known.slot)
        if before is not None and self.clock() - before.taken_at >= READ_ANEW:
            before = None
        asked = fetch.Validators(known.etag, known.last_modified) if before else NO_VALIDATORS
        answer = self._get(job.url, latest, asked)
        return Visit(
            page=answer.page,
            taken_at=answer.taken_at,
            answered=Answered(job.url, answer.validators.etag, answer.validators.last_modified),
            unchanged=before if answer.page is None else None,
            status=answer.status,
            bytes=answer.bytes,
            attempts=answer.attempts,
        )

    def _in_parts(self, job: Job, known: Answered, store: Store | None, latest: float) -> Visit:
        """Every part that could be had; raises the first failure when none could.

        A server that wants to be left alone for longer than the pause, or a pause that outlasts
        the interval, leaves the others unasked.
        """
        pause = job.collector.pause
        parts: list[tuple[str, Page | str]] = []
        answers: list[fetch.Answer] = []
        failures: list[SourceError] = []
        for number, part in enumerate(job.collector.parts, 1):
            if parts and stopwatch() + pause.total_seconds() >= latest:
                late = f"{fetch.shown(job.url)} wants a pause of {shown_duration(pause)} between "
                late += f"two requests: there is no time for it in {shown_duration(job.every)}."
                parts += [(other, late) for other in job.collector.parts[number - 1 :]]
                break
            if parts and self.stop.wait(pause.total_seconds()):
                stopped = f"{fetch.shown(job.url)}: stopped between two requests."
                raise SourceError(stopped, kind="stopped")
            url = urljoin(job.url, part)
            try:
                rules = self._permitted(url, store, latest)
                pause = max(pause, rules.delay or pause)
                answers.append(answer := self._get(url, latest))
                parts.append((part, answer.page or f"{fetch.shown(url)} sent no page."))
            except SourceError as error:
                failures.append(error)
                parts.append((part, str(error)))
                if error.wait is not None and error.wait > pause:
                    self._heed(job, known, store, error)
                    parts += [(other, str(error)) for other in job.collector.parts[number:]]
                    break
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

    def _permitted(self, url: str, store: Store | None, latest: float) -> robots.Rules:
        limit = self._left(latest)
        return robots.permitted(url, self.agent, store, self.rules, self.clock, limit, self.stop)

    def _get(
        self, url: str, latest: float, validators: fetch.Validators = NO_VALIDATORS
    ) -> fetch.Answer:
        asked = fetch.Asked(url, self.agent, self._left(latest), validators)
        return fetch.get(asked, self.clock, self.stop)

    def _left(self, latest: float) -> timedelta:
        """The time for one request: a run never outlives its interval."""
        return min(self.timeout, timedelta(seconds=max(0.0, latest - stopwatch())))
