"""The API keeps its word: schemathesis reads the document and asks a served store by it."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from dashboard.parameters import PARAMETERS
from data.store import open_store
from tests.conftest import database
from tests.contract import REPORT, contract
from tests.guides import blocks, document
from tests.scenes import several
from tests.served import served

TWO: Final = '"query.source" = "dapp_expert"\n"query.other" = "defillama"'
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
        pytest.param("positive", TWO, 40, id="asked"),
        pytest.param("positive", SPAN, 30, id="fewer-figures"),
    ],
)
def test_contract(address: str, tmp_path: Path, mode: str, parameters: str, examples: int) -> None:
    """Whatever is asked, allowed or not, gets an answer that the document tells of."""
    limit = ("--max-examples", str(examples))
    done = contract(address, tmp_path, mode, parameters, *limit)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / REPORT).read_text(encoding="utf-8"))
    # All but the document itself, which was read before.
    assert told["operations"]["tested"] == len(PARAMETERS) - 1
    if mode == "positive":
        for name in ("series", "headlines", *(("ratio",) if parameters == TWO else ())):
            rates = told["valid_rates"][f"GET /api/v1/{name}"].values()
            assert sum(rate["accepted"] for rate in rates) > 5, name


def test_examples(address: str) -> None:
    """Each curl line of the API's guide gets an answer from a served store, its points too."""
    lines = [line for block in blocks(document("docs/api.md"), "sh") for line in block.lines]
    told = {}
    for line in (shlex.split(line)[-1] for line in lines if line.startswith("curl ")):
        path = line.removeprefix("http://127.0.0.1:8050")
        assert path != line
        with urlopen(f"{address}{path}", timeout=30) as answer:
            told[path.partition("?")[0]] = answer.read()
    assert {"/api/v1/series", "/api/v1/openapi.json", "/export/snapshots.jsonl"} <= told.keys()
    assert json.loads(told["/api/v1/series"])["metrics"]["volume_30d"]["last"]
    assert json.loads(told["/export/snapshots.jsonl"].splitlines()[0])["source"]
