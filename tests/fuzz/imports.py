"""Imported CSV: a file comes in whole and goes out the same, or not at all with one sentence."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from data.errors import StoreError, UsageError
from data.export import stream
from data.imports import load
from data.model import KEYS
from data.store import Store, open_store
from data.tables import Query, columns
from tests.fuzz.target import Target, is_sentence
from tests.test_export import HEADLINES, TIDY, WIDE
from tests.test_imports import LINE, empty, whole

Example = tuple[bytes, bool, int]
RUNS: Final = ",".join(column.name for column in columns(Query("runs")))
HEADS: Final = (WIDE, TIDY, HEADLINES, RUNS)
CELLS: Final = (
    *(
        "",
        "2026-01-31T06:00:00Z",
        "2026-01-31T06:00:04.5Z",
        "0001-01-01T00:00:00Z",
        "alpha",
        "live",
    ),
    *("payload", "page", "1", "0.5", "9" * 310, "1e9", "-1", "nan", "16.23K", "count", "USD", "x"),
    *("=1+1", "'=1", "\t", "\r", '"', '""', "true", "https://a.example/", "javascript:1", "\0"),
    *("\u202e", "\x1b[31m", "stored", "import", *KEYS),
)
cells = st.sampled_from(CELLS) | st.text(max_size=6)


@st.composite
def files(draw: Any) -> Example:
    """A known header, lines of as many cells that fit or not, and ends of any kind."""
    head = draw(st.sampled_from(HEADS) | st.text(max_size=20))
    columns = head.count(",") + 1
    lines = [head.rstrip("\r\n")]
    for _ in range(draw(st.integers(0, 4))):
        if head == WIDE and draw(st.booleans()):
            row = LINE.rstrip().split(",")
            row[draw(st.integers(0, len(row) - 1))] = draw(cells)
        else:
            row = [draw(cells) for _ in range(columns + draw(st.sampled_from([0, 0, 0, 1, -1])))]
        quoted = [f'"{cell}"' if draw(st.booleans()) else cell for cell in row]
        lines.append(",".join(quoted))
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    codec = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    text = end.join(lines) + end
    block = draw(st.sampled_from([0, 1, 64, 1 << 20]))
    return text.encode(codec, "replace"), draw(st.booleans()), block


@cache
def _store() -> Store:
    folder = tempfile.mkdtemp(prefix="masthead-fuzz-")
    return open_store(f"sqlite:///{folder}/m.db")


def check(example: Example) -> None:
    """Nothing at all, or a history that is exported and imported again the same."""
    data, raw, block = example
    store = _store()
    empty(store)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        file.write_bytes(data)
        nothing = [whole(store, query, raw=True) for query in QUERIES]
        try:
            brought = load(store, file, raw, block)
        except (UsageError, StoreError) as error:
            is_sentence(error)
            assert [whole(store, query, raw=True) for query in QUERIES] == nothing
            return
        for query in QUERIES:
            _goes_around(store, file, query, raw)
        assert min(brought.new, brought.known, brought.kept) >= 0


QUERIES: Final = (Query(), Query(shape="tidy"), Query("headlines"), Query("runs"))


def _goes_around(store: Store, file: Path, query: Query, raw: bool) -> None:
    before = whole(store, query, raw=raw)
    for kind in ("jsonl", "xlsx", "parquet"):
        made = b"".join(stream(store, query, kind))
        assert made or before.count(b"\n") == 1
    if before.count(b"\n") > 1:
        file.write_bytes(before)
        again = load(store, file, raw)
        assert again.new == 0, (query.what, query.shape, again)
        assert whole(store, query, raw=raw) == before


def seeds() -> list[bytes]:
    """The headers, and a line that fits the first."""
    return [b"\0" + (head.rstrip("\r\n") + "\r\n" + LINE).encode() for head in HEADS]


def raw(data: bytes) -> Example:
    """The first byte says how it is read."""
    how = data[0] if data else 0
    return data[1:], bool(how & 1), (0, 1, 64, 1 << 20)[how >> 1 & 3]


TARGET: Final = Target(check, files(), raw, seeds)
