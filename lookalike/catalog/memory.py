"""One budget of memory for all photos being decoded at a time, whatever the number of threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock

__all__ = ["DEFAULT_BYTES", "MemoryBudget"]

DEFAULT_BYTES = 2**31


class MemoryBudget:
    """Bytes that may be taken together; who asks for more than all of them waits until nobody else has any."""

    def __init__(self, n_bytes: int = DEFAULT_BYTES) -> None:
        self.total = self._free = n_bytes
        self._turn, self._changed = Lock(), Condition()

    def __reduce__(self) -> tuple:
        """Be sent as a budget of its own."""
        return MemoryBudget, (self.total,)

    @contextmanager
    def take(self, n_bytes: int) -> Iterator[None]:
        """Hold so many bytes, waiting for them in order of asking, so that a large photo is not passed for ever."""
        n_bytes = min(n_bytes, self.total)
        with self._turn, self._changed:
            self._changed.wait_for(lambda: n_bytes <= self._free)
            self._free -= n_bytes
        try:
            yield
        finally:
            with self._changed:
                self._free += n_bytes
                self._changed.notify_all()
