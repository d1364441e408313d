"""The addresses that answer from the store: JSON for the page and programs, files, metrics."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask, Response, request

from dashboard import (
    cors,
    downloads,
    headlines,
    health,
    login,
    metrics,
    openapi,
    query,
    ratios,
    refusals,
    replay,
)
from dashboard.access import Access
from dashboard.answers import Answers, Found, plain
from dashboard.away import Away
from dashboard.flows import Flows
from dashboard.guesses import Guesses
from dashboard.headers import tagged
from dashboard.healthz import healthz
from dashboard.ids import DEFAULT_SOURCE
from dashboard.insights import Insights
from dashboard.keeper import Keeper
from dashboard.parameters import EXPORT, OPENAPI, PARAMETERS
from dashboard.refusals import refusal
from dashboard.sessions import Sessions
from dashboard.stores import Stores
from dashboard.tags import LAG, asked_source, moment, ms, tag
from data import clock, journal
from data.alike import alike
from data.clock import Clock
from data.engine import named_errors, parse_url
from data.errors import MastheadError, UsageError
from data.harmless import harmless
from data.jsonform import reading_json
from data.model import SAMPLE, Run, Snapshot, slot_of, to_ms
from data.pulse import pulse
from data.series import series
from data.settings import Settings
from data.status import state
from data.store import Store


def register(
    server: Flask,
    settings: Settings,
    now: Clock = clock.now,
    asset: Callable[[str], str] = "assets/{}".format,
    guesses: Guesses | None = None,
) -> Stores:
    """Add the routes to ``server``; the store is opened by the first request of each process.

    ``asset`` gives the address of a file of the page; ``guesses`` counts those at its password, in
    all processes that share it. Answers with what is to be closed at the end.
    """
    stores = Stores(settings.reads, now)
    answers, away = Answers(stores.news), Away(parse_url(settings.reads).shown)

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
                return refusal(away.words(error), 503)

        address = rule.replace("{", "<").replace("}", ">")
        server.add_url_rule(address, endpoint=rule, view_func=answer)

    def get(rule: str, view: Callable[[Store, datetime], Response]) -> None:
        def ask() -> Response:
            asked = store()
            # What a view makes of the rows of a damaged file is no bug of the view's.
            with named_errors(asked.engine):
                return view(asked, now())

        add(rule, ask)

    access = None
    if settings.password is not None:
        keeper = Keeper(settings.password, guesses or Guesses())
        access = Access(Sessions(settings.password, now), keeper)
        login.register(server, access, asset)
    cors.register(server, settings.cors)
    refusals.register(server)
    get("/api/v1/sources", _sources)
    get("/api/v1/latest", _latest)
    get("/api/v1/pulse", partial(_pulse, answers))
    get("/api/v1/series", partial(_series, answers))
    get("/api/v1/headlines", partial(headlines.answer, answers))
    get("/api/v1/moves", Insights(answers).moves)
    get("/api/v1/daily", Flows(answers).answer)
    get("/api/v1/ratio", partial(ratios.answer, answers))
    get("/healthz", partial(healthz, settings))
    turns = downloads.Turns()
    add(EXPORT, lambda what, kind: downloads.file(store(), what, kind, now, turns))
    add(OPENAPI, openapi.answer)
    add("/metrics", partial(metrics.answer, settings, stores.kept, now))
    health.register(server, settings, stores.kept, now, asset, away.words)
    replay.register(server, stores.news, now, access.admits if access else lambda _: True)
    return stores


def _sources(store: Store, _now: datetime) -> Response:
    """Every source, or those that ``source`` names."""
    asked, known = request.args.getlist("source"), store.sources()
    answer = plain(
        {
            "sources": [
                {
                    "source": info.source,
                    "every_s": info.every.total_seconds(),
                    "first_slot": ms(info.first_slot),
                    "last_slot": ms(info.last_slot),
                    "sample": info.source == SAMPLE,
                    "version": info.version,
                    "label": info.about.label,
                    "metrics": info.about.metrics,
                    "credit": info.about.credit,
                    "credit_url": info.about.credit_url,
                    "alike": [{"metric": key, "other": other} for key, other in alike(info, known)],
                }
                for info in known
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
        "as_of": ms(look.as_of),
        "origin": snapshot.origin,
        "via": look.via,
        "readings": {key: reading_json(reading) for key, reading in look.readings.items()},
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "started_at": to_ms(run.started_at),
        "ended_at": ms(run.ended_at),
        "outcome": run.outcome,
        "error_kind": run.error_kind,
        "message": run.message and harmless(run.message),
        "http_status": run.http_status,
        "attempts": run.attempts,
    }


def _pulse(answers: Answers, store: Store, now: datetime) -> Response:
    def find() -> Found:
        version = pulse(store)
        return Found(version, *moment(now, LAG), lambda: {"version": version})

    response = answers.tagged(now, find)
    response.headers["Cache-Control"] = "no-store"
    return response


def _series(answers: Answers, store: Store, now: datetime) -> Response:
    def find() -> Found:
        info, span = asked_source(store), query.span(request.args, now)
        keys, points = query.keys(request.args, info.about.metrics), query.points(request.args)
        end = max(now, info.last_slot or now) if span.relative else span.end
        known = tag(info, now, keys, store.last_run(info.source))
        return Found(
            known,
            *moment(now, info.every),
            lambda: series(store, info, span.start, end, keys, points),
        )

    return answers.tagged(now, find)
