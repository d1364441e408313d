"""A network of its own for a while: every port is free in it, and nothing gets out."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests import machine

_NETWORK: Final = 0x40000000
"""CLONE_NEWNET; Python has it only from 3.12 on, with the calls that take it."""


@contextmanager
def alone() -> Iterator[None]:
    """This thread, and what it starts, see only a loopback interface; needs root."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        _succeed(libc.unshare(_NETWORK))
        try:
            subprocess.run([machine.find("ip"), "link", "set", "lo", "up"], check=True)
            yield
        finally:
            _succeed(libc.setns(before.fileno(), _NETWORK))


def _succeed(said: int) -> None:
    if said:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
