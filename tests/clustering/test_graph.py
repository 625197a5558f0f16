import numpy as np
import pytest

METHODS = ["graph", "recommended"]


def blobs(groups, size, seed=0):
    generator = np.random.default_rng(seed)
    true = np.repeat(np.arange(groups), size)
    rows = (2 * generator.normal(size=(groups, 24)))[true] + generator.normal(size=(groups * size, 24))
    return rows.astype(np.float32), true


def same_partition(a, b):
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("method", METHODS)
def test_known_groups_are_found(group, method):
    rows, true = blobs(7, 40)
    assert same_partition(group(method, rows, 7, seed=0).labels, true)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_clusters", [1, 2, 3, 9, 50])
def test_the_number_asked_for_is_met(group, method, n_clusters):
    rows, _ = blobs(5, 20)
    assert group(method, rows, n_clusters, seed=0).n_clusters == n_clusters


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_labels_and_the_input_stays(group, method):
    rows = np.random.default_rng(0).normal(size=(150, 10)).astype(np.float32)
    before = rows.copy()
    first = group(method, rows, 8, seed=3).labels
    np.testing.assert_array_equal(first, group(method, rows, 8, seed=3).labels)
    np.testing.assert_array_equal(rows, before)
    assert first.dtype == np.int32


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_rows(group, method, n):
    rows = np.eye(3, dtype=np.float32)[:n]
    assert group(method, rows, n, seed=0).n_clusters == n
    assert group(method, rows, 1, seed=0).n_clusters == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_two_to_ten_photos_and_copies_of_them_are_grouped(group, method, n):
    rows = np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32)
    for k in (1, 2, n):
        assert group(method, rows, k).n_clusters == k
    doubled = np.repeat(rows, 2, axis=0)
    assert group(method, doubled, n).n_clusters == n


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", range(2, 11))
def test_identical_photos_are_one_group(group, method, n):
    assert group(method, np.ones((n, 4), np.float32), 2).n_clusters == 1


@pytest.mark.parametrize("n", range(2, 11))
def test_few_photos_without_a_number_are_grouped(group, n):
    labels = group("graph", np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32), None).labels
    assert labels.min() == 0 and labels.max() < n


def test_without_a_number_the_graph_finds_its_own(group):
    rows, true = blobs(5, 40)
    assert same_partition(group("graph", rows, None, seed=0, resolution=0.5).labels, true)
