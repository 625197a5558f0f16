"""What varies inside groups is scaled down, so that what divides them is seen."""

import numpy as np
import pytest

from lookalike.clustering.space import Space
from lookalike.clustering.within import within_normalised


def nuisance(n=200, d=6):
    """Two groups apart by 1 along the first axis, spread by 20 along the last."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    rows = rng.normal(scale=0.1, size=(n, d))
    rows[:, 0] += labels
    rows[:, -1] += rng.normal(scale=20, size=n)
    return rows.astype(np.float32), labels


def separation(rows, labels):
    gap = np.linalg.norm(rows[labels == 0].mean(axis=0) - rows[labels == 1].mean(axis=0))
    return gap / np.sqrt(rows[labels == 0].var(axis=0).max())


def test_groups_come_apart():
    rows, labels = nuisance()
    before = rows.copy()
    normalised = within_normalised(Space(rows, seed=0), labels, shrinkage=0.0)
    assert separation(normalised, labels) > 10 * separation(rows, labels)
    np.testing.assert_array_equal(rows, before)


def test_covariance_inside_groups_is_the_identity():
    rows, labels = nuisance()
    normalised = within_normalised(Space(rows, seed=0), labels, shrinkage=0.0)
    rest = normalised - np.stack([normalised[labels == group].mean(axis=0) for group in labels])
    np.testing.assert_allclose(rest.T @ rest / len(rest), np.eye(rest.shape[1]), atol=0.02)


@pytest.mark.parametrize("labels", [np.zeros(200, int), np.arange(200)])
def test_groups_that_say_nothing_change_nothing(labels):
    rows, _ = nuisance()
    np.testing.assert_array_equal(within_normalised(Space(rows, seed=0), labels, shrinkage=0.5), rows)
