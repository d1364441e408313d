"""Bad weather on the way to a server: a proxy that is slow, drips, stalls, cuts or is dead."""

import random
import socket
import struct
import threading

from tests.proxy import Proxy

KINDS = ("fair", "slow", "drip", "stall", *("reset", "cut") * 4, "dead")


class Weather(Proxy):
    """A proxy whose connections fare as its weather is when bytes come from the server."""

    def __init__(self, port: int) -> None:
        self.kind = "fair"
        self._left = 0
        self._never = threading.Event()
        super().__init__(port)

    def turn(self, kind: str, after: int = 0) -> None:
        """Change the weather, where it cuts or stalls after so many more bytes."""
        self._left = after
        self.kind = kind
        (self.hang if kind == "dead" else self.mend)()

    def hand_on(self, part: bytes, source: socket.socket, sink: socket.socket) -> None:
        """Hand a part on, as the weather lets it."""
        if self.kind == "slow":
            self._never.wait(0.05)
        if self.kind == "drip":
            for at in range(len(part)):
                sink.sendall(part[at : at + 1])
                self._never.wait(0.002)
            return
        if self.kind in ("stall", "reset", "cut"):
            there, self._left = part[: self._left], self._left - len(part)
            sink.sendall(there)
            if self._left < 0:
                self._end(source, sink)
            return
        sink.sendall(part)

    def close(self) -> None:
        """End it, whatever the weather."""
        self.turn("fair")
        super().close()

    def _end(self, source: socket.socket, sink: socket.socket) -> None:
        if self.kind == "stall":
            while self.kind == "stall":
                self._never.wait(0.02)
        elif self.kind == "reset":
            for one in (source, sink):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError


def chosen(chance: random.Random) -> tuple[str, int]:
    """A weather, and after how many bytes it strikes."""
    return chance.choice(KINDS), chance.randrange(chance.choice((10, 200, 4_000, 40_000)))
