"""The similarity index against SciPy, timestamps, and the size limit."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering import METHODS
from lookalike.clustering.grouping import group
from lookalike.clustering.hierarchy import CRITERIA, LINKAGES, pairwise, time_distances
from lookalike.core.errors import UserError


@pytest.fixture(scope="module")
def pairs():
    """Rows in close pairs and a few alone."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 12))
    return np.concatenate([rows, rows[:20] + 0.2 * rng.standard_normal((20, 12))]).astype(np.float32)


@pytest.mark.parametrize("sim", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("method", LINKAGES)
def test_partition_is_scipys_cut_at_a_share_of_the_largest_distance(pairs, method, sim):
    tree = linkage(pairs, method)
    expected = fcluster(tree, pdist(pairs).max() * (1 - sim), "distance")
    found = group("hierarchical", pairs, None, seed=0, sim=sim, linkage=method, min_csize=1)
    assert adjusted_rand_score(expected, found.labels) == 1
    assert np.array_equal(found.arrays["linkage"], tree)
    assert found.scores["cut_height"] == pytest.approx(pdist(pairs).max() * (1 - sim))


def test_small_clusters_are_noise(pairs):
    found = group("hierarchical", pairs, None, seed=0, sim=0.8, min_csize=2)
    assert found.n_clusters == 20 and (found.labels == -1).sum() == 10


def test_a_number_of_clusters_is_kept_exactly(pairs):
    found = group("hierarchical", pairs, 7, seed=0)
    tree, height = found.arrays["linkage"], found.scores["cut_height"]
    assert found.n_clusters == 7 == len(np.unique(fcluster(tree, height, "distance")))


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("metric", ["cosine", "cityblock"])
def test_metric_and_criterion_are_scipys(pairs, metric, criterion):
    distances = pdist(pairs, metric)
    expected = fcluster(linkage(distances, "average"), distances.max() * 0.5, criterion)
    found = group("hierarchical", pairs, None, seed=0, metric=metric, criterion=criterion, min_csize=1)
    assert adjusted_rand_score(expected, found.labels) == 1


def test_times_divide_what_looks_alike():
    features = np.array([[0.0], [0.1], [0.2], [0.3], [9]], np.float32)
    times = np.array([0, 10, 5000, 5010, 0.0])
    found = group("hierarchical", features, None, seed=0, alpha=0.6, timestamps=times)
    assert found.labels.tolist() == [0, 0, 1, 1, 0]


def test_equal_times_are_no_division_by_zero():
    assert time_distances(np.full(4, 7.0)).tolist() == [0] * 6


def test_an_unknown_time_leaves_the_pair_to_its_content():
    features, times = np.array([[0.0], [1], [4]]), np.array([0, np.nan, 60])
    assert np.allclose(pairwise(features, "euclidean", 0.5, times), [1 / 4, 1, 3 / 4])
    assert np.allclose(pairwise(features, "euclidean", 0.5, np.full(3, np.nan)), [1 / 4, 1, 3 / 4])


def test_alpha_without_times_is_one_line(pairs):
    with pytest.raises(ValueError, match="timestamps"):
        group("hierarchical", pairs, None, seed=0, alpha=0.1)


def test_a_linkage_that_needs_euclidean_distances_says_so(pairs):
    with pytest.raises(UserError, match="expected euclidean with linkage ward"):
        group("hierarchical", pairs, None, seed=0, linkage="ward", metric="cosine")


def test_a_row_of_zeros_is_farthest_by_cosine(pairs):
    pairs = pairs.copy()
    pairs[3] = 0
    assert np.isfinite(group("hierarchical", pairs, None, seed=0, metric="cosine").arrays["linkage"]).all()


def test_above_the_limit_units_of_a_map_are_linked(monkeypatch):
    monkeypatch.setitem(METHODS, "hierarchical", METHODS["hierarchical"]._replace(limit=100))
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 2_000)
    features = (9 * rng.standard_normal((5, 8))[truth] + rng.standard_normal((2_000, 8))).astype(np.float32)
    times = np.where(rng.random(2_000) < 0.5, np.nan, truth)
    found = group("hierarchical", features, 5, seed=0, alpha=0.1, timestamps=times)
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert "2,000 rows are above 100" in found.approximations[0]
