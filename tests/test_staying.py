"""The benchmark of viewers who stay: a few for a few seconds, and what it makes of numbers."""

from collections import Counter
from datetime import timedelta

from tests.benchmarks.staying import MEGABYTE, Told, measure, told


def test_a_few_stay() -> None:
    """Real viewers at a real server, which is written to meanwhile: answers, 304 too, no error."""
    lines = {line.what: line for line in measure(0.1, 4, timedelta(days=2))}
    assert lines["errors"].masthead == "0"
    assert int(lines["requests"].masthead.replace(",", "")) > 20
    assert float(lines["memory at the end"].masthead.removesuffix(" MB")) > 50


def test_memory_that_grows_is_told() -> None:
    """Nothing counts in the first minute; after it a twentieth is too much, and so is an error."""
    one = Told(Counter({200: 9, 304: 1}), Counter({"500 at /": 1}), [0.001] * 10)
    flat = [(float(second), 100 * MEGABYTE if second >= 60 else 0) for second in range(120)]
    lines = told([one], flat)
    assert lines[-1].met
    assert [line.what for line in lines if not line.met] == ["errors"]
    assert lines[1].masthead == "10 %"
    assert not told([one], [*flat, (120.0, 106 * MEGABYTE)])[-1].met
