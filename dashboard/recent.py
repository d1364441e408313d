"""What was used lately, within a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by name, from any thread; those not used for longest go first."""

    def __init__(self, most: int, size_of: Callable[[Value], int]) -> None:
        self._most = most
        self._size_of = size_of
        self.size = 0
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Value | None:
        """The value, where it is still there."""
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
            return self._values.get(name)

    def put(self, name: str, value: Value) -> None:
        """Keep the value in the place of the one before."""
        with self._lock:
            if name in self._values:
                self.size -= self._size_of(self._values.pop(name))
            self._values[name] = value
            self.size += self._size_of(value)
            while self.size > self._most:
                self.size -= self._size_of(self._values.popitem(last=False)[1])
