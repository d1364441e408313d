"""The licences of all that is locked, and the bill of materials."""

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import cyclonedx.schema
import jsonschema_rs
import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.utils import canonicalize_name

from dashboard import bundle
from data.errors import SourceError
from tests.supply import sbom
from tests.supply.licences import LISTED, PERMITTED, Part, beside, document, ids, licence_of, listed
from tests.supply.locked import OURS, USERS, packages

TEXT = LISTED.read_text(encoding="utf-8")
HANDED_ON, TESTING = TEXT.split("\n## Only for building and testing\n")


def keys(parts: list[Part]) -> set[tuple[str, str]]:
    """The names and versions of parts."""
    return {(part.name, part.version) for part in parts}


def test_every_locked_package_is_listed() -> None:
    """What users install, on whatever system, and beside it what is no Python package."""
    users = packages(*USERS)
    others = {(part.name, part.version) for part in beside()}
    assert keys(listed(HANDED_ON)) == users | others, "Call 'make licences'."
    assert keys(listed(TESTING)) == packages(*OURS) - users, "Call 'make licences'."


@pytest.mark.parametrize("part", listed(HANDED_ON), ids=lambda part: part.name)
def test_users_are_given_nothing_under_other_licences(part: Part) -> None:
    """Every licence that a row names is one that is permitted, and is SPDX."""
    assert ids(part.licence) <= PERMITTED
    assert canonicalize_license_expression(part.licence) == part.licence
    assert re.fullmatch(r"https?://\S+", part.address)


def test_every_expression_is_spdx() -> None:
    """Those of the tools, too."""
    assert [canonicalize_license_expression(part.licence) for part in listed(TESTING)]


def test_rows_say_what_the_installed_packages_say() -> None:
    """A package that comes under another licence one day is noticed."""
    rows = {(part.name, part.version): part.licence for part in listed(TEXT)}
    found = {(str(canonicalize_name(one.name)), one.version): one for one in distributions()}
    compared = rows.keys() & found.keys()
    assert len(compared) > 100
    said = {key: licence_of(key[0], found[key]) for key in compared}
    assert said == {key: rows[key] for key in compared}


def test_tables_are_filled_anew_and_words_stay() -> None:
    """Old rows go, the new ones are as wide as the table; all else is as it was."""
    here, there = Part("a", "1", "MIT", "https://a/"), Part("b", "2", "ISC", "https://b/")
    filled = document(TEXT, [here], [], iter([there]))
    assert listed(filled) == [here, Part("b", "2", "ISC", "")]
    assert TEXT.startswith(filled.split("| a |")[0])
    users, others, ours = HANDED_ON.split("## What is no"), [], listed(TESTING)
    others = listed(users[1])
    assert document(filled, listed(users[0]), others, ours) == TEXT


def test_a_licence_that_nobody_knows_is_no_licence(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The sentence names the package and the file to mend."""
    folder = tmp_path_factory.mktemp("odd") / "odd-1.dist-info"
    folder.mkdir()
    about = "Metadata-Version: 2.1\nName: odd\nVersion: 1\nLicense: ask me\n"
    (folder / "METADATA").write_text(about, encoding="utf-8")
    [odd] = distributions(path=[str(folder.parent)])
    with pytest.raises(SourceError, match=r"odd 1 names no licence .* tests/supply/licences\.py"):
        licence_of("odd", odd)


@pytest.fixture(scope="module")
def bill() -> sbom.Json:
    """The bill of materials."""
    return sbom.document()


def test_bill_is_cyclonedx(bill: sbom.Json) -> None:
    """By the schema of its version, formats too; a bill that is none is told apart."""
    folder = Path(str(cyclonedx.schema.__file__)).with_name("_res")
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    known = [(f"http://cyclonedx.org/schema/{name}", held) for name, held in schemas.items()]
    validator = jsonschema_rs.Draft7Validator(
        schemas["bom-1.6.SNAPSHOT.schema.json"],
        registry=jsonschema_rs.Registry(known),
        validate_formats=True,
    )
    validator.validate(bill)
    spoilt = {"name": "x", "type": "library", "externalReferences": [{"type": "vcs", "url": "< >"}]}
    unknown = {"name": "x", "type": "library", "licenses": [{"license": {"id": "unheard-of"}}]}
    for part in ({}, spoilt, unknown):
        assert not validator.is_valid(bill | {"components": [part]})


def test_bill_names_what_is_locked(bill: sbom.Json) -> None:
    """Every package with its licence and hashes, the drawing library, the font; nothing else."""
    parts = {(part["name"], part["version"]): part for part in bill["components"]}
    assert parts.keys() == packages(*USERS) | {(one.name, one.version) for one in beside()}
    assert all(part["licenses"][0]["expression"] for part in parts.values())
    for key in packages(*USERS):
        files = parts[key]["externalReferences"]
        assert files
        assert all(file["hashes"][0]["alg"] == "SHA-256" for file in files)
    assert parts[bundle.PACKAGE, bundle.VERSION]["hashes"][0]["alg"] == "SHA-512"
    assert [file["name"] for file in parts["Inter", "4.001"]["components"]] == [
        "dashboard/assets/fonts/inter-cyrillic-wght-normal.woff2",
        "dashboard/assets/fonts/inter-latin-wght-normal.woff2",
    ]


def test_bill_says_who_needs_whom(bill: sbom.Json) -> None:
    """From Masthead one comes to every part, along the arrows."""
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    seen, ahead = set(), [bill["metadata"]["component"]["bom-ref"]]
    while ahead:
        ref = ahead.pop()
        if ref not in seen:
            seen.add(ref)
            ahead += needs[ref]
    assert seen == needs.keys()
    assert {part["bom-ref"] for part in bill["components"]} < seen


def test_bill_is_the_same_twice(bill: sbom.Json) -> None:
    """It holds no time, and its number follows from what is in it."""
    assert "timestamp" not in bill["metadata"]
    assert sbom.document() == bill
