"""k-means, exact and by mini-batches."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering.kmeans import lloyd, starting_means
from lookalike.clustering.methods import kmeans as method


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 8, 600)
    return (rng.standard_normal((8, 20))[truth] + 0.4 * rng.standard_normal((600, 20))).astype(np.float32), truth


def test_kmeans_reaches_scikit_learns_inertia(group, blobs):
    features, _ = blobs
    found = group("kmeans", features, 8, seed=0, scaling="none")
    assert found.scores["inertia"] <= 1.01 * KMeans(8, n_init=5, random_state=0).fit(features).inertia_


def test_mini_batches_above_the_limit_are_said_and_near_as_good(group, blobs, monkeypatch):
    features, truth = blobs
    monkeypatch.setattr(method, "LIMIT", 100)
    found = group("kmeans", features, 8, seed=0)
    assert adjusted_rand_score(truth, found.labels) > 0.9
    assert found.approximations == ["means from mini-batches: 600 rows are above 100"]


def test_starting_means_are_rows_that_differ(blobs):
    means = starting_means(blobs[0], 8, seed=0)
    assert len(np.unique(means, axis=0)) == 8


def test_fewer_different_rows_than_clusters_give_fewer_clusters(group):
    features = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    assert group("kmeans", features, 6, seed=0).n_clusters == 3


def test_a_mean_without_rows_stays():
    rows = np.array([[0.0], [0.1], [5.0]], np.float32)
    labels, _, inertia = lloyd(rows, np.array([[0.0], [5.0], [99.0]], np.float32), 10)
    assert labels.tolist() == [0, 0, 1] and inertia == pytest.approx(0.005)
