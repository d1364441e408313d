"""Schemathesis asks a real server by its own document; what it holds against the answers."""

import subprocess
import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(sys.executable).with_name("st")
CONFIG: Final = """
seed = 1
[generation]
database = "none"
[checks]
# What is too long for gunicorn it refuses itself.
negative_data_rejection.expected-statuses = ["4xx"]
[parameters]
{parameters}
# That a source was not read lately is an answer of this one, no breakdown.
[[operations]]
include-path = "/healthz"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 503]
"""
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
"""All that fit but one: what is right by the document may name a source that is not there."""
REPORT: Final = "report.json"


def contract(
    address: str, folder: Path, mode: str, parameters: str, *limit: str
) -> subprocess.CompletedProcess[str]:
    """Ask the server at ``address`` in all ways of ``mode``, with ``parameters`` held fast.

    ``limit`` says for how long. A report is left in ``folder``.
    """
    config, report = folder / "schemathesis.toml", folder / REPORT
    config.write_text(CONFIG.format(parameters=parameters), encoding="utf-8")
    words: list[str | Path] = [PROGRAM, "--config-file", config, "--no-color", "run"]
    # The first file of a kind loads its library: on a busy machine that is more than ten seconds.
    words += ["--request-timeout", "60", "--mode", mode, *limit, "--checks", ",".join(CHECKS)]
    words += ["--report", "json", "--report-json-path", report, "--continue-on-failure"]
    words += [f"{address}/api/v1/openapi.json"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
