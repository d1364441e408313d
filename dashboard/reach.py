"""Who can reach an address: only this machine, or others too."""

import socket
from ipaddress import ip_address

from data.errors import UsageError
from data.settings import Settings


def refuse_open(settings: Settings) -> None:
    """Raise UsageError where others would reach a page that asks for no password.

    Unless that is what ``public`` says.
    """
    if settings.password is not None or settings.public or stays_here(settings.host):
        return
    raise UsageError(
        f"Everyone who reaches {settings.host or 'this machine'} could read the page: set a "
        "password in the config ('masthead password' prints the line), or 'public = true' where "
        "that is wanted."
    )


def address(settings: Settings) -> str:
    """Where the page is, as a browser takes it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}{settings.prefix}"


def stays_here(host: str) -> bool:
    """Whether a socket on ``host`` is reached from this machine alone, whatever its name's form.

    A name that stands for nothing is reached from nowhere: who listens there says so.
    """
    if not host:
        return False
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    return all(is_loopback(str(place[0])) for *_, place in found)


def is_loopback(text: str) -> bool:
    """Whether it is an address of this machine; names are not looked up."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
