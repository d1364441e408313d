"""What Prometheus is told: parsed by its own readers, from stores of both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_families,
)
from prometheus_client.parser import text_string_to_metric_families as families
from werkzeug.test import TestResponse

from dashboard import metrics, routes
from dashboard.gauges import GAUGES, OUTCOMES, UNFINISHED
from data import journal
from data.model import KEYS, SAMPLE, About, Headline, Run
from data.settings import Settings, SourceSettings
from data.statements import text
from data.status import STATES
from data.store import Store
from data.vitals import runs_since
from tests.conftest import database
from tests.looks import HOUR, SEEN, snapshot

NOW = datetime(2026, 1, 31, 6, 40, tzinfo=UTC)
Samples = dict[str, dict[tuple[str, ...], float]]


def asked(
    store: Store, settings: Settings | None = None, now: datetime = NOW, accept: str = ""
) -> Response:
    """The answer from this store."""
    with Flask("test").test_request_context("/metrics", headers={"Accept": accept}):
        return metrics.answer(settings or Settings(), lambda: store, lambda: now)


def scrape(store: Store, settings: Settings | None = None, now: datetime = NOW) -> Samples:
    """By metric the values by labels, in the order of the labels' names."""
    return parsed(asked(store, settings, now))


def parsed(answer: Response | TestResponse) -> Samples:
    """By metric the values by labels."""
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    found: Samples = {}
    for family in families(answer.get_data(as_text=True)):
        assert family.documentation
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {})
            found[sample.name][labels] = sample.value
    return found


def test_figures(store: Store) -> None:
    """Each figure of the newest snapshot with its unit and rounding; one not read has no sample."""
    store.save(snapshot(NOW - HOUR), HOUR)
    store.save(snapshot(NOW, (*SEEN[:3], None, SEEN[4])), HOUR)
    found = scrape(store)
    assert found["masthead_up"] == {(): 1}
    assert found["masthead_reading"] == {
        ("dapps", "dapp_expert", "count"): 16_230,
        ("blockchains", "dapp_expert", "count"): 78,
        ("active_users", "dapp_expert", "count"): 66_470_000,
        ("transactions_30d", "dapp_expert", "count"): 879_240_000,
    }
    assert found["masthead_reading_half_width"]["dapps", "dapp_expert", "count"] == 5
    assert found["masthead_reading_missing"] == {
        (key, "dapp_expert"): float(key == "volume_30d") for key in KEYS
    }
    assert found["masthead_snapshot_age_seconds"] == {("dapp_expert",): 0}
    slot = datetime(2026, 1, 31, 6, tzinfo=UTC).timestamp()
    assert found["masthead_slot_timestamp_seconds"] == {("dapp_expert",): slot}
    assert found["masthead_interval_seconds"] == {("dapp_expert",): 3600}


def test_an_old_figure_is_none(store: Store) -> None:
    """After three intervals without a success the figures end, and the age goes on."""
    store.save(snapshot(NOW), HOUR)
    store.save(snapshot(NOW + HOUR, (None,) * 5), HOUR)
    fresh = scrape(store, now=NOW + 2 * HOUR)
    assert (fresh["masthead_fresh"], len(fresh["masthead_reading"])) == ({("dapp_expert",): 1}, 5)
    assert set(fresh["masthead_reading_missing"].values()) == {1}
    late = scrape(store, now=NOW + 3 * HOUR)
    assert late["masthead_fresh"] == {("dapp_expert",): 0}
    assert "masthead_reading" not in late
    assert "masthead_reading_half_width" not in late
    assert late["masthead_snapshot_age_seconds"] == {("dapp_expert",): 3 * 3600}
    states = {labels[1]: value for labels, value in late["masthead_state"].items()}
    assert states == {state: float(state == "stale") for state in STATES if state != "sample"}


def test_runs(store: Store) -> None:
    """The runs of a day by outcome, none left out, and what became of the newest."""
    nothing = scrape(store)
    assert {name for name in nothing if "last_run" in name} == set()
    day = timedelta(days=1)
    began = [(day, "failed"), (day - HOUR, "failed"), (2 * HOUR, "stored"), (HOUR, "failed")]
    for ago, outcome in began:
        at = NOW - ago
        run = Run("dapp_expert", at, at, at + timedelta(seconds=1.5), outcome, http_status=503)  # type: ignore[arg-type]
        store.add_runs([run])
    found = scrape(store)
    runs = {labels[0]: value for labels, value in found["masthead_runs_last_24h"].items()}
    assert runs == dict.fromkeys([one or UNFINISHED for one in OUTCOMES], 0) | {
        "failed": 2,
        "stored": 1,
    }
    assert found["masthead_last_run_duration_seconds"] == {("dapp_expert",): 1.5}
    assert found["masthead_last_run_http_status"] == {("dapp_expert",): 503}
    assert found["masthead_last_run_outcome"]["failed", "dapp_expert"] == 1
    journal.start(store, Run("dapp_expert", NOW, NOW))
    begun = scrape(store)
    assert "masthead_last_run_duration_seconds" not in begun
    assert begun["masthead_last_run_timestamp_seconds"] == {("dapp_expert",): NOW.timestamp()}
    assert begun["masthead_last_run_outcome"][UNFINISHED, "dapp_expert"] == 1
    assert begun["masthead_runs_last_24h"][UNFINISHED, "dapp_expert"] == 1


def test_which_sources(store: Store) -> None:
    """What is configured and what has a history; never the sample, nor what is switched off."""
    store.save(snapshot(NOW, source=SAMPLE), HOUR)
    store.save(snapshot(NOW, source="other", headlines=[Headline("A"), Headline("B")]), HOUR)
    store.save(snapshot(NOW, source="off"), HOUR)
    store.describe(About("growthepie", "growthepie", ("transactions_30d",)), 24 * HOUR)
    off = {"off": SourceSettings(enabled=False), "growthepie": SourceSettings()}
    found = scrape(store, Settings(sources=Settings().sources | off))
    assert found["masthead_headlines"] == {
        ("dapp_expert",): 0,
        ("growthepie",): 0,
        ("other",): 2,
    }
    assert found["masthead_state"]["dapp_expert", "no_data"] == 1
    assert found["masthead_interval_seconds"] == {("growthepie",): 86_400, ("other",): 3600}


def test_store_away(tmp_path: Path) -> None:
    """The scrape succeeds and says that the store does not answer; nothing is made up."""
    server = Flask("test")
    away = Settings(database=database(tmp_path / "nowhere"))
    stores = routes.register(server, away, lambda: NOW)
    found = parsed(server.test_client().get("/metrics"))
    stores.close()
    assert found.keys() == {"masthead_info", "masthead_up"}
    assert found["masthead_up"] == {(): 0}
    ((engine, version),) = found["masthead_info"]
    assert (engine, version != "") == ("sqlite", True)


def test_engine_is_told(store: Store) -> None:
    """The engine that is read by its name, without what speaks to it or where it is."""
    settings = Settings(database="postgresql://me:secret@db.example/history")
    ((engine, _),) = scrape(store, settings)["masthead_info"]
    assert engine == "postgresql"
    copied = replace(settings, database_read="sqlite:////a/copy.db")
    ((engine, _),) = scrape(store, copied)["masthead_info"]
    assert engine == "sqlite"


def test_open_metrics(store: Store) -> None:
    """Who asks for the newer format gets it, with the same metrics."""
    store.save(snapshot(NOW), HOUR)
    answer = asked(store, accept="application/openmetrics-text; version=1.0.0")
    assert answer.mimetype == "application/openmetrics-text"
    told = open_families(answer.get_data(as_text=True))  # type: ignore[no-untyped-call]
    names = {sample.name for family in told for sample in family.samples}
    assert names == scrape(store).keys()


def test_names() -> None:
    """Every metric has the prefix, words, and a name that says its unit."""
    names = [gauge.name for gauge in GAUGES]
    assert len(set(names)) == len(names)
    for gauge in GAUGES:
        assert gauge.name.startswith("masthead_")
        assert gauge.about.endswith(".")
        assert not gauge.name.endswith(("_total", "_ms", "_info"))


def test_a_day_of_runs_is_found_by_the_index(file_store: Store) -> None:
    """Counting the runs of a day reads one stretch of an index, however long the journal is."""
    asked = runs_since("dapp_expert", NOW).render()[0].replace("?", "0")
    with file_store.reading() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))
        steps = [row[-1] for row in plan]
    assert steps[0].startswith("SEARCH runs USING INDEX")
    assert steps[0].endswith("(source=? AND started_at>?)")
