"""The addresses that answer from the store: JSON for the page and programs, files, metrics."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from threading import BoundedSemaphore
from typing import Any, Final

from flask import Flask, Response, request

from dashboard import cors, downloads, health, metrics, openapi, query, refusals, replay
from dashboard.answers import Answers, Found, plain
from dashboard.headers import tagged
from dashboard.healthz import healthz
from dashboard.ids import DEFAULT_SOURCE
from dashboard.parameters import EXPORT, OPENAPI, PARAMETERS
from dashboard.refusals import refusal
from dashboard.stores import Stores
from data import clock, journal
from data.clock import Clock
from data.errors import MastheadError, UsageError
from data.jsonform import reading_json
from data.model import SAMPLE, Run, SeenHeadline, Snapshot, slot_of, to_ms
from data.places import place_of
from data.pulse import pulse
from data.series import series
from data.settings import Settings
from data.status import state
from data.store import SourceInfo, Store

MOVES: Final = timedelta(minutes=5)
"""How old the end of a span that ends now may be in an answer that was made before."""


def register(
    server: Flask,
    settings: Settings,
    now: Clock = clock.now,
    asset: Callable[[str], str] = "assets/{}".format,
) -> Stores:
    """Add the routes to ``server``; the store is opened by the first request of each process.

    ``asset`` gives the address of a file of the page. Answers with what is to be closed at the end.
    """
    stores = Stores(settings.reads, now)
    answers = Answers(stores.news)

    def store() -> Store:
        return stores.asked(request.args.getlist("source"))

    def add(rule: str, view: Callable[..., Response]) -> None:
        known = {one.name: one.many for one in PARAMETERS[rule]}

        def answer(**parts: str) -> Response:
            try:
                query.check(request.args, known)
                return view(**parts)
            except UsageError as error:
                return refusal(error, 400)
            except MastheadError as error:
                return refusal(error, 503)

        address = rule.replace("{", "<").replace("}", ">")
        server.add_url_rule(address, endpoint=rule, view_func=answer)

    def get(rule: str, view: Callable[[Store, datetime], Response]) -> None:
        add(rule, lambda: view(store(), now()))

    cors.register(server, settings.cors)
    refusals.register(server, PARAMETERS)
    get("/api/v1/sources", _sources)
    get("/api/v1/latest", _latest)
    get("/api/v1/pulse", partial(_pulse, answers))
    get("/api/v1/series", partial(_series, answers))
    get("/api/v1/headlines", partial(_headlines, answers))
    get("/healthz", partial(healthz, settings))
    turns = BoundedSemaphore(downloads.AT_ONCE)
    add(EXPORT, lambda what, kind: downloads.file(store(), what, kind, now, turns))
    add(OPENAPI, openapi.answer)
    add("/metrics", partial(metrics.answer, settings, stores.kept, now))
    health.register(server, settings, stores.kept, now, asset)
    replay.register(server, stores.news, now)
    return stores


def _sources(store: Store, _now: datetime) -> Response:
    """Every source, or those that ``source`` names."""
    asked = request.args.getlist("source")
    answer = plain(
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
    return tagged(answer)


def _latest(store: Store, now: datetime) -> Response:
    """The newest snapshot, how the source is doing, and its newest run that lost a figure."""
    name = request.args.get("source", DEFAULT_SOURCE)
    info, snapshot, run = store.source(name), store.latest(name), store.last_run(name)
    error = next(iter(journal.errors(store, name, 1)), None)
    read = store.latest_read(name, now)
    every = info.every if info else None
    answer = plain(
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
    return tagged(answer)


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
        info, span = _source(store), query.span(request.args, now)
        limit, after = query.limit(request.args), query.after(request.args)

        def found() -> dict[str, Any]:
            seen = store.headlines(info.source, span.start, span.end, limit + 1, after)
            more = len(seen) > limit
            return {
                "source": info.source,
                "version": info.version,
                "next": str(place_of(seen[limit - 1])) if more else None,
                "headlines": [_headline(one) for one in seen[:limit]],
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
