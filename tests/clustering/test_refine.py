"""Merging close clusters and treating noise."""

import numpy as np
import pytest

from lookalike.clustering import NOISE
from lookalike.clustering import noise as module
from lookalike.clustering.refine import merge_close, refine
from lookalike.clustering.result import Clustering
from lookalike.clustering.space import Space


def refined(features, labels, noise="keep", merge_similarity=0, neighbours=5):
    how = {"noise": noise, "merge_similarity": merge_similarity, "neighbours": neighbours}
    return refine(Space(features, seed=0), Clustering(labels), **how)


@pytest.fixture
def angles():
    """Unit rows at angles 0, 10, 60 degrees, five a cluster, and one row of noise at 50."""
    degrees = np.radians([*[0] * 5, *[10] * 5, *[60] * 5, 50])
    return np.stack([np.cos(degrees), np.sin(degrees)], axis=1).astype(np.float32), np.array([0, 1, 2]).repeat(5)


def test_clusters_above_the_similarity_merge(angles):
    features, labels = angles
    merged = merge_close(features[:15], labels, np.cos(np.radians(15)))
    assert merged.tolist() == [0] * 10 + [2] * 5


def test_merging_goes_on_with_the_mean_of_the_merged(angles):
    features, labels = angles  # 0 and 10 make 5, which is 55 from 60, while 10 alone is 50
    assert len(set(merge_close(features[:15], labels, np.cos(np.radians(52))))) == 2
    assert len(set(merge_close(features[:15], labels, np.cos(np.radians(56))))) == 1


@pytest.mark.parametrize("noise", ["nearest_mean", "tsne_knn"])
def test_noise_joins_the_cluster_near_it(angles, noise):
    features, labels = angles
    found = refined(features, np.append(labels, -1), noise=noise, neighbours=3)
    assert found.labels[15] == found.labels[14] and found.n_clusters == 3


def test_clusters_are_numbered_anew_and_the_argument_stays(angles):
    features, labels = angles
    given = np.append(labels, -1)
    found = refined(features, given, merge_similarity=0.9)
    assert found.labels.tolist() == [0] * 10 + [1] * 5 + [-1]
    assert given.tolist() == [*labels, -1]


def test_a_map_too_large_is_said(angles, monkeypatch):
    monkeypatch.setattr(module, "TSNE_LIMIT", 10)
    found = refined(angles[0], np.append(angles[1], -1), noise="tsne_knn")
    assert found.labels.min() == 0 and "4 to 10 rows, not 16" in found.approximations[0]


@pytest.mark.parametrize("noise", NOISE)
def test_all_noise_stays_noise(noise):
    found = refined(np.eye(3, dtype=np.float32), np.full(3, -1), noise=noise, merge_similarity=0.5)
    assert found.labels.tolist() == [-1, -1, -1]
