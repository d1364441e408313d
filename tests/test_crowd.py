"""Many processes at one store, a short while: see :mod:`tests.benchmarks.crowd`."""

from collections import Counter

from tests.benchmarks.crowd import READERS, WRITERS, check, crowd


def test_a_crowd_loses_nothing(url: str) -> None:
    """Eight writers that meet at slots and four readers: each saw no error, all that was
    acknowledged is there, once.
    """
    told, _ = crowd(url, seconds=None, saves=25)
    assert [each.errors for each in told] == [Counter()] * (WRITERS + READERS)
    became = Counter(saved for each in told for saved, *_ in each.acknowledged)
    assert became.total() == 25 * WRITERS
    assert became["duplicate"] > 0
    assert check(url, told).sound
