"""The similarity index against SciPy, timestamps, and the size limit."""

from typing import get_args

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering.hierarchy import pairwise, time_distances
from lookalike.clustering.methods import hierarchical
from lookalike.core.errors import UserError


@pytest.fixture(scope="module")
def pairs():
    """Rows in close pairs and a few alone."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 12))
    return np.concatenate([rows, rows[:20] + 0.2 * rng.standard_normal((20, 12))]).astype(np.float32)


@pytest.mark.parametrize("sim", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("method", get_args(hierarchical.Options.model_fields["linkage"].annotation))
def test_partition_is_scipys_cut_at_a_share_of_the_largest_distance(group, pairs, method, sim):
    tree = linkage(pairs, method)
    expected = fcluster(tree, pdist(pairs).max() * (1 - sim), "distance")
    found = group("hierarchical", pairs, None, seed=0, sim=sim, linkage=method, min_csize=1)
    assert adjusted_rand_score(expected, found.labels) == 1
    assert np.array_equal(found.arrays["linkage"], tree)
    assert found.arrays["leaves"].tolist() == list(range(len(found.labels)))
    assert found.scores["cut_height"] == pytest.approx(pdist(pairs).max() * (1 - sim))


def test_small_clusters_are_noise(group, pairs):
    found = group("hierarchical", pairs, None, seed=0, sim=0.8, min_csize=2)
    assert found.n_clusters == 20 and (found.labels == -1).sum() == 10


def test_a_number_of_clusters_is_kept_exactly(group, pairs):
    found = group("hierarchical", pairs, 7, seed=0)
    tree, height = found.arrays["linkage"], found.scores["cut_height"]
    assert found.n_clusters == 7 == len(np.unique(fcluster(tree, height, "distance")))


@pytest.mark.parametrize("metric", ["cosine", "cityblock"])
def test_metric_is_scipys(group, pairs, metric):
    distances = pdist(pairs, metric)
    expected = fcluster(linkage(distances, "average"), distances.max() * 0.5, "distance")
    found = group("hierarchical", pairs, None, metric=metric, min_csize=1)
    assert adjusted_rand_score(expected, found.labels) == 1


@pytest.mark.parametrize("scale", [1, 1000])
def test_inconsistency_has_a_limit_of_its_own_whatever_the_distances(group, pairs, scale):
    tree = linkage(pairs, "average")
    for most, depth in ((0.8, 2), (1.1, 3)):
        expected = fcluster(tree, most, "inconsistent", depth=depth)
        how = {"criterion": "inconsistent", "max_inconsistency": most, "depth": depth, "min_csize": 1}
        found = group("hierarchical", scale * pairs, None, **how)
        assert adjusted_rand_score(expected, found.labels) == 1
        assert "cut_height" not in found.scores
    assert 1 < group("hierarchical", scale * pairs, None, criterion="inconsistent").n_clusters < len(pairs) / 2


def same_cut(found, owner=slice(None)):
    """Say whether the scores cut the tree into the groups: as the picture of it does."""
    height = found.scores["cut_height"]
    assert 0 <= height <= found.scores["max_distance"] >= found.arrays["linkage"][:, 2].max()
    labels = fcluster(found.arrays["linkage"], height, "distance")
    return len(np.unique(labels)) == found.n_clusters


@pytest.mark.parametrize("n_clusters", [None, 4])
@pytest.mark.parametrize("method", ["average", "complete", "ward"])
def test_scores_cut_the_tree_where_the_groups_are(group, pairs, method, n_clusters):
    assert same_cut(group("hierarchical", pairs, n_clusters, linkage=method, sim=0.3, min_csize=1))


@pytest.mark.parametrize("method", ["average", "ward"])
def test_scores_of_a_weighted_tree_cut_it_where_the_groups_are(group, monkeypatch, method):
    monkeypatch.setattr(hierarchical, "LIMIT", 100)
    rng = np.random.default_rng(0)
    features = (9 * rng.standard_normal((5, 8))[rng.integers(0, 5, 600)] + rng.standard_normal((600, 8))).astype("f4")
    for n_clusters in (None, 5):
        assert same_cut(group("hierarchical", features, n_clusters, linkage=method, min_csize=1))


def test_times_divide_what_looks_alike(group):
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


def test_alpha_without_times_is_one_line(group, pairs):
    with pytest.raises(ValueError, match="timestamps"):
        group("hierarchical", pairs, None, seed=0, alpha=0.1)


def test_a_linkage_that_needs_euclidean_distances_says_so(group, pairs):
    with pytest.raises(UserError, match="expected euclidean with linkage ward"):
        group("hierarchical", pairs, None, seed=0, linkage="ward", metric="cosine")


def test_a_row_of_zeros_is_farthest_by_cosine(group, pairs):
    pairs = pairs.copy()
    pairs[3] = 0
    assert np.isfinite(group("hierarchical", pairs, None, seed=0, metric="cosine").arrays["linkage"]).all()


def test_above_the_limit_units_of_a_map_are_linked(group, monkeypatch):
    monkeypatch.setattr(hierarchical, "LIMIT", 100)
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 2_000)
    features = (9 * rng.standard_normal((5, 8))[truth] + rng.standard_normal((2_000, 8))).astype(np.float32)
    times = np.where(rng.random(2_000) < 0.5, np.nan, truth)
    found = group("hierarchical", features, 5, seed=0, alpha=0.1, timestamps=times)
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert "2,000 rows are above 100" in found.approximations[0]
