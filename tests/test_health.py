"""The collectors' page: the words of status, for every source, in two languages, escaped."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dashboard import routes
from data.model import About, Run
from data.settings import Settings, SourceSettings
from data.store import Store
from tests.conftest import HOUR, T0, database, snapshot

NOW = T0 + 6 * HOUR + HOUR / 2
Get = Callable[..., TestResponse]


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    """The store of this test, and one source that gave nothing yet."""
    every = timedelta(days=1)
    sources = {"dapp_expert": SourceSettings(), "growthepie": SourceSettings(every=every)}
    return Settings(database=url, outbox=tmp_path / "outbox", sources=sources)


@pytest.fixture
def get(settings: Settings) -> Iterator[Get]:
    """Asks for the page at NOW, in English unless told otherwise."""
    server = Flask("test")
    opened = routes.register(server, settings, lambda: NOW)

    def answer(query: str = "", accept: str = "en") -> TestResponse:
        headers = {"Accept-Language": accept}
        return server.test_client().get(f"/health{query}", headers=headers)

    yield answer
    opened.close()


def plain(html: str) -> str:
    """The text of a piece of the page."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def facts(page: str) -> dict[str, dict[str, str]]:
    """By source what the page says of it, as plain text."""
    found = {}
    for section in re.findall(r'<section class="panel".*?</section>', page, re.DOTALL):
        [name] = re.findall(r"<h2[^>]*>(.*?)</h2>", section)
        [state] = re.findall(r'<p class="state[^>]*>(.*?)</p>', section)
        pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", section, re.DOTALL)
        slots = re.findall(r'<p class="hint" id="slots[^>]*>(.*?)</p>', section)
        errors = re.findall(r'<(?:div|li) class="error">(.*?)</(?:div|li)>', section, re.DOTALL)
        found[name] = {"state": state} | {plain(key): plain(text) for key, text in pairs}
        found[name] |= {"slots": slots[0]} if slots else {}
        found[name] |= {f"error {at}": plain(text) for at, text in enumerate(errors)}
    return found


def test_what_status_says(store: Store, get: Get) -> None:
    """State, success and age, next slot, missed and late slots, kept pages, what became of each."""
    store.save(snapshot(dapps=1.0), HOUR)
    store.save(snapshot(T0 + HOUR, taken_at=T0 + HOUR + HOUR / 2, dapps=1.0), HOUR)
    at = T0 + 5 * HOUR
    failed = Run("dapp_expert", at, at, at, "failed", "status", "<b>no</b> answer", 503)
    store.add_runs([failed])
    answer = get()
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert facts(answer.text)["dapp_expert"] == {
        "state": "stale",
        "Last success": "5 h ago 31 Jan 2026, 07:30 UTC",
        "Next slot": "in 30 min, one every 1 h 31 Jan 2026, 13:00 UTC",
        "Missed, 30 days": "4 of 6 slots",
        "Late, 30 days": "1 slot",
        "Pages kept to read again": "0",
        "slots": "6 slots: 2 partial, 3 not run, 1 failed.",
        "error 0": "failed 90 min ago, 31 Jan 2026, 11:00 UTC status HTTP 503 <b>no</b> answer",
    }
    assert "<b>no" not in answer.text
    assert '<time datetime="2026-01-31T07:30:00Z">' in answer.text


def test_strip(store: Store, get: Get) -> None:
    """A cell says when and what in its title; the strip is a picture that the sentence names."""
    store.describe(About("dapp_expert", "dapp.expert", ("dapps",)), HOUR)
    for hours in (0, 1, 2, 6):
        store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
    page = get().text
    cells = re.findall(r'<i class="(\w+)" title="(.*?)">', page)
    assert [name for name, _ in cells[-4:]] == ["before", "whole", "not_run", "whole"]
    assert [title for _, title in cells[-4:]] == [
        "31 Jan, 03:00–06:00 UTC: before the first try",
        "31 Jan, 06:00–09:00 UTC: 3 whole",
        "31 Jan, 09:00–12:00 UTC: 3 not run",
        "31 Jan, 12:00–13:00 UTC: 1 whole",
    ]
    assert 'role="img" aria-labelledby="strip-1 slots-1"' in page
    assert facts(page)["dapp.expert"]["slots"] == "7 slots: 4 whole, 3 not run."


def test_newest_errors(store: Store, get: Get) -> None:
    """Five at most, newest first, each with its kind, status and tries where known."""
    store.save(snapshot(dapps=1.0), HOUR)
    at = [T0 + number * HOUR / 2 for number in range(9)]
    runs = [
        Run("dapp_expert", T0, one, one, "failed", "timeout", attempts=n)
        for n, one in enumerate(at)
    ]
    store.add_runs([*runs, Run("dapp_expert", NOW, NOW, NOW, "outbox", "store", "It was away.")])
    found = facts(get().text)["dapp_expert"]
    assert found["error 0"] == "in the outbox 0 s ago, 31 Jan 2026, 12:30 UTC store It was away."
    assert found["error 1"].endswith("10:00 UTC timeout 8 tries no reason was kept")
    assert "error 4" in found
    assert "error 5" not in found
    assert "4 earlier errors" in get().text


def test_source_without_a_snapshot(store: Store, get: Get) -> None:
    """A source that is configured and gave nothing yet is on the page, and says what to do."""
    page = get().text
    found = facts(page)
    assert list(found) == ["dapp_expert", "growthepie"]
    assert found["growthepie"]["state"] == "no data"
    assert found["growthepie"]["Last success"] == "nothing was read yet"
    assert "one every 1 d" in found["growthepie"]["Next slot"]
    assert "Missed, 30 days" not in found["growthepie"]
    assert "<code>masthead collect growthepie</code>" in page
    assert "2 sources: 2 without data." in page


def test_failing(store: Store, get: Get) -> None:
    """A newest try that failed is told in a word, before the figures are old."""
    store.save(snapshot(NOW - HOUR, dapps=1.0), HOUR)
    store.add_runs([Run("dapp_expert", NOW, NOW, NOW, "failed", "timeout", "No.", attempts=3)])
    page = get().text
    assert facts(page)["dapp_expert"]["state"] == "failing"
    assert "2 sources: 1 failing, 1 without data." in page


def test_sample_is_marked(store: Store, get: Get) -> None:
    """The synthetic source says what it is, and counts neither as healthy nor as failing."""
    store.save(snapshot(source="sample", dapps=1.0), HOUR)
    page = get().text
    assert facts(page)["sample (synthetic)"] == {"state": "sample"}
    assert "2 sources: 2 without data." in page


def test_hostile_texts(store: Store, get: Get) -> None:
    """A label from elsewhere is text, never markup."""
    label = '<script>alert("1")</script>'
    store.describe(About("dapp_expert", label, ("dapps",)), HOUR)
    page = get().text
    assert "&lt;script&gt;alert(" in page
    assert "<script>alert" not in page


def test_outbox_is_told(store: Store, settings: Settings, get: Get) -> None:
    """Runs that wait for the store are counted."""
    settings.outbox.mkdir()
    (settings.outbox / "1.json").touch()
    assert "1 run waits in the outbox" in get().text
    assert "1 запуск ждёт хранилища" in get("?lang=ru").text


def test_store_that_is_away(tmp_path: Path) -> None:
    """Without a store the page says which one and why, and is no success."""
    server = Flask("test")
    routes.register(server, Settings(database=database(tmp_path)), lambda: NOW)
    answer = server.test_client().get("/health")
    assert answer.status_code == 503
    assert "The store has no Masthead schema yet" in answer.text
    assert "No source is configured" not in answer.text


def test_russian(store: Store, get: Get) -> None:
    """Asked for by name or by the browser: the whole page, with its plural forms."""
    for hours in (0, 1, 2):
        store.save(snapshot(T0 + hours * HOUR, dapps=1.0), HOUR)
    asked, liked = get("?lang=ru"), get(accept="ru-RU,ru;q=0.9,en;q=0.8")
    assert asked.text == liked.text
    assert '<html lang="ru" ' in asked.text
    assert (asked.headers["Content-Language"], asked.headers["Vary"]) == ("ru", "Accept-Language")
    found = facts(asked.text)["dapp_expert"]
    assert found["Последнее успешное чтение"] == "4 ч назад 31 января 2026 г., 08:00 UTC"
    assert found["Пропущено за 30 дней"] == "3 из 6 слотов"
    assert found["slots"] == "6 слотов: частично — 3, не запускался — 3."
    assert "2 источника: " in asked.text
    english = re.findall(r">([A-Z][a-z]+ [^<]*)<", asked.text)
    assert english == []


def test_every_language_is_one_link_away(store: Store, get: Get) -> None:
    """The language in use is marked; the figures are one link away as well."""
    page = get("?lang=ru").text
    assert '<a href="?lang=en" lang="en">EN</a>' in page
    assert '<a href="?lang=ru" lang="ru" aria-current="true">RU</a>' in page
    assert '<a class="button" href="./?lang=ru">' in page
