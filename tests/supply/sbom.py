"""The bill of materials: what an installation consists of, as CycloneDX 1.6.

``python -m tests.supply.sbom`` writes ``build/masthead.cdx.json``, the same from the same tree.
"""

import json
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from dashboard import bundle
from data.errors import SourceError
from tests.supply.licences import LISTED, Part, listed
from tests.supply.locked import ROOT, USERS, bill

WRITTEN: Final = ROOT / "build" / "masthead.cdx.json"
FONTS: Final = ROOT / "dashboard" / "assets" / "fonts"
Json = dict[str, Any]


def document() -> Json:
    """What uv tells, with the licences, and with what is no Python package. Raises SourceError."""
    found = bill(*USERS)
    known = {(part.name, part.version): part for part in listed(LISTED.read_text("utf-8"))}
    root = found["metadata"]["component"]
    parts = [_package(part, known) for part in found["components"]]
    names = {part["name"]: part["bom-ref"] for part in parts}
    others = [_other(part) for part in known.values() if _beside(part, names)]
    refs = {part["bom-ref"]: part["purl"] for part in parts}
    needs = {
        refs.get(one["ref"], one["ref"]): [refs[ref] for ref in one.get("dependsOn", ())]
        for one in found["dependencies"]
    }
    for other in others:
        holder = root["bom-ref"] if other["name"] in OWN else refs[names["dash"]]
        needs[holder].append(other["purl"])
        needs[other["purl"]] = []
    components = [part | {"bom-ref": part["purl"]} for part in parts + others]
    return _dressed(root, components, needs)


OWN: Final = {"Inter", bundle.PACKAGE}
"""What lies in Masthead's own wheel; the rest that is no Python package comes inside Dash."""


def _beside(part: Part, names: Json) -> bool:
    return part.name in OWN or (part.address != "" and part.name not in names)


def _package(part: Json, known: dict[tuple[str, str], Part]) -> Json:
    try:
        about = known[part["name"], part["version"]]
    except KeyError:
        raise SourceError(
            f"{part['name']} {part['version']} is locked and not in docs/licences.md: "
            f"call 'make licences'."
        ) from None
    return part | {"licenses": [{"expression": about.licence}]}


def _other(part: Part) -> Json:
    """A script or font: by its npm name, with a hash where it is this tree that brings it."""
    found: Json = {
        "type": "library",
        "name": part.name,
        "version": part.version,
        "purl": f"pkg:npm/{part.name}@{part.version}",
        "licenses": [{"expression": part.licence}],
        "externalReferences": [{"type": "website", "url": part.address}],
    }
    if part.name == bundle.PACKAGE:
        content = b64decode(bundle.INTEGRITY.removeprefix("sha512-")).hex()
        found["hashes"] = [{"alg": "SHA-512", "content": content}]
    if part.name == "Inter":
        files = [_file(path) for path in sorted(FONTS.glob("*.woff2"))]
        found |= {"purl": f"pkg:github/rsms/inter@v{part.version}", "components": files}
    return found


def _file(path: Path) -> Json:
    content = sha256(path.read_bytes()).hexdigest()
    name = str(path.relative_to(ROOT))
    return {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": content}]}


def _dressed(root: Json, components: list[Json], needs: dict[str, list[str]]) -> Json:
    """The whole; no time in it, and a number that follows from what is in it."""
    whole: Json = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": root | {"type": "application", "licenses": [{"expression": "MIT"}]}
        },
        "components": sorted(components, key=lambda one: one["purl"]),
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(others)} for ref, others in sorted(needs.items())
        ],
    }
    number = uuid5(NAMESPACE_URL, json.dumps(whole, sort_keys=True))
    return whole | {"serialNumber": number.urn}


def main() -> int:
    """Write the bill, or one sentence on why not."""
    try:
        whole = document()
    except SourceError as error:
        print(f"masthead: {error}", file=sys.stderr)
        return 1
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    print(f"{WRITTEN.relative_to(ROOT)}: {len(whole['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
