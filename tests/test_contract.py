"""The API keeps its word: schemathesis reads the document and asks a served store by it."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from dashboard.parameters import PARAMETERS
from data.store import open_store
from tests.conftest import database
from tests.scenes import several
from tests.served import served
from tests.test_docs import blocks

PROGRAM: Final = Path(sys.executable).with_name("st")
CONFIG: Final = """
seed = 1
[generation]
database = "none"
[checks]
# What is too long for gunicorn it refuses itself.
negative_data_rejection.expected-statuses = ["4xx"]
[parameters]
{parameters}
# That a source was not read lately is an answer of this one, no breakdown.
[[operations]]
include-path = "/healthz"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 503]
"""
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
"""All that fit but one: what is right by the document may name a source that is not there."""
SPAN: Final = '"query.source" = "growthepie"\n"query.from" = "60d"\n"query.to" = "1d"'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page that serves three sources with headlines and outages."""
    url = database(tmp_path_factory.mktemp("contract"))
    store = open_store(url)
    several(store)
    store.close()
    with served(url) as found:
        yield found


@pytest.mark.parametrize(
    ("mode", "parameters", "examples"),
    [
        pytest.param("negative", "", 15, id="refused"),
        pytest.param("positive", '"query.source" = "dapp_expert"', 40, id="asked"),
        pytest.param("positive", SPAN, 30, id="fewer-figures"),
    ],
)
def test_contract(address: str, tmp_path: Path, mode: str, parameters: str, examples: int) -> None:
    """Whatever is asked, allowed or not, gets an answer that the document tells of."""
    config, report = tmp_path / "schemathesis.toml", tmp_path / "report.json"
    config.write_text(CONFIG.format(parameters=parameters), encoding="utf-8")
    words: list[str | Path] = [PROGRAM, "--config-file", config, "--no-color", "run"]
    words += ["--mode", mode, "--max-examples", str(examples), "--checks", ",".join(CHECKS)]
    words += ["--report", "json", "--report-json-path", report, "--continue-on-failure"]
    words += [f"{address}/api/v1/openapi.json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text(encoding="utf-8"))
    # All but the document itself, which was read before.
    assert told["operations"]["tested"] == len(PARAMETERS) - 1
    if mode == "positive":
        for name in ("series", "headlines"):
            rates = told["valid_rates"][f"GET /api/v1/{name}"].values()
            assert sum(rate["accepted"] for rate in rates) > 5, name


def test_readme_examples(address: str) -> None:
    """Each curl line of the README gets an answer from a served store, the series its points."""
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    told = {}
    for line in (shlex.split(line)[-1] for line in lines if line.startswith("curl ")):
        path = line.removeprefix("http://127.0.0.1:8050")
        assert path != line
        with urlopen(f"{address}{path}", timeout=30) as answer:
            told[path.partition("?")[0]] = answer.read()
    assert {"/api/v1/series", "/api/v1/openapi.json", "/export/snapshots.jsonl"} <= told.keys()
    assert json.loads(told["/api/v1/series"])["metrics"]["volume_30d"]["last"]
    assert json.loads(told["/export/snapshots.jsonl"].splitlines()[0])["source"]
