"""Fuzz one target in a process of its own: by coverage where there is atheris, else by chance."""

import argparse
import importlib
import json
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, given, settings

# What is loaded before atheris watches is not watched.
if TYPE_CHECKING:
    from tests.fuzz.target import Target

SLOWEST: Final = 10.0
"""Seconds of work that one input may take, measured as it runs: slower by coverage."""
LARGEST: Final = 400 * 2**10
"""KiB by which one input may let the process grow."""
GRAMMAR: Final = 0
"""A first byte that is even leads to the grammar, an odd one takes the rest as it is."""

ROOMS: Final = ("collectors", "data", "dashboard")


class Hunt:
    """Goes through the target again and again, and keeps what was found, each thing once."""

    def __init__(self, target: "Target", folder: Path) -> None:
        self._target, self._folder = target, folder
        self._known: set[str] = set()
        self.done = 0
        folder.mkdir(parents=True, exist_ok=True)

        @settings(
            database=None, deadline=None, max_examples=1, suppress_health_check=[*HealthCheck]
        )
        @given(target.examples)
        def by_grammar(example: Any) -> None:
            self._checked(example)

        held: Any = by_grammar
        self._by_grammar: Callable[[bytes], Any] = held.hypothesis.fuzz_one_input

    def one(self, data: bytes) -> None:
        """One input; what it finds is written down, and the hunt goes on."""
        self.done += 1
        try:
            if data and data[0] % 2 == GRAMMAR:
                self._by_grammar(data[1:])
            else:
                self._checked(self._target.raw(data[1:]))
        except Exception as error:
            self._note(error, data)

    def _checked(self, example: Any) -> None:
        began, size = time.process_time(), _grown()
        self._target.check(example)
        took, more = time.process_time() - began, _grown() - size
        if took > SLOWEST:
            raise TimeoutError(f"one input took {took:.1f} s")
        if more > LARGEST and self.done > 100:
            raise MemoryError(f"one input took {more // 2**10} MiB")

    def _note(self, error: Exception, data: bytes) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [one for one in frames if any(f"/{room}/" in one.filename for room in ROOMS)]
        last = (ours or frames)[-1]
        what = (
            f"{type(error).__name__} {Path(last.filename).name}:{last.lineno} {frames[-1].lineno}"
        )
        if what in self._known:
            return
        self._known.add(what)
        number = len(self._known)
        (self._folder / f"{number}.bin").write_bytes(data)
        text = "".join(traceback.format_exception(error))
        (self._folder / f"{number}.txt").write_text(text, encoding="utf-8", errors="replace")
        print(f"FOUND {what}: {error!s:.200}", file=sys.stderr, flush=True)


def _grown() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def by_chance(hunt: Hunt, seeds: list[bytes], seconds: float) -> None:
    """Without coverage: random bytes for the grammar, and seeds of which some bytes are others."""
    chance, end = random.Random(), time.monotonic() + seconds
    while time.monotonic() < end:
        hunt.one(b"\0" + chance.randbytes(chance.randrange(20, 2_000)))
        seed = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(seed) + 1)
            seed[place : place + chance.randrange(20)] = chance.randbytes(chance.randrange(4))
        hunt.one(b"\1" + bytes(seed))


def main() -> None:
    """Fuzz the target that is named, so many seconds; findings go into the folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("seconds", type=int)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    module = f"tests.fuzz.{asked.target}"
    try:
        import atheris
    except ImportError:
        found = importlib.import_module(module).TARGET
        hunt = Hunt(found, asked.folder)
        by_chance(hunt, list(found.seeds()), asked.seconds)
        print(json.dumps({"executions": hunt.done}))
        return
    with atheris.instrument_imports(include=[*ROOMS], enable_loader_override=False):
        found = importlib.import_module(module).TARGET
    hunt = Hunt(found, asked.folder)
    corpus = asked.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(found.seeds()):
        (corpus / f"seed-{number}").write_bytes(b"\1" + seed)
        (corpus / f"grammar-{number}").write_bytes(b"\0" + seed)
    options = [
        f"-max_total_time={asked.seconds}",
        *("-timeout=60", "-rss_limit_mb=3000", "-max_len=40000", "-print_final_stats=1"),
        f"-artifact_prefix={asked.folder}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], hunt.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
