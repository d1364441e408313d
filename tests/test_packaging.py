"""The wheel: built, looked into, installed into an empty environment, and used there."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from dashboard import bundle

ROOT = Path(__file__).parent.parent
UV = ROOT / ".tools" / "bin" / "uv"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    assert UV.exists(), "uv is missing: run 'make test', which brings it."
    folder = tmp_path_factory.mktemp("dist")
    command = [str(UV), "build", "--quiet", "--wheel", "--out-dir", str(folder)]
    command += ["--python", sys.executable]
    subprocess.run(command, cwd=ROOT, check=True)
    [built] = folder.glob("*.whl")
    return built


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
    tracked = subprocess.run(
        ["git", "ls-files", "collectors", "dashboard", "data", "masthead.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    brought = {f"dashboard/vendor/{name}" for name in bundle.files()}
    wanted = (set(tracked) | brought) - {"dashboard/wheel.py"}
    assert {name for name in names if ".dist-info/" not in name} == wanted


def test_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """The drawing library is not in it, and comes into its wheel all the same."""
    command = [str(UV), "build", "--quiet", "--out-dir", str(tmp_path), "--python", sys.executable]
    subprocess.run([*command, "--sdist"], cwd=ROOT, check=True)
    [source] = tmp_path.glob("*.tar.gz")
    with tarfile.open(source) as tar:
        assert not [name for name in tar.getnames() if "/vendor/" in name]
    subprocess.run([*command, "--wheel", str(source)], cwd=tmp_path, check=True)
    [built] = tmp_path.glob("*.whl")
    assert zipfile.ZipFile(built).namelist() == zipfile.ZipFile(wheel).namelist()


def test_installed_wheel_works(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment the command reads a page, keeps it and prints it."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MASTHEAD_")}
    environ |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    environ.pop("PYTHONPATH", None)
    environ.pop("VIRTUAL_ENV", None)
    subprocess.run(
        [UV, "venv", "--quiet", "--python", sys.executable, "env"], cwd=tmp_path, check=True
    )
    install = [str(UV), "pip", "install", "--quiet", "--python", "env/bin/python", str(wheel)]
    subprocess.run(install, cwd=tmp_path, check=True)
    (tmp_path / "page.txt").write_text("Dapps: 16.23K\nBlockchains: 78\n", encoding="utf-8")

    def masthead(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tmp_path / "env" / "bin" / "masthead", *arguments],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    assert masthead("collect", "--from-file", "page.txt").returncode == 3
    exported = masthead("export", "snapshots").stdout
    assert "16230,78,,," in exported
    assert masthead("sample", "load").returncode == 0
