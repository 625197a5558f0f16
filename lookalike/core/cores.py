"""How many cores this process may use, and threads that share many small items."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

__all__ = ["cpu_count", "map_items"]

AT_ONCE, SLICES_A_THREAD = 8, 4


def cpu_count() -> int:
    """Return the number of cores, as affinity and a container's limit leave them."""
    import joblib  # late: it takes as long to import as many a search

    return joblib.cpu_count()


def map_items(function: Callable, items: Sequence, threads: int) -> Iterator:
    """Yield function(item) of each item in order, computed by threads, of which each takes up to eight at a time.

    To hand over items one by one takes as long as reading a small photo does.
    """
    size = max(1, min(AT_ONCE, len(items) // (SLICES_A_THREAD * threads)))
    slices = [items[start : start + size] for start in range(0, len(items), size)]

    def work(part: Sequence) -> list:
        return [function(item) for item in part]

    with ThreadPoolExecutor(threads) as pool, closing(pool.map(work, slices)) as found:  # closed, none begins another
        for results in found:
            yield from results
