"""Content encodings undone in small pieces: a bomb costs neither memory nor time."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import brotli

STEP: Final = 2**16
"""Bytes that one turn of a decoder may give."""
MOST_LAYERS: Final = 3


class _Layer(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...

    @property
    def ended(self) -> bool: ...


class _Zlib:
    """Gzip (as many members as come) or, by the first byte, deflate with or without its header."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._unit = zlib.decompressobj(wbits)

    @property
    def ended(self) -> bool:
        return self._unit.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._unit.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._unit = zlib.decompressobj(self._wbits)
            piece = self._unit.decompress(data, STEP)
            yield piece
            data = self._unit.unused_data if self._unit.eof else self._unit.unconsumed_tail
            if not self._unit.eof and len(piece) < STEP:
                return


class _Deflate:
    def __init__(self) -> None:
        self._inner: _Zlib | None = None

    @property
    def ended(self) -> bool:
        return self._inner is not None and self._inner.ended

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            # RFC 9110 wants the zlib header; some servers leave it out.
            has_header = data[0] & 0x0F == zlib.DEFLATED
            self._inner = _Zlib(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        return self._inner.feed(data)


class _Brotli:
    def __init__(self) -> None:
        self._unit = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._unit.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        while piece := self._unit.process(data, output_buffer_limit=STEP):
            yield piece
            data = b""


LAYERS: Final[Mapping[str, Callable[[], _Layer]]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": _Deflate,
    "br": _Brotli,
}
"""The content encodings that are known."""


def codings(header: str) -> list[str]:
    """The names in a ``Content-Encoding`` header, as applied by the server."""
    names = (name.strip().lower() for name in header.split(","))
    return [name for name in names if name not in ("", "identity")]


def unpack(parts: Iterable[bytes], codings: Sequence[str], most: int) -> Iterator[bytes]:
    """The body behind ``codings`` (known ones, see LAYERS), piece by piece.

    Raises OverflowError after ``most`` bytes, before or after any of the decoders, and ValueError
    when the data is broken or ends too early.
    """
    if len(codings) > MOST_LAYERS:
        raise ValueError(f"it is encoded {len(codings)} times")
    pieces = _at_most(parts, most)
    for name in reversed(codings):
        pieces = _at_most(_decode(name, LAYERS[name](), pieces), most)
    return pieces


def _decode(name: str, layer: _Layer, parts: Iterable[bytes]) -> Iterator[bytes]:
    some = False
    try:
        for part in parts:
            if part:
                some = True
                yield from layer.feed(part)
    except (zlib.error, brotli.error) as error:
        raise ValueError(f"its {name} encoding is broken") from error
    if some and not layer.ended:
        raise ValueError(f"its {name} encoding ends too early")


def _at_most(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    left = most
    for part in parts:
        yield part[:left]
        left -= len(part)
        if left < 0:
            raise OverflowError
