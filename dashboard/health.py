"""The collectors' page: how each source is doing, in the words of ``masthead status``."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from jinja2 import Environment, FileSystemLoader

from dashboard.healthview import View
from dashboard.words import LANGUAGES, Teller, chosen
from data import outbox
from data.clock import Clock
from data.engine import named_errors
from data.errors import StoreError
from data.model import KEYS
from data.settings import Settings
from data.standby import standby
from data.status import Status, status
from data.store import Store

TEMPLATES: Final = Path(__file__).with_name("templates")
PAGE: Final = "health.html"
EVERY: Final = timedelta(hours=1)
"""How often a source is looked at that was configured without saying so, and gave nothing yet."""


def register(
    server: Flask,
    settings: Settings,
    store: Callable[[], Store],
    now: Clock,
    asset: Callable[[str], str],
    words: Callable[[StoreError], str],
) -> None:
    """Add ``/health``; ``asset`` gives the address of a file of the page.

    ``words`` says of a store that is away what everyone may know.
    """
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template(PAGE)

    def health() -> Response:
        lang = chosen(request.args.get("lang"), request.accept_languages)
        at, error, read = now(), None, None
        found: list[tuple[Status, str]] = []
        try:
            kept = store()
            with named_errors(kept.engine):
                found, read = list(_statuses(settings, kept, at)), standby(kept)
        except StoreError as away:
            error = words(away)
        shown = View(Teller("health", lang), at).page(found, outbox.count(settings.outbox), read)
        text = page.render(shown, error=error, languages=LANGUAGES, asset=asset)
        answer = Response(text, 200 if error is None else 503)
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["Content-Language"] = lang
        answer.vary.add("Accept-Language")
        return answer

    server.add_url_rule("/health", endpoint="/health", view_func=health)


def _statuses(settings: Settings, store: Store, at: datetime) -> Iterator[tuple[Status, str]]:
    """Every source that the store knows, then those that are configured and gave nothing yet.

    Each with its label.
    """
    known = store.sources()
    for info in known:
        about = info.about
        yield status(store, info.source, info.every, at, about.metrics), about.label
    for name, source in settings.sources.items():
        if source.enabled and name not in {info.source for info in known}:
            yield status(store, name, source.every or EVERY, at, KEYS), name
