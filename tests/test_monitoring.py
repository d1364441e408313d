"""What is given to Prometheus and Grafana names metrics that are there, in forms that they read."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

from dashboard.gauges import GAUGES
from data.model import METRICS

DOCS: Final = Path(__file__).parent.parent / "docs"
LABELS: Final = {"masthead_info": {"version", "engine"}, "masthead_up": set[str]()} | {
    gauge.name: {"source", *gauge.labels} for gauge in GAUGES
}


def loaded(name: str) -> Any:
    """A document of YAML."""
    return yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))


def board() -> Any:
    """Grafana's dashboard."""
    return json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))


def expressions() -> list[str]:
    """Every query of the dashboard and the alerts."""
    found = [target["expr"] for panel in board()["panels"] for target in panel["targets"]]
    variables = {one["name"]: one["query"] for one in board()["templating"]["list"]}
    found.append(variables["source"]["query"])
    [group] = loaded("prometheus-rules.yml")["groups"]
    return found + [rule["expr"] for rule in group["rules"]]


def test_every_name_is_told() -> None:
    """A query names only metrics that are exported, each with labels that it has."""
    asked = expressions()
    assert len(asked) > 20
    for expression in asked:
        names = re.findall(r"masthead_\w+", expression)
        assert names, expression
        assert set(names) <= LABELS.keys(), expression
        for name, selected in re.findall(r"(masthead_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)=", selected)) <= LABELS[name], expression


def test_every_metric_has_a_row() -> None:
    """The table of docs/monitoring.md is what is exported, labels included."""
    text = (DOCS / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(masthead_\w+)` \|([^|]*)\|", text, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == LABELS


def test_dashboard_shows_every_figure() -> None:
    """A stat and a chart for each metric, each panel with its own number, none over another."""
    panels = board()["panels"]
    for metric in METRICS:
        kinds = {panel["type"] for panel in panels if panel["title"] == metric.label}
        assert kinds == {"stat", "timeseries"}, metric.label
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}


def test_prometheus_asks_where_the_page_is() -> None:
    """The example scrapes the page's own address and reads the rules beside it."""
    config = loaded("prometheus.yml")
    [job] = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8050"]}]
    assert "metrics_path" not in job
    for name in config["rule_files"]:
        assert all(rule["annotations"]["summary"] for rule in loaded(name)["groups"][0]["rules"])
