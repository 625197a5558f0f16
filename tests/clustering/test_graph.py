import numpy as np
import pytest

from lookalike.clustering import load

METHODS = ["graph", "recommended"]


def blobs(groups, size, seed=0):
    generator = np.random.default_rng(seed)
    true = np.repeat(np.arange(groups), size)
    rows = (2 * generator.normal(size=(groups, 24)))[true] + generator.normal(size=(groups * size, 24))
    return rows.astype(np.float32), true


def same_partition(a, b):
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("method", METHODS)
def test_known_groups_are_found(method):
    rows, true = blobs(7, 40)
    assert same_partition(load(method)(rows, 7, seed=0).labels, true)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_clusters", [1, 2, 3, 9, 50])
def test_the_number_asked_for_is_met(method, n_clusters):
    rows, _ = blobs(5, 20)
    assert load(method)(rows, n_clusters, seed=0).n_clusters == n_clusters


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_labels_and_the_input_stays(method):
    rows = np.random.default_rng(0).normal(size=(150, 10)).astype(np.float32)
    before = rows.copy()
    first = load(method)(rows, 8, seed=3).labels
    np.testing.assert_array_equal(first, load(method)(rows, 8, seed=3).labels)
    np.testing.assert_array_equal(rows, before)
    assert first.dtype == np.int32


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_rows(method, n):
    rows = np.eye(3, dtype=np.float32)[:n]
    assert load(method)(rows, n, seed=0).n_clusters == n
    assert load(method)(rows, 1, seed=0).n_clusters == 1


@pytest.mark.parametrize("method", METHODS)
def test_identical_rows(method):
    found = load(method)(np.ones((60, 4), np.float32), 3, seed=0)
    assert found.labels.shape == (60,)
    assert found.n_clusters == 3


def test_without_a_number_the_graph_finds_its_own():
    rows, true = blobs(5, 40)
    assert same_partition(load("graph")(rows, None, seed=0, resolution=0.5).labels, true)
