"""Whether others can read the secrets of a config file."""

import shlex
import stat
from dataclasses import asdict
from typing import Final

from data.disk import is_file
from data.portable import is_secret
from data.settings import Loaded, leaves

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
"""What a file may grant to anyone but its owner."""


def exposed(loaded: Loaded) -> str | None:
    """A sentence for a config file that holds a secret, and that others than its owner may read."""
    if loaded.file is None or not is_file(loaded.file):
        return None
    here = [
        path
        for path, value in leaves(asdict(loaded.settings))
        if loaded.origins.get(".".join(path)) == str(loaded.file) and is_secret(path, value)
    ]
    if not here or not loaded.file.stat().st_mode & OTHERS:
        return None
    names = ", ".join(repr(".".join(path)) for path in here)
    mend = f"chmod 600 {shlex.quote(str(loaded.file))}"
    return f"Others can read the secrets in {loaded.file} ({names}); this mends it: {mend}"
