"""Confidence, distances and exemplars, from labels alone."""

import numpy as np
import pytest

from lookalike.clustering import describe as module
from lookalike.clustering.describe import describe, describe_rows, medoids
from lookalike.clustering.space import Space

PLAIN = {"seed": 0}


def test_distances_and_confidence_by_hand():
    rows = np.array([[0.0], [2.0], [10.0], [4.0]], np.float32)
    found = describe_rows(rows, np.array([0, 0, 1, -1]), **PLAIN)
    assert np.allclose(found["distance"], [1, 1, 0, np.nan], equal_nan=True)
    assert np.allclose(found["distance_to_next"], [10, 8, 9, 3])
    assert np.allclose(found["confidence"], [0.9, 0.875, 1, 0])
    assert found["is_exemplar"].tolist() == [True, False, True, False]


def test_a_row_nearer_to_another_cluster_has_no_confidence():
    found = describe_rows(np.array([[0.0], [0.1], [9.0], [9.1], [9.2]], np.float32), np.array([0, 0, 0, 1, 1]), **PLAIN)
    assert found["confidence"][2] == 0 < found["confidence"][0]


def test_one_cluster_has_no_next_and_is_sure():
    found = describe_rows(np.arange(3, dtype=np.float32)[:, None], np.zeros(3, int), **PLAIN)
    assert np.isnan(found["distance_to_next"]).all() and (found["confidence"] == 1).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_all_noise_is_described_without_a_cluster(n):
    found = describe_rows(np.eye(n, 4, dtype=np.float32), np.full(n, -1), **PLAIN)
    assert np.isnan(found["distance"]).all() and not found["is_exemplar"].any() and not found["confidence"].any()


def test_identical_rows_are_sure():
    assert (describe(Space(np.ones((4, 3), np.float32), seed=0), np.zeros(4, int))["confidence"] == 1).all()


def test_medoid_is_the_row_with_the_least_sum_of_distances(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((300, 3)).astype(np.float32)
    labels = np.arange(300) % 2
    sums = [np.linalg.norm(rows[labels == c][:, None] - rows[labels == c], axis=2).sum(axis=1) for c in (0, 1)]
    exact = [np.flatnonzero(labels == c)[sums[c].argmin()] for c in (0, 1)]
    assert medoids(rows, labels, seed=0).tolist() == exact
    monkeypatch.setattr(module, "EXACT_MEMBERS", 60)
    sampled = medoids(rows, labels, seed=0) // 2
    assert all(sums[c][sampled[c]] < 1.05 * sums[c].min() for c in (0, 1))
