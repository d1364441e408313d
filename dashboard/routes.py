"""The JSON that the page draws from; the only place of this room that reads the store."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Final

from flask import Flask, Response, request

from dashboard import downloads, health, query, replay
from dashboard.answers import Answers, Found, plain
from dashboard.ids import DEFAULT_SOURCE
from dashboard.stores import Stores
from data import clock, journal
from data.clock import Clock
from data.errors import StoreError, UsageError
from data.jsonform import reading_json
from data.model import SAMPLE, Run, SeenHeadline, Snapshot, slot_of, to_ms
from data.pulse import pulse
from data.series import series
from data.settings import Settings
from data.status import state
from data.store import SourceInfo, Store

FRESH: Final = 3
"""A source is fresh while its newest success is younger than this many intervals."""
MOVES: Final = timedelta(minutes=5)
"""How old the end of a span that ends now may be in an answer that was made before."""


def register(
    server: Flask,
    settings: Settings,
    now: Clock = clock.now,
    asset: Callable[[str], str] = "assets/{}".format,
) -> None:
    """Add the routes to ``server``; the store is opened by the first request of each process.

    ``asset`` gives the address of a file of the page.
    """
    stores = Stores(settings.database, now)
    answers = Answers(stores.news)

    def store() -> Store:
        return stores.asked(request.args.getlist("source"))

    def get(rule: str, view: Callable[[Store, datetime], Response]) -> None:
        def answer() -> Response:
            try:
                return view(store(), now())
            except UsageError as error:
                return plain({"error": str(error)}, 400)
            except StoreError as error:
                return plain({"error": str(error)}, 503)

        server.add_url_rule(rule, endpoint=rule, view_func=answer)

    get("/api/v1/sources", _sources)
    get("/api/v1/latest", _latest)
    get("/api/v1/pulse", partial(_pulse, answers))
    get("/api/v1/series", partial(_series, answers))
    get("/api/v1/headlines", partial(_headlines, answers))
    get("/healthz", partial(_healthz, settings))
    downloads.register(server, store, now)
    health.register(server, settings, stores.kept, now, asset)
    replay.register(server, stores.news, now)
    server.add_url_rule("/api/<path:_>", endpoint="/api/", view_func=_unknown)


def _unknown(_: str) -> Response:
    return plain({"error": f"There is nothing at {request.path}."}, 404)


def _sources(store: Store, _now: datetime) -> Response:
    """Every source, or those that ``source`` names."""
    asked = request.args.getlist("source")
    return plain(
        {
            "sources": [
                {
                    "source": info.source,
                    "every_s": info.every.total_seconds(),
                    "first_slot": _ms(info.first_slot),
                    "last_slot": _ms(info.last_slot),
                    "sample": info.source == SAMPLE,
                    "version": info.version,
                    "label": info.about.label,
                    "metrics": info.about.metrics,
                    "credit": info.about.credit,
                    "credit_url": info.about.credit_url,
                }
                for info in store.sources()
                if not asked or info.source in asked
            ]
        }
    )


def _latest(store: Store, now: datetime) -> Response:
    """The newest snapshot, how the source is doing, and its newest run that lost a figure."""
    name = request.args.get("source", DEFAULT_SOURCE)
    info, snapshot, run = store.source(name), store.latest(name), store.last_run(name)
    error = next(iter(journal.errors(store, name, 1)), None)
    read = store.latest_read(name, now)
    every = info.every if info else None
    return plain(
        {
            "source": name,
            "version": info.version if info else 0,
            "every_s": every and every.total_seconds(),
            "next_slot": every and to_ms(slot_of(now, every) + every),
            "state": state(name, every, now, read.taken_at if read else None, error),
            **_snapshot(snapshot),
            "run": run and _run(run),
            "last_error": error and _run(error),
        }
    )


def _snapshot(snapshot: Snapshot | None) -> dict[str, Any]:
    if snapshot is None:
        return dict.fromkeys(("slot", "taken_at", "as_of", "origin", "via", "readings"))
    look = snapshot.look
    return {
        "slot": to_ms(snapshot.slot),
        "taken_at": to_ms(snapshot.taken_at),
        "as_of": _ms(look.as_of),
        "origin": snapshot.origin,
        "via": look.via,
        "readings": {key: reading_json(reading) for key, reading in look.readings.items()},
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "started_at": to_ms(run.started_at),
        "ended_at": _ms(run.ended_at),
        "outcome": run.outcome,
        "error_kind": run.error_kind,
        "message": run.message,
        "http_status": run.http_status,
        "attempts": run.attempts,
    }


def _pulse(answers: Answers, store: Store, now: datetime) -> Response:
    def find() -> Found:
        version = pulse(store)
        return Found(version, *_moment(now, MOVES), lambda: {"version": version})

    response = answers.tagged(now, find)
    response.headers["Cache-Control"] = "no-store"
    return response


def _series(answers: Answers, store: Store, now: datetime) -> Response:
    def find() -> Found:
        info, span = _source(store), query.span(request.args, now)
        keys, points = query.keys(request.args, info.about.metrics), query.points(request.args)
        end = max(now, info.last_slot or now) if span.relative else span.end
        tag = _tag(info, now, keys, store.last_run(info.source))
        return Found(
            tag,
            *_moment(now, info.every),
            lambda: series(store, info, span.start, end, keys, points),
        )

    return answers.tagged(now, find)


def _headlines(answers: Answers, store: Store, now: datetime) -> Response:
    def find() -> Found:
        info, span, limit = _source(store), query.span(request.args, now), query.limit(request.args)

        def found() -> dict[str, Any]:
            seen = store.headlines(info.source, span.start, span.end, limit)
            return {
                "source": info.source,
                "version": info.version,
                "headlines": [_headline(one) for one in seen],
            }

        return Found(_tag(info, now), *_moment(now, info.every), found)

    return answers.tagged(now, find)


def _headline(seen: SeenHeadline) -> dict[str, Any]:
    story = seen.headline
    return {
        "title": story.title,
        "url": story.url,
        "summary": story.summary,
        "author": story.author,
        "published_from": _ms(story.published_from),
        "published_to": _ms(story.published_to),
        "first_seen_at": to_ms(seen.first_seen_at),
        "last_seen_at": to_ms(seen.last_seen_at),
        "lead": story.lead,
    }


def _healthz(settings: Settings, store: Store, now: datetime) -> Response:
    """200 when every real source (or the one that ``source`` names) was read lately.

    What is configured counts also when it never gave anything; what is switched off does not.
    """
    asked = request.args.get("source")
    never = {"age_s": None, "fresh": False}
    ages = dict.fromkeys(settings.sources, never)
    ages |= {info.source: _age(store, info, now) for info in store.sources() if info.last_slot}
    off = {name for name, source in settings.sources.items() if not source.enabled}
    wanted = [name for name in ages if name not in {SAMPLE, *off} and asked in (None, name)]
    ages = {name: ages[name] for name in wanted}
    healthy = bool(ages) and all(age["fresh"] for age in ages.values())
    known = any(age["age_s"] is not None for age in ages.values())
    status = "ok" if healthy else "stale" if known else "no data"
    return plain({"status": status, "sources": ages}, 200 if healthy else 503)


def _age(store: Store, info: SourceInfo, now: datetime) -> dict[str, Any]:
    newest = store.latest_read(info.source, now)
    if newest is None:
        return {"age_s": None, "fresh": False}
    age = now - newest.slot
    return {"age_s": age // timedelta(seconds=1), "fresh": age < FRESH * info.every}


def _source(store: Store) -> SourceInfo:
    name = request.args.get("source", DEFAULT_SOURCE)
    info = store.source(name)
    if info is None:
        raise UsageError(f"source: nothing was kept of {name!r} yet.")
    return info


def _tag(
    info: SourceInfo, now: datetime, keys: tuple[str, ...] = (), run: Run | None = None
) -> str:
    """Changes with the source's version, with what is asked and, as spans move, with time.

    Also with what became of the newest ``run``, where the answer tells of runs.
    """
    moment, _ = _moment(now, info.every)
    asked = request.path, sorted(request.args.items(multi=True)), keys, to_ms(moment)
    tried = run and (to_ms(run.started_at), run.host, run.outcome)
    digest = blake2b(repr((asked, tried)).encode(), digest_size=8).hexdigest()
    return f"{info.version}-{digest}"


def _moment(now: datetime, every: timedelta) -> tuple[datetime, datetime]:
    """From when to when a span that ends ``now`` is told as the same."""
    step = min(every, MOVES)
    return slot_of(now, step), slot_of(now, step) + step


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_ms(instant)
