"""A snapshot as JSON and back."""

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest

from data.jsonform import from_json, plain, to_json
from data.model import Headline
from tests.conftest import HOUR, T0, snapshot

LOOK = snapshot(
    via="page",
    as_of=T0 - HOUR,
    taken_at=T0 + timedelta(milliseconds=4007),
    origin="wayback",
    shown={"dapps": "16.23K", "volume_30d": "€1"},
    problems={"volume_30d": "not in USD"},
    headlines=(
        Headline("A", "https://dapp.expert/a", "S", "X", T0 - HOUR, T0, lead=True),
        Headline('"é"\n'),
    ),
    dapps=16_230.0,
    transactions_30d=0.25,
)


@pytest.mark.parametrize("value", [2.0**63 - 1024, 2.0**63, 1e300, -(2.0**63) - 2048, 0.5, None])
def test_plain_is_written(value: float | None) -> None:
    """Whatever a figure is, JSON's writer has it, and it reads back the same."""
    assert orjson.loads(orjson.dumps(plain(value))) == value


def test_form() -> None:
    """The keys of the contract, times with Z, whole numbers as integers, null for not read."""
    form = to_json(LOOK)
    assert list(form) == [
        "source",
        "slot",
        "taken_at",
        "as_of",
        "origin",
        "via",
        "readings",
        "headlines",
    ]
    assert form["taken_at"] == "2026-01-31T06:00:04.007Z"
    assert form["readings"]["dapps"] == {
        "value": 16230,
        "half_width": 5,
        "unit": "count",
        "shown": "16.23K",
        "problem": None,
    }
    assert form["readings"]["volume_30d"]["value"] is None
    assert form["headlines"][1] == {
        "title": '"é"\n',
        "url": None,
        "summary": None,
        "author": None,
        "published_from": None,
        "published_to": None,
        "lead": False,
    }
    assert '"value": 16230,' in json.dumps(form)


def test_round_trip() -> None:
    """Through text and back it is the same snapshot."""
    assert from_json(json.loads(json.dumps(to_json(LOOK)))) == LOOK
    assert from_json(to_json(snapshot(via=None))) == snapshot(via=None)


@pytest.mark.parametrize(
    "change",
    [
        {"slot": "soon"},
        {"slot": None},
        {"slot": "2026-01-31T06:00:00"},
        {"readings": []},
        {"readings": {"dapps": {"value": 1}}},
        {"readings": {"dapps": None}},
        {"headlines": None},
        {"headlines": ["A"]},
        {"headlines": [{"title": "A"}]},
        {"as_of": 5},
        {"readings": {"volume_60d": to_json(LOOK)["readings"]["dapps"]}},
        {"readings": {"dapps": {**to_json(LOOK)["readings"]["dapps"], "value": "1"}}},
        {"readings": {"dapps": {**to_json(LOOK)["readings"]["dapps"], "value": True}}},
        {"origin": "elsewhere"},
        {"via": ["payload"]},
        {"source": None},
        {"taken_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_other_input(change: dict[str, Any]) -> None:
    """What is no snapshot raises one of three errors, whatever is wrong with it."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json({**to_json(LOOK), **change})
    for missing in change:
        with pytest.raises(KeyError):
            from_json({key: value for key, value in to_json(LOOK).items() if key != missing})


def test_plain() -> None:
    """Whole floats become integers, others stay, nothing stays nothing."""
    assert [plain(value) for value in (None, 0.0, 0.5, 3e11)] == [None, 0, 0.5, 300_000_000_000]
    assert isinstance(plain(3e11), int)
