"""What is built: looked into, built again elsewhere, installed into an empty environment, used."""

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from importlib.metadata import PathDistribution, version
from pathlib import Path

import httpx2
import pytest

from dashboard import bundle
from dashboard.scripts import DRAWING
from tests.postgres import PATIENCE_S, free_port
from tests.supply.build import build
from tests.supply.locked import ROOT, run
from tests.waiting import until


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution and the wheel, built from what git knows here."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel."""
    [built] = dist.glob("*.whl")
    return built


def tracked(*folders: str) -> set[str]:
    """The files that git knows, in these folders or anywhere."""
    command = ["git", "ls-files", "-z", *folders]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return set(said.rstrip("\0").split("\0"))


def test_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    """Three rooms, the front door, the drawing library and the licences; no test, no tool."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "collectors",
        "dashboard",
        "data",
        "masthead.py",
    }
    brought = {f"dashboard/vendor/{name}" for name in bundle.files()}
    wanted = tracked("collectors", "dashboard", "data", "masthead.py") | brought
    wanted -= {"dashboard/wheel.py"}
    assert {name for name in names if ".dist-info/" not in name} == wanted
    assert sorted(name.split(".dist-info/")[1] for name in names if ".dist-info/" in name) == [
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt"),
        *("licenses/LICENSE", "licenses/dashboard/assets/fonts/OFL.txt"),
    ]


def test_source_distribution_is_what_git_knows(dist: Path) -> None:
    """All of it, the tests too, and nothing that only lies about."""
    [source] = dist.glob("*.tar.gz")
    with tarfile.open(source) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames()}
    assert names == tracked() | {"PKG-INFO"}


def test_metadata(wheel: Path) -> None:
    """What an index shows and pip asks for; the description is the README."""
    with zipfile.ZipFile(wheel) as file:
        [folder] = {name.split("/")[0] for name in file.namelist() if ".dist-info/" in name}
        about = PathDistribution(zipfile.Path(file, f"{folder}/"))
        said, commands = about.metadata, list(about.entry_points)
        assert said["Name"] == "masthead"
        assert said["License-Expression"] == "MIT"
        assert said["Requires-Python"] == ">=3.11"
        assert said["Description-Content-Type"] == "text/markdown"
        assert str(said.json["description"]).startswith("# Masthead\n")
    assert [(one.group, one.name, one.value) for one in commands] == [
        ("console_scripts", "masthead", "masthead:main")
    ]


def test_build_is_the_same_elsewhere(dist: Path, tmp_path: Path) -> None:
    """In a clone, under another umask, zone, locale and order of hashes: byte for byte."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, umask=0o077)
    for name in tracked():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(["git", "add", "--all"], cwd=clone, check=True)
    (clone / ".tools").symlink_to(ROOT / ".tools")
    other = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "tests.supply.build"]
    said = subprocess.run(
        command,
        cwd=clone,
        env=os.environ | other,
        check=True,
        capture_output=True,
        text=True,
        umask=0o077,
    ).stdout
    for path in dist.glob("masthead-*"):
        assert (clone / "dist" / path.name).read_bytes() == path.read_bytes()
        assert f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}\n" in said


def test_another_uv_is_brought() -> None:
    """Where the Makefile wants another uv than the one that is there, it brings that one."""

    def would_do(*options: str) -> str:
        command = ["make", "--no-print-directory", "--dry-run", "lock", *options]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert would_do().split() == [".tools/bin/uv", "lock"]
    assert "--upgrade 'uv==99.0.0'" in would_do("UV_VERSION=99.0.0")


def install(built: Path, folder: Path, *options: str) -> Path:
    """An empty environment with what was ``built`` put into it, dependencies too."""
    made = folder / "env"
    run("venv", "--quiet", "--python", sys.executable, made)
    run("pip", "install", "--quiet", "--python", made / "bin" / "python", *options, built)
    return made


def test_source_distribution_installs_the_same(dist: Path, wheel: Path, tmp_path: Path) -> None:
    """Built where it is installed, by the tools of that day: the same files, byte for byte."""
    [source] = dist.glob("*.tar.gz")
    [packages] = install(source, tmp_path, "--no-deps").glob("lib/python3*/site-packages")
    with zipfile.ZipFile(wheel) as file:
        own = [name for name in file.namelist() if ".dist-info/" not in name]
        assert {name: (packages / name).read_bytes() for name in own} == {
            name: file.read(name) for name in own
        }


def test_what_is_installed_works(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment the command reads a page, keeps it, prints it and serves it."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MASTHEAD_")}
    environ |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    environ.pop("PYTHONPATH", None)
    environ.pop("VIRTUAL_ENV", None)
    command = str(install(wheel, tmp_path) / "bin" / "masthead")
    (tmp_path / "page.txt").write_text("Dapps: 16.23K\nBlockchains: 78\n", encoding="utf-8")

    def masthead(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, *arguments],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    assert masthead("--version").stdout == f"masthead {version('masthead')}\n"
    assert masthead("collect", "--from-file", "page.txt").returncode == 3
    exported = masthead("export", "snapshots").stdout
    assert "16230,78,,," in exported
    assert masthead("sample", "load").returncode == 0
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        page = subprocess.Popen(
            [command, "dashboard", "--port", str(port)],
            cwd=tmp_path,
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: serves(url), PATIENCE_S)
        assert DRAWING.removesuffix(".js") in httpx2.get(url).text
        assert httpx2.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200
    finally:
        page.terminate()
        page.wait(PATIENCE_S)
    assert (page.returncode, (tmp_path / "log").read_text()) == (0, "")


def serves(url: str) -> bool:
    """Whether the page is there."""
    with suppress(httpx2.TransportError):
        return httpx2.get(url, timeout=PATIENCE_S).status_code == 200
    return False
