"""Weighted linkage: SciPy's with weights of one, and a weight is so many equal rows."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering.linkage import cut, group_means, weighted_linkage

METHODS = ("ward", "average")


@pytest.fixture
def points():
    return np.random.default_rng(0).standard_normal((80, 3))


@pytest.mark.parametrize("method", METHODS)
def test_weights_of_one_give_scipys_linkage(points, method):
    assert np.allclose(weighted_linkage(cdist(points, points), np.ones(80), method), linkage(points, method))


@pytest.mark.parametrize("method", METHODS)
def test_a_weight_is_so_many_equal_rows(points, method):
    weights = np.random.default_rng(1).integers(1, 5, 80)
    repeated = linkage(np.repeat(points, weights, axis=0), method)
    found = np.repeat(cut(weighted_linkage(cdist(points, points), weights, method), 80, 9), weights)
    assert adjusted_rand_score(fcluster(repeated, 9, "maxclust"), found) == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_linkage_that_stops_is_the_first_part_of_the_whole(points, method):
    distances, weights = cdist(points, points), np.random.default_rng(2).integers(1, 9, 80)
    whole, part = (weighted_linkage(distances, weights, method, n_clusters=k) for k in (1, 60))
    assert len(part) == 20
    np.testing.assert_array_equal(part, whole[:20])
    np.testing.assert_array_equal(cut(part, 80, 60), cut(whole, 80, 60))


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_cut_gives_exactly_k_groups_even_of_equal_points(k):
    labels = cut(weighted_linkage(np.zeros((9, 9)), np.ones(9)), 9, k)
    assert len(set(labels)) == k


def test_means_and_sizes_of_groups():
    means, sizes = group_means(np.array([0, 1, 1]), np.array([[1.0, 0], [0, 2], [0, 4]]))
    np.testing.assert_array_equal(means, [[1, 0], [0, 3]])
    np.testing.assert_array_equal(sizes, [1, 2])
