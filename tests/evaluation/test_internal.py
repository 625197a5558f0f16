"""Scores without labels: agreement with scikit-learn, sampling, and groupings for which they are not defined."""

import numpy as np
import pytest
from sklearn import metrics

from lookalike.evaluation.internal import cohesion, internal_scores


@pytest.fixture
def blobs():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 300)
    return (rng.normal(0, 1, (300, 6)) + 3 * np.eye(4, 6)[labels]).astype(np.float32), labels


def test_scores_equal_those_of_scikit_learn(blobs):
    features, labels = blobs
    scores, notes = internal_scores(features, labels, seed=0)
    assert notes == []
    assert scores["silhouette"] == pytest.approx(metrics.silhouette_score(features, labels), abs=1e-5)
    assert scores["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(features, labels), rel=1e-5)
    assert scores["calinski_harabasz"] == pytest.approx(metrics.calinski_harabasz_score(features, labels), rel=1e-5)


def test_noise_is_left_out(blobs):
    features, labels = blobs
    noisy = np.where(labels == 3, -1, labels)
    assert internal_scores(features, noisy, seed=0) == internal_scores(features[labels < 3], labels[labels < 3], seed=0)


def test_a_sampled_silhouette_is_close_and_says_so(blobs):
    features, labels = blobs
    whole = internal_scores(features, labels, seed=0)[0]["silhouette"]
    scores, notes = internal_scores(features, labels, silhouette_rows=200, seed=0)
    assert scores["silhouette"] == pytest.approx(whole, abs=0.05)
    assert notes == ["silhouette from 200 of 300 images"]
    assert internal_scores(features, labels, silhouette_rows=200, seed=0)[0] == scores


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [-1, -1, -1], [0, 0, -1]])
def test_one_cluster_or_all_singletons_define_no_score(labels):
    scores, _ = internal_scores(np.eye(3, dtype=np.float32), np.array(labels), seed=0)
    assert set(scores.values()) == {None}


def test_identical_features_give_a_defined_result():
    scores, _ = internal_scores(np.ones((6, 3), np.float32), np.array([0, 0, 0, 1, 1, 1]), seed=0)
    assert scores == {"silhouette": 0.0, "davies_bouldin": None, "calinski_harabasz": None}


def test_a_memory_map_gives_the_same_scores(blobs, tmp_path):
    features, labels = blobs
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    assert internal_scores(mapped, labels, seed=0) == internal_scores(features, labels, seed=0)


def test_cohesion_is_the_mean_cosine_similarity_of_pairs(blobs):
    features, labels = blobs
    unit = features[labels == 2] / np.linalg.norm(features[labels == 2], axis=1, keepdims=True)
    cosines = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    assert cohesion(features, labels)[2] == pytest.approx(cosines.mean(), abs=1e-5)
    assert cohesion(np.eye(2), np.array([0, 1])) == {0: None, 1: None}
