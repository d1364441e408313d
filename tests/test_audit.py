"""The audit asks about everything that is locked; only an answer for all of it is clean."""

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dashboard import bundle
from tests.supply.audit import ask, questions, told
from tests.supply.locked import OURS, USERS, packages

Answers = Callable[[str, Any], Any]


@contextmanager
def service(answers: Answers) -> Iterator[tuple[str, list[Any]]]:
    """A vulnerability service on 127.0.0.1, in the form of OSV and of npm; what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            one = {"name": bundle.PACKAGE, "version": bundle.VERSION}
            self.say({"name": bundle.PACKAGE, "versions": {bundle.VERSION: one}})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            question = json.loads(body)
            asked.append(question)
            self.say(answers(self.path, question))

        def say(self, what: Any) -> None:
            said = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def audit(url: str, folder: Path, files: int = 1) -> int:
    """What ``make audit`` does with a part of its questions, asking the service at ``url``."""
    osv = ("--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query")
    return told(ask(part(folder, files), ["--npm-registry", url, *osv]))


def part(folder: Path, files: int) -> Iterator[tuple[str, Path]]:
    """The first files of the questions, each with its first two packages and flask only."""
    for words, path in islice(questions(folder), files):
        lines = path.read_text(encoding="utf-8").splitlines()
        few = {*lines[:2], *(line for line in lines if line.startswith("flask=="))}
        path.write_text("\n".join(sorted(few)) + "\n", encoding="utf-8")
        yield words, path


def names(paths: Iterable[Path]) -> set[tuple[str, str]]:
    """The packages that files of requirements name, with their versions; each has its hashes."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    found = {
        re.fullmatch(r"([^=\[]+)(?:\[.+\])?==(\S+)( --hash=sha256:\S+ *)+", one) for one in lines
    }
    return {(match[1], match[2]) for match in found if match}


def test_all_that_is_locked_is_asked_about(tmp_path: Path) -> None:
    """Every package of every system, in each of its versions, by the hashes of its files."""
    asked = [path for _, path in questions(tmp_path)]
    assert names(asked) == packages(*USERS) | packages(*OURS)


def test_what_is_asked_about_and_answered_for_is_clean(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each file's packages and plotly.js reach the service; only then it ends with 0."""
    with service(lambda _path, _question: {}) as (url, asked):
        assert audit(url, tmp_path, files=2) == 0, capfd.readouterr().err
    queries = [one for one in asked if "package" in one]
    found = {(one["package"]["name"], one["version"]) for one in queries}
    assert found == names(tmp_path.iterdir())
    assert {name for name, _ in found} > {"flask"}
    assert {bundle.PACKAGE: [bundle.VERSION]} in asked


def test_a_known_vulnerability_fails_and_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One of a package of users, one of plotly.js, both made up; the exit code is not 0."""
    package = {"name": "flask", "ecosystem": "PyPI"}
    hole = {"id": "MADE-UP-1", "summary": "made up", "affected": [{"package": package}]}
    advisory = {"id": 1, "url": "https://example.org/", "title": "made up", "severity": "high"}
    advisory |= {"vulnerable_versions": "*", "cwe": [], "cvss": {"score": 7, "vectorString": None}}

    def answers(path: str, question: Any) -> Any:
        if path == "/v1/query":
            return {"vulns": [hole]} if question["package"]["name"] == "flask" else {}
        return {bundle.PACKAGE: [advisory]}

    with service(answers) as (url, _asked):
        assert audit(url, tmp_path) == 1
    out, err = capfd.readouterr()
    assert re.search(r"flask .*MADE-UP-1", out)
    known = f"what users install (the service osv); {bundle.PACKAGE} (the registry {url})"
    assert err.splitlines()[-1] == f"masthead: vulnerabilities are known, named above: {known}."


def test_silence_is_neither_clean_nor_a_finding(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where nobody answers it ends with 1, says who did not, and that nothing was found."""
    with service(lambda _path, _question: {}) as (url, _asked):
        pass
    assert audit(url, tmp_path) == 1
    *_, last = capfd.readouterr().err.splitlines()
    assert last.startswith("masthead: no answer about: what users install (the service osv); ")
    assert f"{bundle.PACKAGE} (the registry {url}). That is no finding" in last
