"""Where names lead: looked up within bounds, and told apart into public and private."""

import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

from collectors.bounds import bounds

GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Place:
    """One address a name stands for, as a socket takes it."""

    family: int
    address: tuple[Any, ...]
    public: bool
    """Whether anybody on the internet could ask it as well."""


Resolve = Callable[[str, int], list[Place]]


def resolve(host: str, port: int) -> list[Place]:
    """The places of a name, as the system orders them. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Place(family, address, is_public(str(address[0]))) for family, *_, address in found]


def is_public(ip: str) -> bool:
    """Whether an address is neither loopback, private, link-local, multicast nor reserved."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            return address in GLOBAL_V6 and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


def places_of(resolve: Resolve, host: str, port: int, timeout: float | None) -> list[Place]:
    """What ``resolve`` says of a name, within ``timeout`` and the bounds. Raises OSError.

    A look-up cannot be interrupted, so it is made in a thread that may be left behind.
    """
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return resolve(host, port)
    answers: SimpleQueue[list[Place] | OSError | UnicodeError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    for pause in bounds().slices(timeout):
        with suppress(Empty):
            answer = answers.get(timeout=pause)
            if isinstance(answer, list):
                return answer
            raise OSError(f"{host} is no known name") from answer
    raise TimeoutError
