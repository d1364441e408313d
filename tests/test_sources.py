"""Sources as such: what each keeps to, and how one is switched on."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import COLLECTORS, Collector
from collectors.jobs import jobs
from data.errors import SourceError
from data.model import KEYS, Page
from data.settings import Settings, load
from tests.conftest import HOUR

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCES = tuple(COLLECTORS.values())


@pytest.mark.parametrize("collector", SOURCES, ids=lambda one: one.name)
def test_collector(collector: Collector) -> None:
    """Its name is its key, its metrics are of the closed list, its credit leads to the web."""
    assert COLLECTORS[collector.name] is collector
    assert collector.label
    assert collector.metrics
    assert list(collector.metrics) == [key for key in KEYS if key in collector.metrics]
    assert collector.url.startswith("https://")
    assert not any(part.startswith(("/", "http")) for part in collector.parts)
    assert (collector.credit is None) == (collector.credit_url is None)
    assert (collector.credit_url or "https://").startswith("https://")


@pytest.mark.parametrize("collector", SOURCES, ids=lambda one: one.name)
def test_reader_takes_every_page(collector: Collector) -> None:
    """Whatever page of whatever source it is given: its own metrics, or a SourceError."""
    pages = [path for path in FIXTURES.rglob("*") if path.is_file()]
    assert len(pages) > 50
    for path in pages:
        try:
            look = collector.read(Page(path.read_bytes(), collector.url, AT, ""))
        except SourceError:
            continue
        assert tuple(look.readings) == collector.metrics, path


def test_only_dapp_expert_is_on(tmp_path: Path) -> None:
    """The others are off until named; an empty table, or one variable, is enough."""
    assert [job.source for job in jobs(Settings())] == ["dapp_expert"]
    path = tmp_path / "masthead.toml"
    path.write_text("[sources.defillama]\n[sources.growthepie]\n", encoding="utf-8")
    by_file = jobs(load({}, {}, path).settings)
    assert [job.source for job in by_file] == ["dapp_expert", "defillama", "growthepie"]
    assert [job.every for job in by_file] == [HOUR, DAY, DAY]
    assert by_file[1].url == "https://api.llama.fi/"
    environ = {"MASTHEAD_SOURCES__DEFILLAMA__ENABLED": "true", "MASTHEAD_CONFIG": os.devnull}
    by_environment = jobs(load(environ, {}, None).settings)
    assert [job.source for job in by_environment] == ["dapp_expert", "defillama"]
    by_name = jobs(Settings(), ["growthepie"])
    assert [(job.source, job.every) for job in by_name] == [("growthepie", DAY)]
