"""Change one thing at a time in a module, and list the changes that no test notices.

mutmut says what there is to change: it is asked for the whole file, constants among it, which its
own runner leaves out. The tests are collected once; each change then lives in a forked process of
its own, which runs them until one fails. Nothing is written to the tree.
"""

import difflib
import importlib
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from _pytest import main as pytest_main
from hypothesis import Phase, settings

TESTS: Final = {
    "collectors/quantity.py": ["tests/test_quantity.py"],
    "collectors/dapp_expert.py": ["tests/test_dapp_expert.py", "-k", "not huge"],
    "data/store.py": [
        *("tests/test_store.py", "tests/test_places.py"),
        *("-k", "not postgresql and not processes"),
    ],
    "data/insight/unroll.py": ["tests/test_unroll.py"],
}
"""By module: the tests that must notice its changes."""
ALLOWED: Final = 10.0
"""So many per cent of a module's mutants must not survive."""
_OURS: Final = ("collectors", "dashboard", "data", "masthead", "tests")
_SPARE: Final = 10
"""A mutant that computes so many times as long as the tests do is stuck."""
_LONGEST_WAIT: Final = 600
_QUIETLY: Final = (
    *("-x", "-q", "-s", "--no-header", "--no-summary", "-p", "no:cacheprovider"),
    *("-W", "ignore:Module already imported"),
)


class Trials:
    """Takes the place of pytest's loop over the tests: once for each source of a module."""

    def __init__(self, path: str, sources: Iterable[str], seconds: float | None = None) -> None:
        self.fates: list[str] = []
        """What became of each: killed, survived, or too slow."""
        self._path, self._sources, self._seconds = path, sources, seconds

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the module as it is, then each source; pytest is told that all tests were run."""
        if self._tried(session, Path(self._path).read_text("utf-8"), 600) != "survived":
            raise session.Failed(f"{self._path}: its tests fail without any change")
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = self._seconds or 2 + _SPARE * (spent.ru_utime + spent.ru_stime)
        for source in self._sources:
            self.fates.append(self._tried(session, source, seconds))
        return True

    def _tried(self, session: pytest.Session, source: str, seconds: float) -> str:
        child = os.fork()
        if child == 0:
            self._live(session, source, seconds)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            slow = os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGALRM)
            return "too slow" if slow else "killed"
        return "survived" if os.WEXITSTATUS(status) == 0 else "killed"

    def _live(self, session: pytest.Session, source: str, seconds: float) -> None:
        """Run the tests with the changed source, and end the process: 0 when they all pass."""
        # What computes for ever is ended by its own time, which a busy machine does not take from
        # it; what waits for ever, by the clock.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.alarm(_LONGEST_WAIT)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nowhere, number)
        noticed = True
        try:
            _put(self._path, source)
            pytest_main.pytest_runtestloop(session)
            noticed = session.testsfailed > 0
        finally:
            os._exit(noticed)


def _put(path: str, source: str) -> None:
    """Run the other source, and put what it makes wherever the module's own was imported to."""
    old = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    new = ModuleType(old.__name__)
    new.__file__ = path
    sys.modules[old.__name__] = new
    exec(compile(source, path, "exec"), vars(new))
    made = {name: thing for name, thing in vars(new).items() if not name.startswith("__")}
    for user in [one for name, one in sys.modules.items() if name.split(".")[0] in _OURS]:
        for name, thing in list(vars(user).items()):
            if thing is old:
                setattr(user, name, new)
            elif name in made and thing is vars(old).get(name):
                setattr(user, name, made[name])


def mutants(path: str) -> Iterator[tuple[str, str]]:
    """Each changed source of a module, with what was changed as a difference of lines."""
    # Not in the suite's environment: `make mutation` brings it.
    from mutmut.mutation.file_mutation import create_mutations

    source = Path(path).read_text("utf-8")
    module, mutations, _, _ = create_mutations(path, source)
    for one in mutations:
        changed = module.deep_replace(one.original_node, one.mutated_node).code
        lines = difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")
        yield changed, "\n".join(list(lines)[2:])


def fates(path: str, sources: Iterable[str], seconds: float | None = None) -> list[str]:
    """What became of a module's mutants, each given ``seconds`` to compute.

    SystemExit when the tests cannot tell.
    """
    # A failure is enough: it need not be made small.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", derandomize=True, database=None, phases=phases)
    settings.load_profile("mutation")
    trials = Trials(path, sources, seconds)
    if pytest.main([*TESTS[path], *_QUIETLY], plugins=[trials]) != 0:
        raise SystemExit(f"{path}: its tests cannot be run, or fail without any change.")
    return trials.fates


def tell(path: str) -> bool:
    """Try all mutants of a module and print what became of them; whether few enough survived."""
    began, changes = time.monotonic(), list(mutants(path))
    found = fates(path, [source for source, _ in changes])
    for (_, change), ended in zip(changes, found, strict=True):
        if ended == "survived":
            print(f"\nsurvived in {path}\n{change}")
    counts = Counter(found)
    share = 100 * counts["survived"] / len(found)
    print(
        f"\n{path}: {len(found)} mutants, {counts['killed']} killed, "
        f"{counts['too slow']} too slow, {counts['survived']} survived: {share:.1f} % "
        f"({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return share < ALLOWED


def main(paths: Sequence[str]) -> int:
    """Try the mutants of these modules, of all when none is named; 1 when too many survived."""
    few = [tell(path) for path in paths or TESTS]
    return 0 if all(few) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
