"""What is fuzzed at length by ``make fuzz``, for a moment each: the targets stand, and hold."""

import importlib
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import TARGETS
from tests.fuzz.target import Target

SLOW = frozenset(("page", "imports", "outbox", "http"))
"""Targets of which an example takes many milliseconds."""


def target(name: str) -> Target:
    """The target of this name."""
    found: Target = importlib.import_module(f"tests.fuzz.{name}").TARGET
    return found


@pytest.fixture(autouse=True)
def log_again() -> Iterator[None]:
    """A target may silence the log, of which it makes a flood: for itself alone."""
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", TARGETS)
def test_examples(name: str) -> None:
    """What the grammar makes goes through, or is refused in a sentence."""
    one = target(name)

    @settings(
        max_examples=40 if name in SLOW else 150,
        deadline=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(one.examples)
    def hold(example: Any) -> None:
        one.check(example)

    hold()


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """So do the seeds, whole and damaged."""
    one = target(name)
    seeds = list(one.seeds())
    assert seeds
    few = seeds[:: max(1, len(seeds) // 12)]
    for seed in few:
        one.check(one.raw(seed))

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.sampled_from(few), st.integers(0, 5_000), st.binary(max_size=8))
    def hold(seed: bytes, place: int, other: bytes) -> None:
        place %= len(seed) + 1
        one.check(one.raw(seed[:place] + other + seed[place + len(other) :]))

    hold()
