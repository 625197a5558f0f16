"""Where the shards of a stage are worked on: an executor maps a pure function over shards, results in order."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["EXECUTORS", "local", "shard_slices"]

Shard = TypeVar("Shard")
Result = TypeVar("Result")


def local(function: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
    """Work on one shard after another in this process; the function itself uses all workers for its rows."""
    return map(function, shards)


EXECUTORS = {"local": local}


def shard_slices(rows: int, size: int) -> list[slice]:
    """Return the slices that cut `rows` rows into shards of `size` (the last may be shorter)."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
