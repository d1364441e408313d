"""A CSV of wide snapshots in blocks, checked and read by column: many times as fast as by line."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any, Final

import pyarrow
from pyarrow import compute, csv

from data import cellvalues
from data.many import Block, Part
from data.model import KEYS, Snapshot, to_ms

_TIMES: Final = ("slot", "taken_at", "as_of")
_EARLIEST: Final = to_ms(datetime.fromisoformat(f"{cellvalues.FIRST_YEAR}-01-01T00:00:00Z"))
_PAST: Final = to_ms(datetime.fromisoformat(f"{cellvalues.LAST_YEAR + 1}-01-01T00:00:00Z"))

Read = Callable[[Iterable[str], int], Iterator[Snapshot]]
"""The snapshots of lines, read with care, from the number of lines before them."""


def parts(
    file: IO[bytes], before: int, names: Sequence[str], read: Read, size: int
) -> Iterator[Part]:
    """The rest of a file, of which ``before`` lines were read, ``size`` bytes at a time.

    ``names`` are its columns. What is not plainly right is left to ``read``, which finds the
    place and says what is wrong.
    """
    while chunk := file.read(size):
        chunk += file.readline(cellvalues.MAX_LINE)
        if b'"' in chunk or len(chunk) >= size + cellvalues.MAX_LINE:
            # A quoted cell may go on in the next chunk, and a line without an end goes on there.
            yield Part(partial(read, cellvalues.lines(io.BytesIO(chunk), file), before))
            return
        yield Part(
            partial(read, cellvalues.lines(io.BytesIO(chunk)), before), _blocks(chunk, names)
        )
        before += len(chunk.splitlines())


def _blocks(chunk: bytes, names: Sequence[str]) -> list[Block]:
    """The snapshots by source; none when any cell needs a closer look."""
    try:
        table = _table(chunk, names)
    except ValueError:
        return []
    sources = table["source"].unique()
    if len(sources) == 1:
        return _block(table)
    found = [_block(table.filter(compute.equal(table["source"], source))) for source in sources]
    return [block for [block] in found] if all(found) else []


def _block(table: Any) -> list[Block]:
    """The rows of one source as a block; none where they are not in the order of time."""
    slots = table["slot"].to_pylist()
    if any(map(int.__ge__, slots, slots[1:])):
        return []
    origins = [origin or "import" for origin in table["origin"].to_pylist()]
    taken_at, as_of, via = (table[name].to_pylist() for name in ("taken_at", "as_of", "via"))
    figures = [table[key].to_pylist() for key in KEYS]
    return [Block(table["source"][0].as_py(), slots, (taken_at, as_of, origins, via), figures)]


def _table(chunk: bytes, names: Sequence[str]) -> Any:
    """The cells as values: times in ms, numbers, texts. Raises ValueError for anything odd."""
    text = csv.read_csv(
        pyarrow.BufferReader(chunk),
        read_options=csv.ReadOptions(column_names=list(names), block_size=len(chunk)),
        parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pyarrow.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    if any(text[name].null_count for name in cellvalues.NEEDED & set(names)):
        raise ValueError
    values = {name: _times(text[name]) for name in _TIMES}
    values |= {name: _names(text[name], name) for name in ("source", "origin", "via")}
    values |= {key: _figures(text, key) for key in KEYS}
    return pyarrow.Table.from_arrays(list(values.values()), names=list(values))


def _times(column: Any) -> Any:
    _require(compute.match_substring_regex(column, f"^(?:{cellvalues.TIME.pattern})$"))
    times = column.cast(pyarrow.timestamp("ms", "UTC")).cast(pyarrow.int64())
    ends = compute.min_max(times).as_py()
    if ends["min"] is not None and not _EARLIEST <= ends["min"] <= ends["max"] < _PAST:
        raise ValueError
    return times


def _names(column: Any, name: str) -> Any:
    for text in column.unique().to_pylist():
        if name == "source":
            fine = cellvalues.SOURCE.fullmatch(text) is not None
        else:
            fine = text is None or text in cellvalues.CHOICES[name]
        if not fine:
            raise ValueError
    return column


def _figures(table: Any, key: str) -> Any:
    if key not in table.column_names:
        return pyarrow.nulls(len(table), pyarrow.float64())
    _require(compute.match_substring_regex(table[key], f"^(?:{cellvalues.NUMBER.pattern})$"))
    numbers = table[key].cast(pyarrow.float64())
    _require(compute.is_finite(numbers))
    return numbers


def _require(holds: Any) -> None:
    """Raise ValueError unless it holds in every row that has a value."""
    if compute.all(holds).as_py() is False:
        raise ValueError
