"""The API for programs: its document, and answers that are as it says, on both engines."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import jsonschema_rs
import pytest
from flask import Flask
from werkzeug.test import Client

from dashboard import routes
from dashboard.openapi import document
from dashboard.parameters import EXPORT, PARAMETERS
from dashboard.query import FEWEST_POINTS, MOST_HEADLINES, SPANS
from data import journal
from data.export import TYPES
from data.model import KEYS, Headline, Run
from data.series import MAX_POINTS
from data.settings import Settings
from data.store import Store
from data.tables import What
from tests.looks import HOUR, SEEN, snapshot

NOW = datetime(2026, 1, 31, 6, 40, tzinfo=UTC)


@pytest.fixture
def client(url: str, store: Store) -> Iterator[Client]:
    """The routes over the store."""
    server = Flask("test")
    stores = routes.register(server, Settings(database=url), lambda: NOW)
    yield server.test_client()
    stores.close()


@pytest.fixture
def full(store: Store) -> Store:
    """Three looks, one of them partial, three headlines, a run that failed and one that began.

    Another source has a look as well.
    """
    store.save(snapshot(NOW, source="defillama"), HOUR)
    for ago in range(3):
        story = Headline(f"Story {ago}", f"https://dapp.expert/news/{ago}", lead=ago == 1)
        values = (*SEEN[:4], None) if ago == 1 else SEEN
        store.save(snapshot(NOW - ago * HOUR, values, [story]), HOUR)
    at = NOW - 2 * HOUR
    store.add_runs([Run("dapp_expert", at, at, at, "failed", "timeout", "No answer.")])
    journal.start(store, Run("dapp_expert", NOW, NOW))
    return store


def parameters(path: str) -> dict[str, dict[str, Any]]:
    """The documented parameters of an address by name."""
    told = document()["paths"][path]["get"]["parameters"]
    return {one["name"]: one for one in told}


def test_document_is_openapi(client: Client) -> None:
    """It is served with a tag, describes every address once, and each reference leads somewhere."""
    answer = client.get("/api/v1/openapi.json")
    assert answer.get_json() == document()
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/api/v1/openapi.json", headers=tag).status_code == 304
    told = answer.get_json()
    assert told["openapi"].startswith("3.1.")
    assert list(told["paths"]) == list(PARAMETERS)
    names = [one["get"]["operationId"] for one in told["paths"].values()]
    assert len(set(names)) == len(names)
    used = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert used == told["components"]["schemas"].keys()


def test_document_describes_every_field() -> None:
    """Whoever reads the schemas learns what each field means."""

    def bare(part: Any, path: str) -> list[str]:
        if not isinstance(part, dict):
            return []
        lacking = [
            f"{path}.{name}"
            for name, schema in part.get("properties", {}).items()
            if not {"description", "$ref", "anyOf"} & schema.keys()
        ]
        return lacking + [one for name, sub in part.items() for one in bare(sub, f"{path}/{name}")]

    assert bare(document()["components"]["schemas"], "") == []
    described = [one for path in PARAMETERS for one in parameters(path).values()]
    assert all(one["description"] for one in described)


def test_limits_are_the_codes() -> None:
    """The numbers and names in the document are those that requests are checked by."""
    series, headlines = parameters("/api/v1/series"), parameters("/api/v1/headlines")
    points, limit = series["points"]["schema"], headlines["limit"]["schema"]
    assert (points["minimum"], points["maximum"]) == (FEWEST_POINTS, MAX_POINTS)
    assert limit["maximum"] == MOST_HEADLINES
    told = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    assert f"at most {MAX_POINTS:,} points" in told
    assert series["metric"]["schema"]["items"]["enum"] == list(KEYS)
    assert series["range"]["schema"]["enum"] == list(SPANS)
    export = parameters(EXPORT)
    assert export["what"]["schema"]["enum"] == list(get_args(What))
    assert export["kind"]["schema"]["enum"] == list(TYPES)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/sources", "Sources"),
        ("/api/v1/latest", "Latest"),
        ("/api/v1/latest?source=nobody", "Latest"),
        ("/api/v1/pulse", "Pulse"),
        ("/api/v1/series?range=7d", "Series"),
        ("/api/v1/series?range=7d&metric=dapps&metric=volume_30d", "Series"),
        ("/api/v1/series?from=2026-01-30", "Series"),
        ("/api/v1/headlines?range=all", "Headlines"),
        ("/api/v1/headlines?range=all&limit=1", "Headlines"),
        ("/api/v1/headlines?limit=0", "Error"),
        ("/api/v1/moves?range=7d", "Moves"),
        ("/api/v1/ratio?other=defillama&metric=volume_30d&range=7d", "Ratio"),
        ("/healthz", "Health"),
    ],
)
@pytest.mark.usefixtures("full")
def test_answers_are_as_described(client: Client, path: str, name: str) -> None:
    """Each answer has just the fields of its schema, each of its type, on both engines."""
    told = document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": told["components"]}
    answer = client.get(path).get_json()
    jsonschema_rs.validator_for(schema).validate(answer)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validator_for(schema).validate(answer | {"more": 1})


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/series?from=0001-01-01&to=9999-12-31T23:59:59.999Z",
        "/api/v1/series?to=0001-01-01",
        "/api/v1/series?from=1970-01-01&to=9999-12-31&points=100",
        "/api/v1/headlines?from=0001-01-01&to=9999-12-31T23:59:59.999Z",
        "/api/v1/headlines?from=2000y",
        "/api/v1/moves?from=0001-01-01&to=9999-12-31T23:59:59.999Z",
        "/api/v1/ratio?other=defillama&metric=volume_30d&from=0001-01-01&to=9999-12-31",
        "/export/snapshots.csv?from=0001-01-01&to=9999-12-31T23:59:59.999Z",
        "/export/snapshots.csv?every=999999y",
        "/export/headlines.jsonl?from=0001-01-01&by=published",
        "/export/runs.parquet?to=0001-01-01",
    ],
)
@pytest.mark.usefixtures("full")
def test_as_far_as_the_calendar(client: Client, path: str) -> None:
    """Spans and stretches up to the ends of the calendar have answers, on both engines."""
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", [path for path in PARAMETERS if path != EXPORT])
@pytest.mark.usefixtures("full")
def test_tags_are_told(client: Client, path: str) -> None:
    """An answer has an ETag, and is not sent again to who has it, just where the document says."""
    told = document()["paths"][path]["get"]["responses"]
    path += {"/api/v1/ratio": "?other=defillama&metric=volume_30d"}.get(path, "")
    tag = client.get(path).headers.get("ETag")
    assert (tag is not None) is ("ETag" in told["200"]["headers"]) is ("304" in told)
    if tag:
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.usefixtures("full")
def test_head_is_get_without_its_body(client: Client) -> None:
    """HEAD has the headers of GET."""
    got, asked = client.get("/api/v1/series"), client.head("/api/v1/series")
    assert asked.data == b""
    assert (asked.status_code, asked.headers["ETag"]) == (200, got.headers["ETag"])


@pytest.mark.usefixtures("full")
def test_pages_of_headlines(client: Client) -> None:
    """``next`` and the Link header lead through all headlines, the last page to nowhere."""
    path: str | None = "/api/v1/headlines?range=all&limit=2"
    found = []
    while path:
        answer = client.get(path)
        body = answer.get_json()
        found += [one["title"] for one in body["headlines"]]
        link = re.fullmatch('<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        assert (link is None) is (body["next"] is None)
        assert link is None or f"after={body['next']}" in link[1]
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        path = link and link[1]
    assert sorted(found) == ["Story 0", "Story 1", "Story 2"]


def test_a_name_that_is_no_file_name(client: Client, store: Store) -> None:
    """A source that was imported under any name has a download, under a name for files."""
    store.save(snapshot(NOW, source='ä"; \N{SNOWMAN}'), HOUR)
    asked = quote('ä"; \N{SNOWMAN}')
    answer = client.get(f"/export/snapshots.csv?source={asked}&source={asked}")
    assert answer.status_code == 200
    assert len(answer.data.splitlines()) == 2
    told = answer.headers["Content-Disposition"]
    assert told == 'attachment; filename="masthead-_____-snapshots.csv"'


def test_more_parameters_than_anybody_needs(client: Client) -> None:
    """However short they are, the number of values is bounded, of one parameter and of all."""
    many = "&".join(["metric=dapps"] * 65)
    answer = client.get(f"/api/v1/series?{many}")
    assert answer.status_code == 400
    assert "more than 64 parameters" in answer.get_json()["error"]
    assert client.get(f"/export/snapshots.csv?{many}").status_code == 400
