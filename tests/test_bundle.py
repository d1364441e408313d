"""plotly.js's basic bundle: which one, how it is brought, what happens without it."""

import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import brotli
import pytest
from plotly.offline import get_plotlyjs_version
from werkzeug.test import Client

from dashboard import bundle
from dashboard.app import create_app
from data.errors import SourceError
from data.settings import Settings

BUNDLED = f"/**\n* plotly.js (basic - minified) v{bundle.VERSION}\n*/\n".encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    """An archive as npm packs one."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return held.getvalue()


@pytest.fixture
def archive() -> bytes:
    """An archive with the members of the real one."""
    members = {f"package/{bundle.SCRIPT}": BUNDLED, "package/LICENSE": b"a licence"}
    return packed({"package/README.md": b"not wanted", **members})


def program(path: Path, script: str) -> str:
    """A program that does what ``script`` says; its path."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def page(tmp_path: Path, vendor: Path) -> Client:
    """The page, with whatever bundle lies in ``vendor``."""
    database = f"sqlite:///{tmp_path / 'nowhere' / 'masthead.db'}"
    client: Client = create_app(Settings(database=database), vendor).server.test_client()
    return client


def test_version_is_that_of_plotly() -> None:
    """The page draws with the plotly.js that plotly itself brings, only with less of it."""
    assert get_plotlyjs_version() == bundle.VERSION


def test_bundle_is_here() -> None:
    """Set-up brought it: script, compressed forms that are the same, licence."""
    assert bundle.complaint() is None, bundle.complaint()
    script = (bundle.FOLDER / bundle.SCRIPT).read_bytes()
    assert brotli.decompress((bundle.FOLDER / f"{bundle.SCRIPT}.br").read_bytes()) == script
    assert gzip.decompress((bundle.FOLDER / f"{bundle.SCRIPT}.gz").read_bytes()) == script
    assert "MIT" in (bundle.FOLDER / bundle.LICENSE).read_text(encoding="utf-8")


def test_bundle_is_not_in_the_tree() -> None:
    """It is brought, never committed."""
    command = ["git", "ls-files", "--", str(bundle.FOLDER)]
    root = bundle.FOLDER.parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_unpacked(archive: bytes, tmp_path: Path) -> None:
    """Script and licence, the script in each form; nothing else of the archive."""
    folder = tmp_path / "vendor"
    assert not bundle.present(folder)
    bundle.unpack(archive, folder)
    assert bundle.present(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(bundle.files())
    assert (folder / bundle.LICENSE).read_bytes() == b"a licence"


def test_another_version_is_not_it(archive: bytes, tmp_path: Path) -> None:
    """What an older Masthead left is brought anew."""
    bundle.unpack(archive, tmp_path)
    (tmp_path / bundle.SCRIPT).write_bytes(BUNDLED.replace(bundle.VERSION.encode(), b"4.0.9"))
    assert not bundle.present(tmp_path)


def test_archive_without_the_script_is_refused(tmp_path: Path) -> None:
    """An archive that is not the package's says which file it lacks."""
    with pytest.raises(SourceError, match=r"has no package/plotly-basic\.min\.js"):
        bundle.unpack(packed({"package/LICENSE": b"a licence"}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_are_refused(archive: bytes, tmp_path: Path) -> None:
    """One sentence with both hashes; nothing is unpacked."""
    folder = tmp_path / "vendor"
    (tmp_path / "kept.tgz").write_bytes(archive)
    npm = program(tmp_path / "bin" / "npm", f'cp "{tmp_path}/kept.tgz" "$5/plotly.tgz"')
    found = b64encode(hashlib.sha512(archive).digest()).decode()
    said = re.escape(f"plotly.tgz is refused: its hash is sha512-{found}, not the pinned sha512-")
    with pytest.raises(SourceError, match=said):
        bundle.install(folder, [(npm,)])
    assert not folder.exists()


def test_the_first_npm_that_can_brings_it(archive: bytes, tmp_path: Path) -> None:
    """One that fails is passed over; none left: one sentence with what was said and what to do."""
    (tmp_path / "kept.tgz").write_bytes(archive)
    bad = program(tmp_path / "bin" / "bad", "echo 'npm error no network' >&2; exit 1")
    good = program(tmp_path / "bin" / "good", f'cp "{tmp_path}/kept.tgz" "$5/plotly.tgz"')
    taken = bundle.fetch(tmp_path / "bin", [(bad,), (good,)])
    assert taken.read_bytes() == archive
    taken.unlink()
    with pytest.raises(SourceError, match=r"had \(npm error no network\): install npm, or .* -m"):
        bundle.fetch(tmp_path / "bin", [(str(tmp_path / "gone"),), (bad,)])
    with pytest.raises(SourceError, match="neither npm nor uv is there"):
        bundle.fetch(tmp_path / "bin", [])


def test_npm_of_the_machine_else_one_from_the_package_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's npm comes first, uv's copy of node second; without both there is none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(bundle.commands()) == []
    uv = program(tmp_path / "uv", "")
    wheel = (uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", bundle.NODE, "npm")
    assert list(bundle.commands()) == [wheel]
    npm = program(tmp_path / "npm", "")
    assert list(bundle.commands()) == [(npm,), wheel]
    assert next(bundle.commands("/opt/uv")) == (npm,)
    assert [*bundle.commands("/opt/uv")][1][0] == "/opt/uv"


def test_the_pinned_bytes_are_brought_once(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pin is a whole sha512; what has it is unpacked, and then nobody is asked again."""
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", bundle.INTEGRITY)
    pin = f"sha512-{b64encode(hashlib.sha512(archive).digest()).decode()}"
    monkeypatch.setattr(bundle, "INTEGRITY", pin)
    folder = tmp_path / "vendor"
    (tmp_path / "kept.tgz").write_bytes(archive)
    npm = program(tmp_path / "bin" / "npm", f'cp "{tmp_path}/kept.tgz" "$5/plotly.tgz"')
    bundle.install(folder, [(npm,)])
    assert bundle.present(folder)
    bundle.install(folder, [])


def test_without_it_the_whole_plotly_is_served(tmp_path: Path) -> None:
    """The page names no drawing library, so Dash loads its own, which is there."""
    client = page(tmp_path, tmp_path)
    shell = client.get("/").get_data(as_text=True)
    assert "data-plotly" not in shell
    assert "plotly-basic" not in shell
    whole = client.get("/_dash-component-suites/plotly/package_data/plotly.min.js", buffered=True)
    assert f"plotly.js v{bundle.VERSION}".encode() in whole.data[:200]
    assert "data-plotly" in page(tmp_path, bundle.FOLDER).get("/").get_data(as_text=True)
