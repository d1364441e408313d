"""The collectors' page: how each source is doing, in the words of ``masthead status``."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from jinja2 import Environment, FileSystemLoader

from data import outbox
from data.clock import Clock
from data.errors import StoreError
from data.model import SAMPLE, iso
from data.settings import Settings
from data.status import Status, status
from data.store import Store
from data.times import shown_age, shown_duration

TEMPLATES: Final = Path(__file__).with_name("templates")
PAGE: Final = "health.html"
NEVER: Final = "nothing was read yet"


def register(
    server: Flask,
    settings: Settings,
    store: Callable[[], Store],
    now: Clock,
    asset: Callable[[str], str],
) -> None:
    """Add ``/health``; ``asset`` gives the address of a file of the page."""
    page = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template(PAGE)

    def health() -> tuple[str, int]:
        error = None
        found: list[dict[str, str]] = []
        try:
            found = [_row(one, now()) for one in _statuses(settings, store(), now())]
        except StoreError as away:
            error = str(away)
        text = page.render(
            sources=found,
            error=error,
            waiting=outbox.count(settings.outbox),
            at=iso(now().replace(microsecond=0)),
            asset=asset,
        )
        return text, 200 if error is None else 503

    server.add_url_rule("/health", endpoint="/health", view_func=health)


def _statuses(settings: Settings, store: Store, at: datetime) -> Iterator[Status]:
    """Every source that the store knows, then those that are configured and gave nothing yet."""
    every: dict[str, timedelta] = {info.source: info.every for info in store.sources()}
    for name, source in settings.sources.items():
        if source.enabled and name not in every:
            every[name] = source.every or timedelta(hours=1)
    for name, step in every.items():
        yield status(store, name, step, at)


def _row(one: Status, at: datetime) -> dict[str, str]:
    """What the page says of a source, each as a text."""
    error: Any = one.last_error
    synthetic = one.source == SAMPLE
    return {
        "source": f"{one.source} (synthetic)" if synthetic else one.source,
        "state": "sample" if synthetic else "ok" if not one.stale else "stale",
        "word": "sample" if synthetic else _word(one),
        "success": NEVER if one.age is None else f"{shown_age(one.age)} ago",
        "success_at": "" if one.last_success is None else iso(one.last_success),
        "every": shown_duration(one.every),
        "next": f"in {shown_age(one.next_slot - at)}",
        "missed": f"{one.missed} of {_slots(one.expected)}",
        "late": _slots(one.late),
        "pages": str(one.pages),
        "error": "none" if error is None else str(error.message or error.error_kind),
        "error_at": "" if error is None else f"{shown_age(at - error.started_at)} ago",
    }


def _word(one: Status) -> str:
    return "no data" if one.age is None else "stale" if one.stale else "fresh"


def _slots(number: int) -> str:
    return "1 slot" if number == 1 else f"{number} slots"
