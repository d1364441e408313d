"""What answers from a source's history share: which source, how long they hold, their tags."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from flask import request

from dashboard.ids import DEFAULT_SOURCE
from data.errors import UsageError
from data.model import Run, slot_of, to_ms
from data.sources import SourceInfo
from data.store import Store

LAG: Final = timedelta(minutes=5)
"""How old the end of a span that ends now may be in an answer that was made before."""


def asked_source(store: Store, name: str = "source") -> SourceInfo:
    """The source that the parameter ``name`` names. Raises UsageError where it is not kept."""
    given = request.args.get(name, DEFAULT_SOURCE)
    info = store.source(given)
    if info is None:
        raise UsageError(f"{name}: nothing was kept of {given!r} yet.")
    return info


def tag(info: SourceInfo, now: datetime, keys: tuple[str, ...] = (), run: Run | None = None) -> str:
    """Changes with the source's version, with what is asked and, as spans move, with time.

    Also with what became of the newest ``run``, where the answer tells of runs.
    """
    since, _ = moment(now, info.every)
    asked = request.path, sorted(request.args.items(multi=True)), keys, to_ms(since)
    tried = run and (to_ms(run.started_at), run.host, run.outcome)
    digest = blake2b(repr((asked, tried)).encode(), digest_size=8).hexdigest()
    return f"{info.version}-{digest}"


def moment(now: datetime, every: timedelta) -> tuple[datetime, datetime]:
    """From when to when a span that ends ``now`` is told as the same."""
    step = min(every, LAG)
    return slot_of(now, step), slot_of(now, step) + step


def ms(instant: datetime | None) -> int | None:
    """Milliseconds since the epoch, where there is an instant."""
    return None if instant is None else to_ms(instant)
