"""Gaussian mixtures and spectral clustering where means fail, and where the solvers have no room."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score


@pytest.fixture(scope="module")
def tight_and_wide():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 2)) * np.repeat([0.3, 3], 150)[:, None]
    rows[150:, 0] += 5
    return rows.astype(np.float32), np.arange(300) // 150


@pytest.mark.parametrize("covariance_type", ["diag", "spherical", "full"])
def test_a_mixture_parts_clusters_of_unequal_width_that_means_do_not(group, tight_and_wide, covariance_type):
    features, truth = tight_and_wide
    found = group("gmm", features, 2, seed=0, covariance_type=covariance_type, scaling="none")
    means = group("kmeans", features, 2, seed=0, scaling="none")
    assert adjusted_rand_score(truth, found.labels) > 0.9 > adjusted_rand_score(truth, means.labels)
    assert found.arrays["membership"].min() >= 0.5


@pytest.mark.parametrize("assign_labels", ["discretize", "kmeans", "cluster_qr"])
def test_spectral_follows_connected_rings(group, assign_labels):
    angle = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    features = np.concatenate([ring, 3 * ring]).astype(np.float32)
    found = group("spectral", features, 2, seed=0, assign_labels=assign_labels, scaling="none", neighbours=4)
    assert adjusted_rand_score(np.arange(300) // 150, found.labels) == 1


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_a_mixture_of_few_rows_is_defined(group, covariance_type):
    features = np.random.default_rng(0).standard_normal((6, 20)).astype(np.float32)
    assert group("gmm", features, 3, seed=0, covariance_type=covariance_type).labels.shape == (6,)


def test_a_mixture_that_stops_early_says_so(group, tight_and_wide):
    found = group("gmm", tight_and_wide[0], 5, seed=0, max_iter=1, scaling="none")
    assert found.approximations == ["mixture still moving after 1 iterations"]


def test_as_many_clusters_as_rows_are_one_a_row(group):
    assert group("spectral", np.eye(5, dtype=np.float32), 5, seed=0).n_clusters == 5
