"""What every clustering method promises: checks on what goes in, stable numbers on what comes out."""

import numpy as np
import pytest

from lookalike.clustering import METHODS, load
from lookalike.clustering.grouping import check_features, group, renumber
from lookalike.core.errors import UserError


def test_clusters_are_numbered_by_size_then_first_row():
    labels = np.array([7, 3, 3, 9, 9, -1, 3, 7])
    assert renumber(labels).tolist() == [1, 0, 0, 2, 2, -1, 0, 1]


def test_numbering_keeps_noise_even_when_it_is_largest():
    assert renumber(np.array([-1, -1, -1, 5])).tolist() == [-1, -1, -1, 0]
    assert renumber(np.array([-1, -1])).tolist() == [-1, -1]


def test_rows_that_are_not_finite_are_named():
    features = np.zeros((100, 3), np.float32)
    features[[4, 70], 1] = np.nan, np.inf
    with pytest.raises(ValueError, match="2 rows with NaN or infinity: 4, 70"):
        check_features(features)


def test_unknown_method_is_told_the_known_ones():
    with pytest.raises(ValueError, match="kmeans"):
        load("magic")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_what_it_is_and_can_be_loaded(method):
    row = METHODS[method]
    assert callable(load(method))
    assert row.summary and row.cost and row.above and row.n_clusters in ("required", "optional", "unused")
    assert set(row.needs) <= {"photos", "timestamps"}


@pytest.mark.parametrize("n_clusters", [0, -3, 11])
def test_a_number_of_clusters_out_of_range_is_one_line(n_clusters):
    with pytest.raises(UserError, match=r"from 1 to 10 .* found -?\d+: set cluster.n_clusters"):
        group("kmeans", np.eye(10, dtype=np.float32), n_clusters, seed=0)
