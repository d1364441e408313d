"""Where the output goes: to stdout, or into a file that is put in place when it is whole."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from data.errors import UsageError


class NoReaderError(Exception):
    """Whoever read our output has had enough: the end of the work, and no fault."""


def put(text: str) -> None:
    """Print the text as it is; a sign that the locale cannot print is no reason to say nothing.

    Raises UsageError where there is no room for it, NoReaderError where nobody reads it any more.
    """
    if sys.stdout is None:
        raise UsageError("The output cannot be written: it is closed.")
    encoding = sys.stdout.encoding
    try:
        print(text.encode(encoding, "replace").decode(encoding), end="", flush=True)
    except OSError as error:
        # Python tries what is left again when it ends: that would be said a second time.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise _unwritten(error) from None


def write_out(parts: Iterable[bytes]) -> None:
    """Write to stdout as it comes. Raises as ``put`` does."""
    if sys.stdout is None:
        raise UsageError("The output cannot be written: it is closed.")
    try:
        _write(sys.stdout.fileno(), parts)
    except OSError as error:
        raise _unwritten(error) from None


def _unwritten(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):
        return NoReaderError()
    return UsageError(f"The output cannot be written: {error.strerror}.")


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write beside the file and put it in place when it is whole; into a device as it comes.

    Raises UsageError.
    """
    try:
        if path.exists() and not path.is_file():
            _write(path, parts)
            return
        # A link stays one: what it leads to is replaced.
        place = path.resolve()
        # Two that wrote into one draft would put in place what is of neither.
        draft = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            _write(draft, parts)
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"The file {path} cannot be written: {error.strerror}.") from None


def _write(place: Path | int, parts: Iterable[bytes]) -> None:
    with open(place, "wb", closefd=isinstance(place, Path)) as file:
        for part in parts:
            file.write(part)
