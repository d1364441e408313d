"""What the page is made of and the JSON behind it, without a browser."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dash import Dash
from flask import Flask
from werkzeug.test import Client

from dashboard import ids, routes
from dashboard.app import create_app
from dashboard.scripts import ASSETS
from dashboard.server import listen
from data import journal
from data.errors import UsageError
from data.model import KEYS, METRICS, SAMPLE, About, Headline, Run, to_ms
from data.settings import Settings, SourceSettings
from data.store import Store, open_store
from tests.looks import HOUR, SEEN, snapshot
from tests.waiting import until

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


@pytest.fixture
def settings(url: str) -> Settings:
    """Settings that name the store of the test."""
    return Settings(database=url)


@pytest.fixture
def client(settings: Settings, store: Store) -> Iterator[Client]:
    """The JSON alone, at a fixed time."""
    server = Flask("test")
    opened = routes.register(server, settings, lambda: NOW)
    yield server.test_client()
    opened.close()


def test_two_apps_live_in_one_process(tmp_path: Path) -> None:
    """Each app reads its own store."""
    versions = []
    for name, count in (("one", 1), ("two", 2)):
        database = f"sqlite:///{tmp_path / name}.db"
        store = open_store(database)
        for ago in range(count):
            store.save(snapshot(NOW - ago * HOUR), HOUR)
        store.close()
        app = create_app(Settings(database=database))
        answer = app.server.test_client().get("/api/v1/sources").get_json()
        versions.append(answer["sources"][0]["version"])
    assert versions[0] < versions[1]


def test_layout_has_what_the_callbacks_name(settings: Settings, store: Store) -> None:
    """Every id that a callback reads or writes stands in the layout."""
    app: Dash = create_app(settings)
    shown = json.dumps(app.server.test_client().get("/_dash-layout").get_json())
    named = {
        part["id"]
        for callback in app.server.test_client().get("/_dash-dependencies").get_json()
        for part in (*callback["inputs"], *callback["state"])
    }
    assert {ids.URL, ids.POLL, ids.PULSE, ids.LOADED, ids.THEME, ids.CHART} <= named
    for name in (*named, *(ids.card(metric) for metric in METRICS)):
        assert f'"id": "{name}"' in shown, name


def test_callbacks_run_in_the_browser(settings: Settings, store: Store) -> None:
    """No Python runs on an event, and the scripts have every function that is named."""
    app = create_app(settings)
    listed = app.server.test_client().get("/_dash-dependencies").get_json()
    scripts = (ASSETS / "callbacks.js").read_text(encoding="utf-8")
    exported = scripts[scripts.index("Object.assign") :]
    for callback in listed:
        assert callback["clientside_function"]["function_name"] in exported


def test_sources(client: Client, store: Store) -> None:
    """What is kept, real sources first, the sample marked."""
    assert client.get("/api/v1/sources").get_json() == {"sources": []}
    store.save(snapshot(NOW, source=SAMPLE), HOUR)
    store.save(snapshot(NOW), HOUR)
    found = client.get("/api/v1/sources").get_json()["sources"]
    assert [(one["source"], one["sample"]) for one in found] == [
        ("dapp_expert", False),
        ("sample", True),
    ]
    assert found[0]["every_s"] == 3600
    assert found[0]["last_slot"] == to_ms(NOW.replace(minute=0))


def test_source_that_gives_two_metrics(client: Client, store: Store) -> None:
    """Its label, metrics and credit are told; series and readings are of what it gives."""
    store.save(snapshot(NOW), HOUR)
    store.save(snapshot(NOW, source="other"), HOUR)
    about = About("other", "Other", ("dapps", "blockchains"), "Data: Other", "https://other.test/")
    store.describe(about, HOUR)
    known, found = client.get("/api/v1/sources").get_json()["sources"]
    assert (known["label"], known["metrics"], known["credit"]) == (
        "dapp_expert",
        list(KEYS),
        None,
    )
    assert (found["label"], found["metrics"]) == ("Other", ["dapps", "blockchains"])
    assert (found["credit"], found["credit_url"]) == ("Data: Other", "https://other.test/")
    series = client.get("/api/v1/series?source=other").get_json()
    assert list(series["metrics"]) == list(series["deltas"]) == ["dapps", "blockchains"]
    asked = client.get("/api/v1/series?source=other&metric=active_users").get_json()
    assert list(asked["metrics"]) == ["active_users"]
    assert list(client.get("/api/v1/series").get_json()["metrics"]) == list(KEYS)


def test_latest(client: Client, store: Store) -> None:
    """Nothing yet is no error; then the newest readings, each with its rounding and its text."""
    nothing = client.get("/api/v1/latest").get_json()
    assert (nothing["readings"], nothing["run"], nothing["version"]) == (None, None, 0)
    run = Run("dapp_expert", NOW, NOW)
    number, _ = journal.start(store, run)
    ended = Run("dapp_expert", NOW, NOW, NOW, "failed", "timeout", "No answer.", attempts=1)
    journal.finish(store, number, ended)
    failed = client.get("/api/v1/latest").get_json()
    assert failed["run"] == failed["last_error"]
    assert (failed["run"]["message"], failed["run"]["attempts"]) == ("No answer.", 1)
    assert (failed["state"], failed["next_slot"]) == ("no_data", None)
    store.save(snapshot(NOW, (*SEEN[:4], None)), HOUR)
    answer = client.get("/api/v1/latest?source=dapp_expert")
    assert answer.headers["Cache-Control"] == "no-cache"
    body = answer.get_json()
    assert body["taken_at"] == to_ms(NOW)
    assert (body["state"], body["next_slot"]) == ("fresh", to_ms(NOW.replace(minute=0) + HOUR))
    assert body["readings"]["dapps"] == {
        "value": 16230,
        "half_width": 5,
        "unit": "count",
        "shown": "16.23K",
        "problem": None,
    }
    assert body["readings"]["transactions_30d"]["problem"] == "the page left it empty"


def test_latest_tells_a_failure(client: Client, store: Store) -> None:
    """A source whose newest try failed is failing until the next success, whatever runs now."""
    store.save(snapshot(NOW - HOUR), HOUR)
    at = NOW - HOUR / 2
    store.add_runs([Run("dapp_expert", at, at, at, "failed", "status", "503.", http_status=503)])
    journal.start(store, Run("dapp_expert", NOW, NOW))
    body = client.get("/api/v1/latest").get_json()
    assert (body["state"], body["run"]["outcome"]) == ("failing", None)
    assert (body["last_error"]["started_at"], body["last_error"]["http_status"]) == (
        to_ms(at),
        503,
    )
    store.save(snapshot(NOW), HOUR)
    assert client.get("/api/v1/latest").get_json()["state"] == "fresh"


def test_series(client: Client, store: Store) -> None:
    """The span's points with their gaps; a relative range ends now."""
    for ago in (5, 4, 1, 0):
        store.save(snapshot(NOW - ago * HOUR), HOUR)
    body = client.get("/api/v1/series?range=24h&metric=dapps").get_json()
    assert body["to"] == to_ms(NOW)
    assert body["from"] == to_ms(NOW - timedelta(hours=24))
    assert list(body["metrics"]) == ["dapps"]
    assert body["metrics"]["dapps"]["last"] == [16230, 16230, None, 16230, 16230]
    assert body["deltas"]["dapps"]["within_rounding"] is True
    assert list(client.get("/api/v1/series").get_json()["metrics"]) == list(KEYS)


def test_fewer_points(client: Client, store: Store) -> None:
    """A narrow page asks for fewer points, and gets at most so many."""
    for ago in range(150):
        store.save(snapshot(NOW - ago * HOUR), HOUR)
    whole = client.get("/api/v1/series?range=7d").get_json()
    fewer = client.get("/api/v1/series?range=7d&points=100").get_json()
    assert (whole["rolled"], fewer["rolled"]) == (False, True)
    assert len(fewer["t"]) <= 100 < len(whole["t"])


def test_outage(client: Client, store: Store) -> None:
    """Why there is a gap, also when only the run became known since the page last asked."""
    store.save(snapshot(NOW - 9 * HOUR), HOUR)
    store.save(snapshot(NOW), HOUR)
    path = "/api/v1/series?range=24h"
    first = client.get(path)
    assert [one["cause"] for one in first.get_json()["outages"]] == ["not_run"]
    at = NOW - 5 * HOUR
    store.add_runs([Run("dapp_expert", at, at, at, "failed", "timeout", "No answer.")])
    tag = first.headers["ETag"]
    until(lambda: client.get(path, headers={"If-None-Match": tag}).status_code == 200, 5)
    [why] = client.get(path).get_json()["outages"]
    assert (why["cause"], why["message"]) == ("timeout", "No answer.")


@pytest.mark.parametrize("to", ["", "&to=2026-11-23T09:40:00Z", "&to=2027-01-01"])
def test_zoom_to_the_end_shows_what_comes(client: Client, store: Store, to: str) -> None:
    """A span that ends now or later ends with the newest snapshot, and is no outage until then."""
    store.save(snapshot(NOW - HOUR), HOUR)
    path = f"/api/v1/series?from=2026-11-23T06:00:00Z{to}"
    first = client.get(path).get_json()
    assert (first["outages"], first["to"]) == ([], to_ms(NOW))
    store.save(snapshot(NOW + 2 * HOUR), HOUR)
    newest = to_ms(NOW.replace(minute=0) + 2 * HOUR)
    until(lambda: client.get(path).get_json()["t"][-1] == newest, 5)


def test_zoom_into_the_past_stays_there(client: Client, store: Store) -> None:
    """A span that ended is answered as it was asked for, whatever came since."""
    for ago in (5, 4, 0):
        store.save(snapshot(NOW - ago * HOUR), HOUR)
    body = client.get("/api/v1/series?from=2026-11-23T04:00&to=2026-11-23T06:00").get_json()
    assert len(body["t"]) == 2
    assert body["to"] == to_ms(datetime(2026, 11, 23, 6, tzinfo=UTC))


def test_zoom_into_the_future_is_empty(client: Client, store: Store) -> None:
    """A span that begins after now has no point and no outage."""
    store.save(snapshot(NOW), HOUR)
    body = client.get("/api/v1/series?from=2027-01-01&to=2028-01-01").get_json()
    assert (body["t"], body["gaps"], body["outages"]) == ([], [], [])


def test_pulse(client: Client, store: Store) -> None:
    """A short text: the same while nothing happens, another whenever the page could be."""
    said = []

    def beat() -> str:
        answer = client.get("/api/v1/pulse")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert len(answer.data) < 100
        version: str = answer.get_json()["version"]
        return version

    def changes() -> None:
        until(lambda: beat() not in said, 5)
        said.append(beat())

    changes()
    number, run = journal.start(store, Run("dapp_expert", NOW, NOW))
    changes()
    journal.finish(store, number, replace(run, ended_at=NOW, outcome="failed"))
    changes()
    store.save(snapshot(NOW), HOUR)
    changes()
    store.save(snapshot(NOW), HOUR)
    assert beat() == said[-1]
    store.describe(About("dapp_expert", "Another name", KEYS), HOUR)
    changes()
    store.save(snapshot(NOW, source=SAMPLE), HOUR)
    changes()
    store.remove(SAMPLE)
    changes()


def test_pulse_hears_every_source(client: Client, store: Store) -> None:
    """The run of a slow source that ends after a later one of another is heard, too."""
    slow = journal.start(store, Run("growthepie", NOW, NOW))
    fast = journal.start(store, Run("dapp_expert", NOW, NOW))
    journal.finish(store, fast[0], replace(fast[1], outcome="stored"))
    before = client.get("/api/v1/pulse").data
    journal.finish(store, slow[0], replace(slow[1], outcome="failed"))
    until(lambda: client.get("/api/v1/pulse").data != before, 5)


def test_headlines(client: Client, store: Store) -> None:
    """The span's headlines with both ends of what is known of their publication."""
    early, late = NOW - timedelta(days=800), NOW - timedelta(days=600)
    story = Headline("A story", "https://dapp.expert/news/a", None, "Author", early, late, True)
    store.save(snapshot(NOW, headlines=[story]), HOUR)
    (one,) = client.get("/api/v1/headlines?range=24h&limit=5").get_json()["headlines"]
    assert one == {
        "title": "A story",
        "url": "https://dapp.expert/news/a",
        "summary": None,
        "author": "Author",
        "published_from": to_ms(early),
        "published_to": to_ms(late),
        "first_seen_at": to_ms(NOW),
        "last_seen_at": to_ms(NOW),
        "lead": True,
    }


@pytest.mark.parametrize("name", ["series", "headlines"])
def test_unchanged_is_not_sent_again(client: Client, store: Store, name: str) -> None:
    """Same version, same question: 304; a new snapshot: a new answer."""
    store.save(snapshot(NOW - HOUR), HOUR)
    path = f"/api/v1/{name}?range=7d"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    other = client.get(f"/api/v1/{name}?range=30d", headers={"If-None-Match": tag})
    assert other.status_code == 200
    store.save(snapshot(NOW, headlines=[Headline("New")]), HOUR)
    # A server of PostgreSQL tells its news a moment after the commit.
    until(lambda: client.get(path, headers={"If-None-Match": tag}).status_code == 200, 5)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("series?range=2w", "range"),
        ("series?metric=users", "metric"),
        ("series?from=yesterday", "from"),
        ("series?to=2026-13-01", "to"),
        ("series?from=0001-01-01T00:00:00%2B14:00", "from"),
        ("series?from=2026-11-02&to=2026-11-01", "from"),
        ("series?source=nobody", "source"),
        ("series?points=99", "points"),
        ("series?points=1501", "points"),
        ("series?points=few", "points"),
        ("headlines?limit=0", "limit"),
        ("headlines?limit=many", "limit"),
        ("headlines?limit=" + "9" * 5000, "limit"),
        ("headlines?limit=0000005009", "limit"),
        ("series?points=0000001001", "points"),
    ],
)
def test_bad_parameter(client: Client, store: Store, query: str, named: str) -> None:
    """400 with one sentence that names the parameter."""
    store.save(snapshot(NOW), HOUR)
    answer = client.get(f"/api/v1/{query}")
    assert answer.status_code == 400
    assert re.match(rf"({named}: |The parameter '{named}')", answer.get_json()["error"])


def test_times_are_iso(client: Client, store: Store) -> None:
    """``from`` and ``to`` take ISO 8601; without an offset it is UTC."""
    store.save(snapshot(NOW), HOUR)
    query = "from=2026-11-22T12:00:00%2B02:00&to=2026-11-23"
    body = client.get(f"/api/v1/series?{query}").get_json()
    assert body["from"] == to_ms(datetime(2026, 11, 22, 10, tzinfo=UTC))
    assert body["to"] == to_ms(datetime(2026, 11, 23, tzinfo=UTC))


def test_unknown_route(client: Client) -> None:
    """A path that is not there says so, and does not answer with the page."""
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.get_json() == {"error": "There is nothing at /api/v1/nothing."}


@pytest.mark.parametrize("name", ["sources", "pulse"])
def test_store_that_does_not_answer(tmp_path: Path, name: str) -> None:
    """503 and the reason, not a traceback."""
    server = Flask("test")
    settings = Settings(database=f"sqlite:///{tmp_path / 'nowhere' / 'masthead.db'}")
    routes.register(server, settings)
    answer = server.test_client().get(f"/api/v1/{name}")
    assert answer.status_code == 503
    assert "has no Masthead schema yet" in answer.get_json()["error"]


def test_health(client: Client, store: Store) -> None:
    """Healthy while every real source was read within three intervals; the sample never counts."""
    store.save(snapshot(NOW, source=SAMPLE), HOUR)
    none = client.get("/healthz")
    assert (none.status_code, none.get_json()["status"]) == (503, "no data")
    store.save(snapshot(NOW - 4 * HOUR), HOUR)
    stale = client.get("/healthz")
    assert (stale.status_code, stale.get_json()["status"]) == (503, "stale")
    store.save(snapshot(NOW), HOUR)
    fresh = client.get("/healthz")
    assert (fresh.status_code, fresh.get_json()["status"]) == (200, "ok")
    assert b"\n" not in fresh.data


def test_a_snapshot_from_the_future_is_not_healthy(client: Client, store: Store) -> None:
    """A clock that ran ahead once does not make a source healthy until that day."""
    store.save(snapshot(NOW + 8760 * HOUR), HOUR)
    never = client.get("/healthz")
    assert (never.status_code, never.get_json()["status"]) == (503, "no data")
    store.save(snapshot(NOW - 4 * HOUR), HOUR)
    assert client.get("/healthz").get_json()["sources"]["dapp_expert"]["age_s"] // 3600 == 4


@pytest.mark.parametrize(("enabled", "healthy"), [(True, False), (False, True)])
def test_a_configured_source_that_never_gave_anything(
    settings: Settings, store: Store, enabled: bool, healthy: bool
) -> None:
    """One that fails from its first day on is not healthy, unless it is switched off."""
    sources = settings.sources | {"growthepie": SourceSettings(enabled=enabled)}
    server = Flask("test")
    routes.register(server, replace(settings, sources=sources), lambda: NOW)
    store.save(snapshot(NOW), HOUR)
    found = server.test_client().get("/healthz")
    assert (found.status_code == 200) is healthy
    assert ("growthepie" in found.get_json()["sources"]) is enabled


def test_port_that_is_taken() -> None:
    """One sentence before any process is started."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port {port}: "):
            listen("127.0.0.1", port)


def test_host_that_is_none() -> None:
    """What is no name at all is refused in one sentence, too."""
    with pytest.raises(UsageError, match=r"cannot listen on a\.\.b port 0: .*; name another"):
        listen("a..b", 0)
