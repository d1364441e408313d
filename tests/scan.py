"""Scan the page from outside: the headers of every answer, and the API by its own document.

    python -m tests.scan [--seconds 120]

Against a real server over three sources with headlines and outages. Ends with 1 where anything is
found. The browser's part, that nothing is blocked and nobody else is asked, is tests/e2e.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dashboard.app import create_app
from data.settings import Settings
from data.store import open_store
from tests.conftest import database
from tests.contract import contract
from tests.headerscan import CHECKS, asked, findings
from tests.scenes import several
from tests.served import served

SECONDS: Final = 120
MODES: Final = ("positive", "negative")
FEW: Final = '"query.source" = "dapp_expert"'


def scan(seconds: int) -> Iterator[str]:
    """Every finding in a line; what was done goes to stderr."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with closing(open_store(database(folder))) as store:
            several(store)
        settings = Settings(database=database(folder))
        with served(settings.database, proxies=1) as address:
            rules = create_app(settings).server.url_map
            count, found = findings(asked(address.removeprefix("http://"), rules))
            print(f"{count} answers, {len(CHECKS)} checks of each", file=sys.stderr)
            yield from found
            for mode in MODES:
                limit = ("--max-time", str(seconds // len(MODES)))
                done = contract(address, folder, mode, FEW if mode == "positive" else "", *limit)
                print(done.stdout, file=sys.stderr)
                if done.returncode:
                    yield f"schemathesis, {mode}: {done.stdout[:2_000]}{done.stderr}"


def main(arguments: Sequence[str]) -> int:
    """Print what was found, or that there was nothing; 1 where there was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for schemathesis, in all")
    found = list(scan(parser.parse_args(arguments).seconds))
    print(*(found or ["no findings"]), sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
