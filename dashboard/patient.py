"""A connection that takes an answer at once, however slowly its client reads it."""

import errno
import select
import socket
from collections import deque
from datetime import timedelta
from typing import Any, Final

PATIENCE: Final = timedelta(minutes=1)
"""How long a client may take to make room for the next part of what is longer than ``most``."""


class Patient(socket.socket):
    """What the client does not take is kept, and sent by :meth:`push`; none of it is copied."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(fileno=connection.detach())
        self._left: deque[memoryview] = deque()
        self.size = 0
        """Bytes that are kept."""
        self.most: int | None = None
        """Bytes that are kept at most; None: all, for what is in memory anyway."""

    def sendall(self, data: Any, _flags: int = 0, /) -> None:
        """Take ``data``; waits only beyond ``most``. Raises OSError.

        A client that does not read has gone, as far as gunicorn and its log are concerned.
        """
        self.keep(data)
        while not self.push() and self.most is not None and self.size > self.most:
            poll = select.poll()
            poll.register(self, select.POLLOUT)
            if not poll.poll(PATIENCE.total_seconds() * 1000):
                raise BrokenPipeError(errno.EPIPE, "The client does not read.")

    def keep(self, data: Any) -> None:
        """Take ``data`` without sending any of it."""
        self._left.append(memoryview(data))
        self.size += len(data)

    def push(self) -> bool:
        """Send what can be sent without waiting; whether nothing is left. Raises OSError."""
        while self._left:
            first = self._left[0]
            try:
                sent = self.send(first, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            self.size -= sent
            if sent < len(first):
                self._left[0] = first[sent:]
            else:
                self._left.popleft()
        return True
