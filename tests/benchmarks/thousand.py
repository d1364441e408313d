"""A thousand sources at once: one process visits them all within a minute, in 300 MB.

    python -m tests.benchmarks.thousand [SOURCES]

A real server in a process of its own answers each source with a page of its own figures.
"""

import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from collectors import COLLECTORS
from collectors.jobs import Job
from collectors.runner import Runner
from data.clock import now, stopwatch
from data.model import slot_of
from data.settings import Settings
from data.store import open_store
from tests.pages import page
from tests.site import Answer, serving

SOURCES: Final = 1_000
LONGEST_S: Final = 60.0
LARGEST_MB: Final = 300.0


def _serve(sources: int, pipe: Connection) -> None:
    with serving() as site:
        for number in range(sources):
            site.answers[f"/{number}"] = Answer(page(Blockchains=str(number + 1)))
        pipe.send(site.url)
        pipe.recv()


@contextmanager
def served(sources: int) -> Iterator[str]:
    """The address of a running site with a page for each source."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(sources, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join()


def visit_all(sources: int, folder: Path, url: str) -> tuple[float, Counter[str], int]:
    """Visit every source once: seconds, outcomes, and how many figures are wrong in the store."""
    settings = Settings(database=f"sqlite:///{folder}/m.db", outbox=folder / "outbox")
    reader = COLLECTORS["dapp_expert"]
    jobs = [
        Job(replace(reader, name=f"source_{number}"), f"{url}{number}", reader.every)
        for number in range(sources)
    ]
    open_store(settings.database).close()
    begun = stopwatch()
    results = list(Runner(settings, now).run_all(jobs))
    seconds = stopwatch() - begun
    for result in results:
        if result.exit_code:
            print(result.sentence, file=sys.stderr)
    store = open_store(settings.database)
    wrong = 0
    for number, job in enumerate(jobs):
        found = store.snapshot(job.source, slot_of(results[number].slot, job.every))
        wrong += found is None or found.look.readings["blockchains"].value != number + 1
    store.close()
    return seconds, Counter(result.outcome for result in results), wrong


def main(sources: int) -> int:
    """Run it and print what was measured; 1 when a limit is broken."""
    with TemporaryDirectory() as folder, served(sources) as url:
        seconds, outcomes, wrong = visit_all(sources, Path(folder), url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sources} sources in one process: {seconds:.1f} s, peak memory {peak:.0f} MB")
    print(f"outcomes: {dict(outcomes)}; wrong or missing snapshots: {wrong}")
    good = outcomes == {"stored": sources} and not wrong
    return int(not good or seconds > LONGEST_S or peak > LARGEST_MB)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else SOURCES))
