"""The collectors' page: the words of status, for every source, escaped."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dashboard import routes
from data.model import Run
from data.settings import Settings, SourceSettings
from data.store import Store
from tests.conftest import HOUR, T0, database, snapshot

NOW = T0 + 6 * HOUR + HOUR / 2
Get = Callable[[], TestResponse]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The store of this test, and one source that gave nothing yet."""
    every = timedelta(days=1)
    sources = {"dapp_expert": SourceSettings(), "growthepie": SourceSettings(every=every)}
    return Settings(database=database(tmp_path), outbox=tmp_path / "outbox", sources=sources)


@pytest.fixture
def get(settings: Settings) -> Get:
    """Asks for the page at NOW."""
    server = Flask("test")
    routes.register(server, settings, lambda: NOW)
    return lambda: server.test_client().get("/health")


def facts(page: str) -> dict[str, dict[str, str]]:
    """By source what the page says of it, as plain text."""
    found = {}
    for section in re.findall(r"<section.*?</section>", page, re.DOTALL):
        [name] = re.findall(r"<h2[^>]*>(.*?)</h2>", section)
        [state] = re.findall(r'<p class="state[^>]*>(.*?)</p>', section)
        pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", section, re.DOTALL)
        plain = {unescape(key): unescape(re.sub("<[^>]*>", "", text)) for key, text in pairs}
        found[name] = {"state": state} | plain
    return found


def test_what_status_says(store: Store, get: Get) -> None:
    """Success and its age, the next slot, missed and late slots, the last error, kept pages."""
    store.save(snapshot(dapps=1.0), HOUR)
    store.save(snapshot(T0 + HOUR, taken_at=T0 + HOUR + HOUR / 2, dapps=1.0), HOUR)
    store.add_runs(
        [Run("dapp_expert", T0, T0 + 5 * HOUR, T0, "failed", message="<b>no</b> answer")]
    )
    answer = get()
    assert answer.status_code == 200
    found = facts(answer.text)
    assert found["dapp_expert"] == {
        "state": "stale",
        "Last success": "5 h ago 2026-01-31T07:30:00Z",
        "Next slot": "in 30 min, one every 1h",
        "Missed, 30 days": "4 of 6 slots",
        "Late, 30 days": "1 slot",
        "Pages kept to read again": "0",
        "Last error, 90 min ago": "<b>no</b> answer",
    }
    assert "<b>no" not in answer.text


def test_source_without_a_snapshot(store: Store, get: Get) -> None:
    """A source that is configured and gave nothing yet is on the page, and says so."""
    found = facts(get().text)
    assert list(found) == ["dapp_expert", "growthepie"]
    assert found["growthepie"]["state"] == "no data"
    assert found["growthepie"]["Last success"] == "nothing was read yet"
    assert found["growthepie"]["Next slot"].endswith("one every 1d")


def test_sample_is_marked(store: Store, get: Get) -> None:
    """The synthetic source says what it is, and that nothing of it can be missed."""
    store.save(snapshot(source="sample", dapps=1.0), HOUR)
    assert facts(get().text)["sample (synthetic)"]["state"] == "sample"
    assert "Missed, 30 days" not in facts(get().text)["sample (synthetic)"]


def test_outbox_is_told(store: Store, settings: Settings, get: Get) -> None:
    """Runs that wait for the store are counted."""
    settings.outbox.mkdir()
    (settings.outbox / "1.json").touch()
    assert "1 run waits in the outbox" in get().text


def test_store_that_is_away(get: Get) -> None:
    """Without a store the page says which one and why, and is no success."""
    answer = get()
    assert answer.status_code == 503
    assert "masthead.db did not answer" in answer.text
