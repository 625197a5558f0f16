import threading
import time

import pytest

from lookalike.core.cores import map_items


@pytest.mark.parametrize("count", [0, 1, 5, 16, 17, 1000])
@pytest.mark.parametrize("threads", [1, 3])
def test_items_are_computed_once_and_in_order(count, threads):
    seen = []

    def square(item):
        seen.append(item)
        return item**2

    assert list(map_items(square, range(count), threads)) == [item**2 for item in range(count)]
    assert sorted(seen) == list(range(count))


def test_few_items_are_shared_by_all_threads():
    together = threading.Barrier(4, timeout=20)
    assert list(map_items(lambda item: together.wait() >= 0, range(4), 4)) == [True] * 4


def test_nothing_is_begun_once_the_results_are_left():
    begun = []

    def slow(item):
        begun.append(item)
        time.sleep(0.001)
        return item

    results = map_items(slow, range(10_000), 2)
    assert next(results) == 0
    results.close()
    so_far = len(begun)
    time.sleep(0.05)
    assert len(begun) == so_far < 1_000
