"""Content encodings undone in small pieces."""

import gzip
import tracemalloc
import zlib
from collections import deque
from collections.abc import Iterable, Iterator

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.unpack import codings, unpack
from tests.moods import twice, zeros

MIB = 2**20
TEXT = bytes(range(256)) * 5_000


def raw_deflate(data: bytes) -> bytes:
    """Deflate without its header, as some servers send it."""
    unit = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return unit.compress(data) + unit.flush()


ENCODED = {
    "gzip": (gzip.compress(TEXT), ["gzip"]),
    "its old name": (gzip.compress(TEXT), ["x-gzip"]),
    "deflate": (zlib.compress(TEXT), ["deflate"]),
    "deflate without header": (raw_deflate(TEXT), ["deflate"]),
    "brotli": (brotli.compress(TEXT, quality=1), ["br"]),
    "gzip twice": (gzip.compress(gzip.compress(TEXT)), ["gzip", "gzip"]),
    "brotli in gzip": (gzip.compress(brotli.compress(TEXT, quality=1)), ["br", "gzip"]),
    "gzip members": (gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]), ["gzip"]),
    "gzip with padding": (gzip.compress(TEXT) + bytes(9), ["gzip"]),
    "nothing": (TEXT, []),
}


@pytest.mark.parametrize("pieces", [1, 3, 10_000])
@pytest.mark.parametrize("name", ENCODED)
def test_body_comes_back(name: str, pieces: int) -> None:
    """Each encoding, nested ones too, is undone however the body is cut into pieces."""
    packed, names = ENCODED[name]
    size = len(packed) // pieces + 1
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(unpack(parts, names, 2 * MIB)) == TEXT


@pytest.mark.parametrize("name", [name for name in ENCODED if ENCODED[name][1]])
def test_body_that_ends_too_early_is_no_body(name: str) -> None:
    """Half of the data is broken, never half of a page."""
    packed, names = ENCODED[name]
    with pytest.raises(ValueError, match="ends too early"):
        list(unpack([packed[: len(packed) // 3]], names, 2 * MIB))


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
def test_what_is_not_encoded_is_broken(name: str) -> None:
    """A body that is not what its header says is named by its encoding."""
    with pytest.raises(ValueError, match=f"its {name} encoding is broken"):
        list(unpack([b"\xffno such thing" * 9], [name], MIB))


@given(st.binary(max_size=300), st.lists(st.sampled_from(["gzip", "deflate", "br"]), max_size=3))
def test_any_bytes_are_read_or_broken(data: bytes, names: list[str]) -> None:
    """Whatever a server sends: bytes, ValueError or OverflowError, nothing else."""
    try:
        body = b"".join(unpack([data], names, MIB))
    except (ValueError, OverflowError):
        return
    assert len(body) <= MIB


def test_limit_is_exact() -> None:
    """A body of the limit passes; one byte more does not."""
    assert len(b"".join(unpack([gzip.compress(bytes(MIB))], ["gzip"], MIB))) == MIB
    with pytest.raises(OverflowError):
        list(unpack([gzip.compress(bytes(MIB + 1))], ["gzip"], MIB))


class Counted:
    """Parts, and how many bytes of them were taken."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = parts
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.taken += len(part)
            yield part


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (zeros(10_240 * MIB), ["gzip"]),
        (zeros(10_240 * MIB, zlib.MAX_WBITS), ["deflate"]),
        (twice(zeros(500 * MIB)), ["gzip", "gzip"]),
        ([brotli.compress(bytes(50 * MIB), quality=1)], ["br"]),
        ([gzip.compress(gzip.compress(bytes(50 * MIB)))], ["gzip", "gzip"]),
        ([gzip.compress(gzip.compress(b"") * 10**5 * 6)], ["gzip", "gzip"]),
    ],
    ids=["gzip", "deflate", "gzip twice", "brotli", "one part", "empty members"],
)
def test_bomb_costs_nothing(parts: Iterable[bytes], names: list[str]) -> None:
    """Up to 10 GiB behind a few kB are left where they are: little is taken, nothing is held."""
    counted = Counted(parts)
    tracemalloc.start()
    with pytest.raises(OverflowError):
        # A deque of no length takes all and keeps nothing.
        deque(unpack(counted, names, 10 * MIB), maxlen=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counted.taken < MIB
    assert peak < 4 * MIB


def test_endless_nesting_is_refused() -> None:
    """More than three encodings are no page's."""
    with pytest.raises(ValueError, match="4 times"):
        unpack([b""], ["gzip"] * 4, MIB)


def test_header_is_read_in_any_form() -> None:
    """Case, space and ``identity`` make no difference."""
    assert codings(" GZIP , identity,br,") == ["gzip", "br"]
    assert codings("") == []
