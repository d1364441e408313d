"""A network between a client and a server that hangs or is cut at will."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Hands bytes on to a port of 127.0.0.1; while it hangs it takes them, and keeps them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """Hand nothing on any more; connections stay, and new ones are taken."""
        self._flows.clear()

    def cut(self) -> None:
        """End all connections, and each new one at once."""
        self._is_cut = True
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Hand on again."""
        self._is_cut = False
        self._flows.set()

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()
        self._flows.set()
        for one in (self._listener, *self._open):
            one.close()

    def hand_on(self, part: bytes, source: socket.socket, sink: socket.socket) -> None:
        """Hand a part on, as it came."""
        sink.sendall(part)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_cut:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += (client, server)
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._hand_on, args=ends, daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                self._flows.wait()
                self.hand_on(part, source, sink)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """A proxy before a port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
