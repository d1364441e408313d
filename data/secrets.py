"""Addresses as they may be shown: what is a secret in them is not there."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

MASK: Final = "***"
_USER: Final = re.compile(r"^([^/?#]*//)[^/?#]*@")
_ANYTHING: Final = re.compile(r"//.*@", re.DOTALL)
_PASSWORD: Final = re.compile(r"(?<=://)([^:@/]*):.*(?=@)", re.DOTALL)
"""As libpq finds it; where an ``@`` comes later too, all up to the last."""
_PART: Final = re.compile(r"([?&])([^=&]*)=([^&]*)")
_TAKEN: Final = re.compile(r"(?<=:/)([^:@/]*):[^/@]*@")
_QUOTED: Final = re.compile(r"(//[^/:@\s']*):[^/\s']*")


def bare(url: str, mask: str = f"{MASK}@") -> str:
    """An http address with ``mask`` in the place of user and password."""
    try:
        urlsplit(url).port  # noqa: B018 - read to see whether it can be
    except ValueError:
        # A password with a slash in it, for one: nobody can say where it ends.
        return _ANYTHING.sub(f"//{mask}", url)
    return _USER.sub(rf"\1{mask}", url)


def bare_database(url: str) -> str:
    """A database's address without its passwords, before the host and behind the question mark."""
    return _PART.sub(_hidden, _PASSWORD.sub(rf"\1:{MASK}", url))


def is_address(path: str) -> bool:
    """Whether a path is an address, whole or with a slash lost, that may hold a password."""
    return "://" in path or _TAKEN.search(path) is not None


def bare_within(words: str) -> str:
    """A sentence that may quote an address, whole or cut, without what stands for a password."""
    return _QUOTED.sub(rf"\1:{MASK}", words)


def _hidden(part: re.Match[str]) -> str:
    mark, name, value = part.groups()
    return f"{mark}{name}={MASK if 'password' in unquote(name).lower() else value}"
