"""Guesses at the password are slowed down: each client's, and everyone's together.

The counts lie in memory that all processes of the page share. What is locked is unlocked by the
system when its holder dies, so that no worker's end stops the others.
"""

import fcntl
import mmap
import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address
from secrets import token_bytes
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from data.clock import stopwatch

EACH_S: Final = 20.0
"""How often one client may try after its first few times."""
FIRST: Final = 5
"""How many times it may try at once."""
EACH_OF_ALL_S: Final = 1.0
"""How often strangers may try together, after their first many times."""
FIRST_OF_ALL: Final = 60
KNOWN_S: Final = 30 * 86_400.0
"""How long a client that signed in is no stranger: others' guesses do not keep it out."""
AT_ONCE: Final = 2
"""Passwords that are compared at a time: each takes 64 MiB and a core for a tenth of a second."""
CLIENTS: Final = 4_096
WAYS: Final = 8
"""Places among which a client's is; the one that has tried least makes way."""
ENTRY: Final = struct.Struct("=8sdd")
"""A client's mark, when its tries are forgotten, until when it is known."""
ALL: Final = struct.Struct("=d")


class Guesses:
    """Made before the processes that share it are forked."""

    def __init__(self, now: Callable[[], float] = stopwatch) -> None:
        self._now = now
        self._memory = mmap.mmap(-1, ALL.size + CLIENTS * ENTRY.size)
        with tempfile.TemporaryFile() as file:
            self._locks = os.dup(file.fileno())
        self._lock, self._comparing = Lock(), Lock()
        # Whoever knew it could choose addresses that take one another's places.
        self._key = token_bytes(16)

    def __del__(self) -> None:
        os.close(self._locks)

    def take(self, client: str) -> float:
        """Count one try; 0 where it is allowed, else in how many seconds it will be."""
        with self._locked():
            now = self._now()
            place, mark, until, known = self._entry(client, now)
            wait = _wait(until, now, EACH_S, FIRST)
            all_until = self._all()
            if wait == 0 and known <= now:
                wait = _wait(all_until, now, EACH_OF_ALL_S, FIRST_OF_ALL)
            if wait == 0:
                ENTRY.pack_into(self._memory, place, mark, max(until, now) + EACH_S, known)
                ALL.pack_into(self._memory, 0, max(all_until, now) + EACH_OF_ALL_S)
            return wait

    def give_back(self, client: str, *, right: bool = False) -> None:
        """Uncount a try that was no guess; after the ``right`` one the client is known."""
        with self._locked():
            now = self._now()
            place, mark, until, known = self._entry(client, now)
            until, known = (now, now + KNOWN_S) if right else (until - EACH_S, known)
            ENTRY.pack_into(self._memory, place, mark, until, known)
            ALL.pack_into(self._memory, 0, self._all() - EACH_OF_ALL_S)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether a password may be compared now: one in each process, AT_ONCE in all."""
        if not self._comparing.acquire(blocking=False):
            yield False
            return
        held = next((byte for byte in range(1, 1 + AT_ONCE) if self._seize(byte)), None)
        try:
            yield held is not None
        finally:
            if held is not None:
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, held)
            self._comparing.release()

    def _seize(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            fcntl.lockf(self._locks, fcntl.LOCK_EX, 1, 0)
            try:
                yield
            finally:
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, 0)

    def _all(self) -> float:
        found: float = ALL.unpack_from(self._memory, 0)[0]
        return found

    def _entry(self, client: str, now: float) -> tuple[int, bytes, float, float]:
        """A client's place and what stands there; an empty one where nothing does."""
        mark = blake2b(network(client), digest_size=8, key=self._key).digest()
        first = int.from_bytes(mark, "big") % (CLIENTS // WAYS) * WAYS
        places = [ALL.size + (first + way) * ENTRY.size for way in range(WAYS)]
        found = [(place, *ENTRY.unpack_from(self._memory, place)) for place in places]
        for entry in found:
            if entry[1] == mark:
                return entry
        least = min(found, key=lambda entry: (entry[3] > now, entry[2]))
        return least[0], mark, 0.0, 0.0


def _wait(until: float, now: float, each: float, first: int) -> float:
    """In how many seconds one more fits, where each try counts for ``each`` of them."""
    return max(0.0, until - now - (first - 1) * each)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        # Some proxies name the port as well, which is another for each connection.
        return ip_address(urlsplit(f"//{text}").hostname or "")


def network(client: str) -> bytes:
    """What one client cannot change at will: its IPv4 address, its IPv6 network."""
    try:
        address = _address(client.partition("%")[0])
    except ValueError:
        return client.encode("utf-8", "replace")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return address.packed[:8]
    return (getattr(address, "ipv4_mapped", None) or address).packed
