"""Adding many snapshots in one transaction: by column where nothing is known, else one by one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, repeat
from typing import Any, Final

from data.connection import Connection
from data.model import KEYS, Snapshot, from_ms
from data.rollup import fill, rebuild
from data.schema import snapshots
from data.statements import select
from data.writes import Added, add_snapshots

BATCH: Final = 2_000
_COLUMNS: Final = ("source", "slot", "taken_at", "as_of", "origin", "via", *KEYS)


@dataclass(frozen=True, slots=True)
class Block:
    """Snapshots of one source by column, with ascending slots; times in ms, texts unknown."""

    source: str
    slots: Sequence[int]
    others: Sequence[Sequence[Any]]
    """``taken_at``, ``as_of``, ``origin`` and ``via``."""
    figures: Sequence[Sequence[float | None]]
    """In the order of KEYS."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some snapshots of a history."""

    snapshots: Callable[[], Iterable[Snapshot]]
    blocks: Sequence[Block] = ()
    """The same by column; none where they are only known one by one."""


Changed = tuple[str, Added, list[datetime]]
"""A source, what became of its snapshots, and the first and last slot that changed."""
Spans = dict[str, list[datetime]]
"""By source the first and last slots that changed."""


def add_parts(connection: Connection, parts: Iterable[Part]) -> tuple[Added, Spans]:
    """Keep the snapshots of all parts, with their rollups: what became of them, and where."""
    total, spans = Added(), Spans()
    for part in parts:
        blocks = part.blocks
        if blocks and not any(_is_known(connection, block) for block in blocks):
            done: Iterator[Changed] = (_insert(connection, block) for block in blocks)
        else:
            done = _one_by_one(connection, part.snapshots())
        for source, added, changed in done:
            total += added
            spans.setdefault(source, []).extend(changed)
    return total, spans


def _is_known(connection: Connection, block: Block) -> bool:
    """Whether the store has anything between the block's ends."""
    between = snapshots.c.slot.between(from_ms(block.slots[0]), from_ms(block.slots[-1]))
    query = select(snapshots.c.slot).where(snapshots.c.source == block.source, between)
    return connection.execute(query.limit(1)).first() is not None


def _insert(connection: Connection, block: Block) -> Changed:
    rows = zip(repeat(block.source), block.slots, *block.others, *block.figures, strict=False)
    connection.fill(snapshots, _COLUMNS, rows)
    fill(connection, block.source, block.slots, block.figures)
    ends = [from_ms(block.slots[0]), from_ms(block.slots[-1])]
    return block.source, Added(new=len(block.slots)), ends


def _one_by_one(connection: Connection, history: Iterable[Snapshot]) -> Iterator[Changed]:
    pending = iter(history)
    while batch := list(islice(pending, BATCH)):
        for source in {snapshot.source for snapshot in batch}:
            of_source = [snapshot for snapshot in batch if snapshot.source == source]
            added, changed = add_snapshots(connection, source, of_source)
            rebuild(connection, source, changed)
            yield source, added, [*changed[:1], *changed[-1:]]
