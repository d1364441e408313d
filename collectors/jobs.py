"""What is to be collected: the sources as configured, and pages that were saved by hand."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

from collectors import COLLECTORS, Collector
from data.errors import UsageError
from data.model import Page, from_ms, iso
from data.settings import Settings
from data.store import Store

FIRST_PAGE: Final = datetime(1996, 1, 1, tzinfo=UTC)
"""Before it no page was archived; files without a time of their own say 1970 or 1980."""


@dataclass(frozen=True, slots=True)
class Job:
    """One source as configured: its collector, its address and how often to look."""

    collector: Collector
    url: str
    every: timedelta

    @property
    def source(self) -> str:
        """The source's name."""
        return self.collector.name


def jobs(settings: Settings, names: Iterable[str] = (), url: str | None = None) -> list[Job]:
    """The sources to run: the named ones, else every one that is configured. Raises UsageError."""
    unknown = [name for name in (*settings.sources, *names) if name not in COLLECTORS]
    if unknown:
        known = ", ".join(COLLECTORS)
        raise UsageError(f"The source {unknown[0]!r} is not known: there is {known}.")
    chosen = list(dict.fromkeys(names)) or settings.enabled
    if not chosen:
        raise UsageError("No source is enabled: set 'enabled' of one in the config.")
    if url is not None and len(chosen) != 1:
        raise UsageError(f"--url goes with one source; here are {len(chosen)}: name one.")
    return [_job(settings, name, url) for name in chosen]


def _job(settings: Settings, name: str, url: str | None) -> Job:
    collector, chosen = COLLECTORS[name], settings.sources.get(name)
    address = url or (chosen and chosen.url) or collector.url
    if not address.startswith(("http://", "https://")):
        raise UsageError(f"The address of {name} does not begin with http:// or https://.")
    return Job(collector, address, (chosen and chosen.every) or collector.every)


def shortest(settings: Settings) -> timedelta:
    """The interval of the source that is looked at most often. Raises UsageError."""
    return min(job.every for job in jobs(settings))


def intervals(settings: Settings, store: Store, names: Sequence[str] = ()) -> dict[str, timedelta]:
    """How often the named sources are looked at, or all that are configured. Raises UsageError.

    A source that only the store knows, like the sample, may be named too.
    """
    if not names:
        return {job.source: job.every for job in jobs(settings)}
    every = {info.source: info.every for info in store.sources()}
    if unkept := [name for name in names if name not in every]:
        every |= {job.source: job.every for job in jobs(settings, unkept)}
    return {name: every[name] for name in names}


def saved_page(job: Job, file: BinaryIO, name: str, at: datetime | None, now: datetime) -> Page:
    """A page saved by hand: HTML, the visible text or a source's JSON, by its content.

    Taken ``at``; unsaid, when the file was last changed (``now`` for a pipe). Raises UsageError.
    """
    from collectors import fetch, parts

    most = parts.MAX_BYTES if job.collector.parts else fetch.MAX_BYTES
    body = file.read(most + 1)
    if len(body) > most:
        raise UsageError(f"{name} is larger than {most // 2**20} MiB: no page is.")
    if not body.strip():
        raise UsageError(f"{name} is empty: save the page again.")
    if at is None:
        about = os.fstat(file.fileno())
        at = from_ms(about.st_mtime_ns // 1_000_000) if stat.S_ISREG(about.st_mode) else now
    if at > now + timedelta(minutes=1):
        raise UsageError(f"--at {iso(at)} lies in the future: say when the page was taken.")
    if at < FIRST_PAGE:
        raise UsageError(f"{name} would be a page of {iso(at)}: say with --at when it was taken.")
    kind = "text/plain" if name.lower().endswith(".txt") else ""
    return Page(body=body, url=job.url, taken_at=at, content_type=kind)
