"""Known vulnerabilities of what is locked: of what users install, then of what only this tree uses.

``python -m tests.supply.audit`` asks; options after it go to pip-audit, and ``--npm-registry URL``
names another registry for plotly.js. Only an answer for every package counts as clean.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from dashboard import bundle
from data.errors import SourceError
from tests.supply.locked import OURS, USERS, UV, requirements

NPM: Final = "https://registry.npmjs.org"
CLEAN: Final = "clean"
KNOWN: Final = "known"
SILENT: Final = "silent"


def questions(folder: Path) -> Iterator[tuple[str, Path]]:
    """What is asked about, by its words, and the file of requirements for it. Raises SourceError.

    A package may be locked in two versions; pip-audit takes one a file, so there may be two files.
    """
    for words, options in (("what users install", USERS), ("what only this tree uses", OURS)):
        for number, text in enumerate(_apart(requirements(*options)), 1):
            path = folder / f"{options[0].strip('-')}-{number}.txt"
            path.write_text(text, encoding="utf-8")
            yield words if number == 1 else f"{words}, other versions", path


def _apart(text: str) -> list[str]:
    """The requirements for every system, without their conditions, each name once in a text."""
    files: list[dict[str, str]] = []
    for block in text.replace("\\\n", " ").splitlines():
        wanted, _, hashes = block.partition(" --hash=")
        pinned = wanted.split(";")[0].strip()
        name = pinned.split("==")[0].split("[")[0]
        place = next((held for held in files if name not in held), None)
        if place is None:
            files.append(place := {})
        place[name] = f"{pinned} --hash={hashes}"
    return ["\n".join(held.values()) + "\n" for held in files]


def pip_audit(path: Path, options: Sequence[str]) -> str:
    """Ask about one file; a package that the service does not know is not answered for."""
    command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--requirement", str(path), *options]
    return _verdict(command, r"^Found \d+ known vulnerabilit")


def npm_audit(folder: Path, registry: str) -> str:
    """Ask npm about the pinned plotly.js, by a lock made of the pin: nothing is installed."""
    pin = {"version": bundle.VERSION, "integrity": bundle.INTEGRITY}
    root = {"name": "masthead", "version": "0.0.0", "private": True}
    root["dependencies"] = {bundle.PACKAGE: bundle.VERSION}
    packages = {"": root, f"node_modules/{bundle.PACKAGE}": pin}
    lock = root | {"lockfileVersion": 3, "requires": True, "packages": packages}
    (folder / "package.json").write_text(json.dumps(root), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    npm = next(bundle.commands(str(UV)))
    command = [*npm, "audit", "--package-lock-only", "--registry", registry]
    return _verdict(command, rf"^{re.escape(bundle.PACKAGE)} ", folder)


def _verdict(command: Sequence[str], finding: str, where: Path | None = None) -> str:
    """What a program's end means, whose words are passed on: CLEAN, KNOWN or SILENT.

    Both programs end with 1 also when nobody answered; only a finding is told in such a line.
    """
    done = subprocess.run(
        command, capture_output=True, check=False, cwd=where, stdin=subprocess.DEVNULL, text=True
    )
    print(done.stdout, end="", flush=True)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    if done.returncode == 0:
        return CLEAN
    return KNOWN if re.search(finding, done.stdout + done.stderr, re.MULTILINE) else SILENT


def ask(asked: Iterable[tuple[str, Path]], arguments: Sequence[str]) -> dict[str, list[str]]:
    """What was asked about, by the verdict on it; ``arguments`` are those of the command."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--npm-registry", default=NPM)
    parser.add_argument("-s", "--vulnerability-service", default="pypi")
    own, options = parser.parse_known_args(arguments)
    options += ["--vulnerability-service", own.vulnerability_service]
    found: dict[str, list[str]] = {CLEAN: [], KNOWN: [], SILENT: []}
    for words, path in asked:
        print(f"{words}:", flush=True)
        service = f"{words} (the service {own.vulnerability_service})"
        found[pip_audit(path, options)].append(service)
    print(f"{bundle.PACKAGE} {bundle.VERSION}:", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        verdict = npm_audit(Path(folder), own.npm_registry)
    found[verdict].append(f"{bundle.PACKAGE} (the registry {own.npm_registry})")
    return found


def told(found: dict[str, list[str]]) -> int:
    """Say what is not clean, and how; 0 when all is."""
    if found[KNOWN]:
        known = "; ".join(found[KNOWN])
        print(f"masthead: vulnerabilities are known, named above: {known}.", file=sys.stderr)
    if found[SILENT]:
        print(
            f"masthead: no answer about: {'; '.join(found[SILENT])}. That is no finding, and "
            f"nothing is known to be clean: see that this machine can reach them, and ask again.",
            file=sys.stderr,
        )
    return int(bool(found[KNOWN] or found[SILENT]))


def main(arguments: Sequence[str]) -> int:
    """0 when all is clean; 1 when something is known against a package, or nobody answered."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            asked = list(questions(Path(folder)))
        except SourceError as error:
            print(f"masthead: {error}", file=sys.stderr)
            return 1
        return told(ask(asked, arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
