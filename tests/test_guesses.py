"""Guesses at the password: counted over all processes, whatever becomes of one of them."""

import os
import signal
from collections.abc import Callable

import pytest

from dashboard.guesses import (
    AT_ONCE,
    EACH_OF_ALL_S,
    EACH_S,
    FIRST,
    FIRST_OF_ALL,
    KNOWN_S,
    WAYS,
    Guesses,
)
from dashboard.keeper import BUSY_S, Keeper
from data.password import hashed


class Watch:
    """A stopwatch that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@pytest.fixture
def watch() -> Watch:
    """What time it is."""
    return Watch()


@pytest.fixture
def guesses(watch: Watch) -> Guesses:
    """Nobody has guessed yet."""
    return Guesses(watch)


def forked(work: Callable[[], bool]) -> bool:
    """What the work finds in a process of its own."""
    child = os.fork()
    if child == 0:
        os._exit(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_one_client(guesses: Guesses, watch: Watch) -> None:
    """A few at once, then one in a while; another client is not kept waiting."""
    assert [guesses.take("192.0.2.1") for _ in range(FIRST + 1)] == [0] * FIRST + [EACH_S]
    assert guesses.take("192.0.2.2") == 0
    watch.now += EACH_S
    assert [guesses.take("192.0.2.1") for _ in range(2)] == [0, EACH_S]
    watch.now += 10 * FIRST * EACH_S
    assert [guesses.take("192.0.2.1") for _ in range(FIRST + 1)][-2:] == [0, EACH_S]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "no address", False),
        ("192.0.2.1:1024", "192.0.2.1:1025", True),
        ("192.0.2.1:1024", "192.0.2.2:1024", False),
        ("[2001:db8::1]:1024", "2001:db8::2", True),
        ("[", "_hidden", False),
    ],
)
def test_who_is_one_client(guesses: Guesses, one: str, other: str, same: bool) -> None:
    """An IPv6 network is one: its owner has as many addresses as wanted."""
    for _ in range(FIRST):
        guesses.take(one)
    assert (guesses.take(other) > 0) == same


def test_all_together(guesses: Guesses, watch: Watch) -> None:
    """From however many addresses: who signed in before is not kept out by them."""
    assert guesses.take("198.51.100.1") == 0
    guesses.give_back("198.51.100.1", right=True)
    tries = [guesses.take(f"192.0.{n // 200}.{n % 200}") for n in range(FIRST_OF_ALL + 1)]
    assert tries == [0] * FIRST_OF_ALL + [EACH_OF_ALL_S]
    assert guesses.take("198.51.100.1") == 0
    watch.now += EACH_OF_ALL_S * 2
    assert guesses.take("203.0.113.1") == 0
    watch.now += KNOWN_S
    assert [guesses.take("198.51.100.1") for _ in range(FIRST + 1)][-1] > 0


def test_right_ones_do_not_count(guesses: Guesses) -> None:
    """A program that says the password with every request may ask as often as it wants."""
    for _ in range(10 * FIRST_OF_ALL):
        assert guesses.take("192.0.2.1") == 0
        guesses.give_back("192.0.2.1", right=True)


def test_more_clients_than_places(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is waiting stays so while others come and take one another's places."""
    monkeypatch.setattr("dashboard.guesses.CLIENTS", WAYS)
    guesses = Guesses(watch)
    for _ in range(FIRST):
        guesses.take("192.0.2.1")
    for n in range(FIRST_OF_ALL - FIRST):
        assert guesses.take(f"198.51.100.{n}") == 0
    assert guesses.take("192.0.2.1") == EACH_S
    assert guesses.take("198.51.100.0") == EACH_OF_ALL_S


def test_over_all_processes(guesses: Guesses) -> None:
    """What one worker counts holds for the next, also for one that starts after a death."""
    for _ in range(FIRST):
        assert forked(lambda: guesses.take("192.0.2.1") == 0)
    assert forked(lambda: guesses.take("192.0.2.1") > 0)
    assert guesses.take("192.0.2.1") > 0


def test_a_worker_killed_while_it_counts_or_compares(guesses: Guesses) -> None:
    """What it had locked is free again."""

    def die() -> bool:
        with guesses._locked(), guesses.turn() as mine:
            assert mine
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    for _ in range(AT_ONCE + 1):
        assert not forked(die)
    with guesses.turn() as mine:
        assert mine
    assert guesses.take("192.0.2.1") == 0


def test_few_are_compared_at_a_time(guesses: Guesses) -> None:
    """One in each process, a few in all; the others are told to come back, until one has ended."""

    def has_turn() -> bool:
        with guesses.turn() as mine:
            return mine

    with guesses.turn() as first:
        assert first
        assert not has_turn()
    others = [_holder(guesses) for _ in range(AT_ONCE)]
    assert not has_turn()
    for pid in others:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert has_turn()


def _holder(guesses: Guesses) -> int:
    """A process that has a turn, and keeps it."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with guesses.turn() as mine:
            os.write(tell, b"1" if mine else b"0")
            signal.pause()
    assert os.read(told, 1) == b"1"
    os.close(told)
    os.close(tell)
    return child


def test_busy_is_no_guess(guesses: Guesses) -> None:
    """Who is sent away unheard has lost no try."""
    keeper = Keeper(hashed("correct horse"), guesses)
    with guesses.turn():
        for _ in range(FIRST + 1):
            verdict = keeper.judge("correct horse", "192.0.2.1")
            assert (verdict.right, verdict.wait_s) == (False, BUSY_S)
    assert keeper.judge("correct horse", "192.0.2.1").right


def test_remembered_only_where_it_may_be_said(guesses: Guesses) -> None:
    """The right one is known at once the next time; no way to guess faster than others."""
    keeper = Keeper(hashed("correct horse"), guesses)
    assert keeper.judge("correct horse", "192.0.2.1").right
    with guesses.turn():
        assert keeper.judge("correct horse", "192.0.2.1").right
    for _ in range(FIRST):
        keeper.judge("wrong horse", "192.0.2.1")
    verdict = keeper.judge("correct horse", "192.0.2.1")
    assert (verdict.right, verdict.wait_s) == (False, EACH_S)
