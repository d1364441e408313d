"""A stage of the Dockerfile, rehearsed: a folder that its steps fill and its commands call ``/``.

This machine's /usr and /etc stand for those of the image, an empty environment for its Python.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests import machine
from tests.supply.locked import ROOT, run
from tests.supply.recipe import Step, context

PYTHON: Final = "image"
"""The folder of what stands for the image's Python."""
LACKING: Final = ("node", "npm", "npx", "uv", "uvx")
"""What this machine may have and the image does not."""
WAY: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
TRUST: Final = ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "SSL_CERT_FILE")
"""With these a machine finds the registries; an engine would be told the first of them, too."""
Mount = tuple[str, ...]


class Stage:
    """What the steps since a FROM have made; ``root`` is a folder to be made."""

    def __init__(self, root: Path, cache: str) -> None:
        self.root = root
        self.environ = {"PATH": f"/{PYTHON}/bin:/usr/local/bin:/usr/bin:/bin"}
        self.where = "/"
        self.user: str | None = None
        self.entry: list[str] = []
        self.default: list[str] = []
        self.health: list[str] = []
        self._cache = cache
        for name in ("dev", "proc", "tmp", "cache"):
            (root / name).mkdir(parents=True)
        for name in ("bin", "lib", "lib64", "sbin"):
            if Path("/", name).is_symlink():
                (root / name).symlink_to(Path("/", name).readlink())
        where = ("--seed", "--relocatable", "--python", sys.executable)
        run("venv", "--quiet", *where, root / PYTHON)

    def play(self, step: Step, others: Mapping[str, "Stage"]) -> None:
        """Do what a step says; COPY may name another stage. Fails where the step does."""
        if step.word == "RUN":
            way = {name: os.environ[name] for name in (*WAY, *TRUST) if name in os.environ}
            cache = ("--bind", self._cache, f"{self.root}/cache")
            way |= {"UV_CACHE_DIR": "/cache"}
            command = self.command(["/bin/sh", "-c", step.rest], way, [cache])
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{step.rest}\n{done.stdout}{done.stderr}"
        elif step.word == "COPY":
            self._copy(step.words(), others)
        elif step.word == "ENV":
            self.environ |= dict(pair.split("=", 1) for pair in step.words())
        elif step.word == "WORKDIR":
            self.where = step.rest
            self._at(step.rest).mkdir(parents=True, exist_ok=True)
        elif step.word == "USER":
            self.user = step.rest
        elif step.word == "ENTRYPOINT":
            self.entry = step.words()
        elif step.word == "CMD":
            self.default = step.words()
        elif step.word == "HEALTHCHECK":
            self.health = Step("CMD", step.rest.partition("CMD ")[2]).words()
        else:
            assert step.word == "EXPOSE", f"nobody rehearses {step.word}"

    def _at(self, path: str) -> Path:
        """Where a path of the stage, from its working folder, is on this machine."""
        return self.root / str(Path(self.where, path)).lstrip("/")

    def _copy(self, words: Sequence[str], others: Mapping[str, "Stage"]) -> None:
        """Files of the tree, or a folder of another stage, which is linked: it does not change."""
        *sources, target = words
        if sources[0].startswith("--from="):
            [start, path] = sources
            held = others[start.removeprefix("--from=")].root / path.lstrip("/")
            shutil.copytree(held, self._at(target), symlinks=True, copy_function=os.link)
            return
        for source in sources:
            folder = ROOT / source if (ROOT / source).is_dir() else ROOT
            for file in context(source):
                copied = self._at(target) / file.relative_to(folder)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copied)

    def command(
        self, command: Iterable[str], more: Mapping[str, str], mounts: Iterable[Mount] = ()
    ) -> list[str]:
        """What runs ``command`` in here, with nothing of this machine's environment but ``more``.

        ``mounts`` are arguments of mount(8), done last; the process is the one that is started.
        """
        root = str(self.root)
        places = {Path("/usr"), Path("/etc"), Path("/etc/resolv.conf").resolve().parent}
        wanted: list[Mount] = [
            ("--rbind", f"/{name}", f"{root}/{name}") for name in ("dev", "proc")
        ]
        for place in sorted(places | {Path(sys.base_prefix)}):
            (self.root / str(place).lstrip("/")).mkdir(parents=True, exist_ok=True)
            wanted.append(("--bind", "-o", "ro", str(place), f"{root}{place}"))
        held = [place for place in (Path("/usr/bin"), Path("/usr/local/bin")) if place.is_dir()]
        hidden = [place / name for place in held for name in LACKING if (place / name).exists()]
        wanted += [("--bind", "/dev/null", f"{root}{path}") for path in hidden]
        called = ["env", "-i", f"--chdir={self.where}"]
        called += [f"{name}={value}" for name, value in (self.environ | dict(more)).items()]
        wanted = [("--bind", root, root), *wanted, *mounts]
        script = [shlex.join(("mount", *mount)) for mount in wanted]
        script += [shlex.join(("exec", "chroot", root, *self._account(), *called, *command))]
        return [machine.find("unshare"), "--mount", "/bin/sh", "-c", " && ".join(script)]

    def _account(self) -> list[str]:
        """As the user of the image, with no rights but those of files."""
        if self.user is None:
            return []
        user, group = self.user.split(":")
        account = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
        return ["setpriv", *account, "--bounding-set=-all", "--inh-caps=-all"]
