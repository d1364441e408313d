"""``/healthz``: whether every source that is collected was read lately, for a probe."""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, request

from dashboard.access import BARE
from dashboard.answers import plain
from data.model import SAMPLE, Snapshot
from data.settings import Settings
from data.sources import SourceInfo
from data.standby import standby
from data.store import Store

FRESH: Final = 3
"""A source is fresh while its newest success is younger than this many intervals."""


def healthz(settings: Settings, store: Store, now: datetime) -> Response:
    """200 when every source that is watched (or the one that ``source`` names) was read lately.

    A standby says how far it lies behind. Behind a password, a probe without it is told the status
    alone.
    """
    asked = request.args.get("source")
    ages = {
        name: _age(store, info, now)
        for name, info in watched(settings, store).items()
        if asked in (None, name)
    }
    healthy = bool(ages) and all(age["fresh"] for age in ages.values())
    known = any(age["age_s"] is not None for age in ages.values())
    status = "ok" if healthy else "stale" if known else "no data"
    form: dict[str, Any] = {"status": status}
    if BARE not in request.environ:
        form |= {"sources": ages, "standby": _standby(store)}
    return plain(form, 200 if healthy else 503)


def _standby(store: Store) -> dict[str, Any] | None:
    found = standby(store)
    if found is None:
        return None
    behind = None if found.behind is None else found.behind.total_seconds()
    return {"streams": found.streams, "behind_s": behind}


def watched(settings: Settings, store: Store) -> dict[str, SourceInfo | None]:
    """The real sources that somebody waits for: what is configured, and what has a history.

    What is configured counts also when it never gave anything (then it may be unknown: None);
    what is switched off does not.
    """
    known = {info.source: info for info in store.sources()}
    found = {name: known.get(name) for name in settings.sources}
    found |= {name: info for name, info in known.items() if info.last_slot}
    off = {name for name, source in settings.sources.items() if not source.enabled}
    return {name: info for name, info in found.items() if name not in {SAMPLE, *off}}


def fresh(newest: Snapshot | None, every: timedelta, now: datetime) -> bool:
    """Whether a source whose ``newest`` snapshot with a figure this is was read lately."""
    return newest is not None and now - newest.slot < FRESH * every


def _age(store: Store, info: SourceInfo | None, now: datetime) -> dict[str, Any]:
    newest = store.latest_read(info.source, now) if info else None
    if info is None or newest is None:
        return {"age_s": None, "fresh": False}
    age = (now - newest.slot) // timedelta(seconds=1)
    return {"age_s": age, "fresh": fresh(newest, info.every, now)}
