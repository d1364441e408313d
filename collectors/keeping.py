"""A look goes into the store: judged by the history, its page kept where it was not read fully."""

from dataclasses import replace

from collectors import suspect
from collectors.jobs import Job
from collectors.result import Result, told
from collectors.visit import Visit
from data.model import Answered, Outcome, Page, Snapshot
from data.store import Store


def keep(
    store: Store, job: Job, snapshot: Snapshot, page: Page, answered: Answered | None
) -> Result:
    """Store the snapshot, or only its page where nothing was read. Raises StoreError.

    ``answered``: what to say at the next visit; kept when the page was read fully.
    """
    snapshot = suspect.judged(store, snapshot)
    look, result = snapshot.look, told(snapshot, page.url)
    if look.empty:
        store.keep_page(snapshot, page)
        return result
    noted = None
    if answered is not None and look.complete:
        noted = replace(answered, slot=snapshot.slot)
    saved = store.save(snapshot, job.every, None if look.complete else page, noted)
    if saved == "duplicate":
        return replace(result, outcome="duplicate", error=None, kind=None)
    known = store.snapshot(job.source, snapshot.slot) if saved == "filled" else None
    if known is not None and known.look.has(look.readings):
        return replace(result, outcome="stored", error=None, kind=None)
    return result


def keep_unchanged(
    store: Store, job: Job, snapshot: Snapshot, before: Snapshot, visit: Visit
) -> Result:
    """Store a snapshot with the readings of the one ``before``. Raises StoreError."""
    answered = replace(visit.answered, slot=before.slot)
    saved = store.save_unchanged(snapshot, job.every, before.taken_at, answered)
    outcome: Outcome = "duplicate" if saved == "duplicate" else "unchanged"
    return Result(job.source, snapshot.slot, outcome, snapshot)


def introduce(store: Store, job: Job) -> None:
    """Let the store know the source, so that one that only fails is seen. Raises StoreError."""
    info, about = store.source(job.source), job.collector.about
    if info is None or info.about != about or info.every != job.every:
        store.describe(about, job.every)
