"""Alerts: what the rules find is told to every address, once."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from collectors.deliver import Message, deliver
from data import alerts
from data.alerts import Letter
from data.clock import Clock
from data.insight.conditions import utc
from data.insight.plain import plain
from data.rules import names
from data.settings import Settings
from data.store import Store, open_store
from data.watch import watched

PATIENCE: Final = timedelta(seconds=5)
"""How long a store is waited for: the next run tells as well."""
LONGEST_TITLE: Final = 120
IN_ONE: Final = 10
"""Texts of a message."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of what was to be told."""

    texts: int = 0
    """How many texts there were."""
    failures: Mapping[str, str] | None = None
    """By the name of an address why it did not take its message."""

    @property
    def sentences(self) -> list[str]:
        """A line for each address that failed."""
        return [
            f"alerts: {name} was not told: {why}; it is tried again after the next run."
            for name, why in (self.failures or {}).items()
        ]


def tell(settings: Settings, sources: Sequence[str], clock: Clock) -> Telling:
    """Look at the rules for these sources and tell what is to be told. Raises StoreError."""
    if not settings.alerts.are_set:
        return Telling()
    with closing(open_store(settings.database, patience=PATIENCE, silence=PATIENCE)) as store:
        at = clock()
        found = _found(store, settings, sources, at)
        claim = f"{socket.gethostname()} {os.getpid()} {uuid4().hex}"
        letters = alerts.take(store, found, at, claim)
        failures: dict[str, str] = {}
        for first in range(0, len(letters), IN_ONE):
            some = letters[first : first + IN_ONE]
            failures |= _told(store, settings, some, failures, clock, claim)
        return Telling(len(letters), failures) if letters else Telling()


def _found(store: Store, settings: Settings, sources: Sequence[str], at: datetime) -> alerts.Found:
    known = [info for info in store.sources() if info.source in sources]
    return {
        (info.source, rule.known_as(name)): watched(store, info, rule, at)
        for info in known
        for name, rule in settings.alerts.rules.items()
        if rule.source in (None, info.source)
    }


def _told(
    store: Store,
    settings: Settings,
    letters: Sequence[Letter],
    failed: Mapping[str, str],
    clock: Clock,
    claim: str,
) -> dict[str, str]:
    """Tell one message to whom has not got it, but not to those who ``failed`` just now; by name
    why it was not told.
    """
    to = dict(zip(names(settings.alerts.to), settings.alerts.to, strict=True))
    wanted = {name: [one for one in letters if name not in one.told] for name in to}
    messages = {
        to[name]: message(some) for name, some in wanted.items() if some and name not in failed
    }
    became = deliver(messages)
    failures = {
        name: why for name in to if wanted[name] and (why := failed.get(name) or became[to[name]])
    }
    told = frozenset(name for name in to if to[name] in became and name not in failures)
    why = "; ".join(f"{name}: {one}" for name, one in failures.items())
    alerts.mark(store, letters, told, [*to], why, clock(), claim)
    return failures


def test(settings: Settings, at: datetime) -> dict[str, str | None]:
    """Tell every address that this is a test; by name why it was not told, None where it was."""
    title = "Masthead: a test"
    body = f"This is a test, sent at {utc(at)} by 'masthead alerts test': nothing happened."
    became = deliver(dict.fromkeys(settings.alerts.to, (title, body)))
    return {
        name: became[address]
        for name, address in zip(names(settings.alerts.to), settings.alerts.to, strict=True)
    }


def message(letters: Sequence[Letter]) -> Message:
    """One message of all the texts, with a subject that says what it is about."""
    texts = [f"{one.source}: {one.text}" for one in letters]
    first = plain(texts[0].splitlines()[0], LONGEST_TITLE)
    title = first if len(texts) == 1 else f"{len(texts)} alerts, first {first}"
    return f"Masthead: {plain(title, LONGEST_TITLE)}", "\n\n".join(texts)
