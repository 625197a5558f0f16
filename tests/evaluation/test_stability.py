"""Stability: clear groups are found again in every subsample, arbitrary ones are not."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from lookalike.evaluation.stability import stability


def kmeans(features, seed):
    return KMeans(3, n_init=1, random_state=seed).fit_predict(features)


def test_clear_groups_are_stable_and_random_ones_are_not():
    rng = np.random.default_rng(0)
    features = rng.normal(0, 0.1, (90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    assert stability(lambda f, s: (f[:, 0] > 4) + 2 * (f[:, 1] > 4), features, seed=0)["stability"] == 1
    shuffled = stability(lambda f, s: np.random.default_rng(s).integers(0, 3, len(f)), features, seed=0)
    assert abs(shuffled["stability"]) < 0.1
    assert shuffled["stability_low"] <= shuffled["stability"] <= shuffled["stability_high"]


def test_the_same_seed_gives_the_same_result():
    features = np.random.default_rng(0).normal(size=(60, 4))
    assert stability(kmeans, features, seed=3) == stability(kmeans, features, seed=3)
    assert stability(kmeans, features, seed=3) != stability(kmeans, features, seed=4)


def test_large_tables_are_sampled_and_runs_still_overlap():
    sizes = []

    def cluster(features, seed):
        sizes.append(len(features))
        return (features[:, 0] > 0).astype(int)

    features = np.random.default_rng(0).normal(size=(5000, 1))
    assert stability(cluster, features, max_rows=100, seed=0)["stability"] == 1
    assert set(sizes) == {100}


def test_one_image_has_no_stability_and_bad_settings_are_refused():
    assert stability(lambda f, s: np.zeros(len(f), int), np.ones((1, 2)), seed=0)["stability"] is None
    with pytest.raises(ValueError, match="at least 2 runs"):
        stability(kmeans, np.ones((9, 2)), runs=1, seed=0)
