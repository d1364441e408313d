"""The journal of runs: every attempt leaves a row, also one that never came to its end."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from data.model import MILLISECOND, Run
from data.rows import run_of, run_row
from data.schema import runs
from data.sql import Expression, or_
from data.statements import insert, select, update
from data.store import Store

KILLED = "killed"
"""The error kind of a run whose process ended without a word."""

FAILURES = Expression("(outcome IN ('failed', 'outbox', 'partial'))")
"""Runs that did not come to a whole snapshot; in the very words of their index, to be found by
it."""


def start(store: Store, run: Run) -> tuple[int, Run]:
    """Write down that a run begins; its number, and the run as it stands there.

    Two runs that one host begins in the same millisecond are told apart by a millisecond.
    """
    with store.writing() as connection:
        statement = insert(runs).on_conflict_do_nothing().returning(runs.c.id)
        while True:
            number = connection.execute(statement.values(**run_row(run))).scalar()
            if number is not None:
                return int(number), run
            run = replace(run, started_at=run.started_at + MILLISECOND)


def finish(store: Store, number: int, run: Run) -> None:
    """Write down what became of it."""
    with store.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == number).values(**run_row(run)))


def settle(store: Store, history: Iterable[Run]) -> None:
    """Keep runs told of later, each once; they know better than a row that never ended."""
    unsure = or_(runs.c.outcome.is_(None), runs.c.error_kind == KILLED)
    with store.writing() as connection:
        for run in history:
            values: dict[str, Any] = run_row(run)
            statement = insert(runs).values(**values)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["source", "started_at", "host"], set_=values, where=unsure
                )
            )


def unfinished(store: Store, source: str) -> list[tuple[int, Run]]:
    """The source's runs without an outcome, with their numbers: under way, or killed."""
    query = select(runs).where(runs.c.source == source, runs.c.outcome.is_(None))
    with store.reading() as connection:
        return [(row.id, run_of(row)) for row in connection.execute(query.order_by(runs.c.id))]


def errors(store: Store, source: str, most: int) -> list[Run]:
    """The source's newest runs that did not come to a whole snapshot, newest first."""
    query = select(runs).where(runs.c.source == source, FAILURES)
    query = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(most)
    with store.reading() as connection:
        return [run_of(row) for row in connection.execute(query)]
