"""What this process keeps in memory of what it used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values of so much weight together; the one not used for longest goes first.

    A single value that is heavier than `capacity` is kept alone.
    """

    def __init__(self, capacity: int, weigh: Callable[[V], int]) -> None:
        self._capacity, self._weigh, self._lock = capacity, weigh, Lock()
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """Answer a value, which is now the one used last."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        weight = self._weigh(value)
        with self._lock:
            self._weight += weight - self._kept.pop(key, (value, 0))[1]
            self._kept[key] = value, weight
            while self._weight > self._capacity and len(self._kept) > 1:
                self._weight -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._weight = 0
