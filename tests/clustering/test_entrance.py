"""What every clustering method promises: checks on what goes in, stable numbers on what comes out."""

import numpy as np
import pytest

from lookalike.clustering import METHODS
from lookalike.clustering.entrance import cluster
from lookalike.clustering.result import Clustering, renumber
from lookalike.clustering.space import Space
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
    with pytest.raises(UserError, match="2 rows with NaN or infinity: 4, 70: run"):
        Space(features, seed=0).require_finite()
    with pytest.raises(UserError, match=r"infinity: 4\.jpg, 70\.jpg: run"):
        Space(features, seed=0).require_finite([f"{row}.jpg" for row in range(100)])


def test_unknown_method_is_told_the_known_ones():
    with pytest.raises(ValueError, match="kmeans"):
        cluster("magic", Space(np.eye(3), seed=0), 2)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_what_it_is(method):
    row = METHODS[method]
    assert row.summary and row.cost and row.above and row.n_clusters in ("required", "optional", "unused")
    assert set(row.needs) <= {"photos", "timestamps"}


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.n_clusters == "unused"])
def test_a_number_that_a_method_does_not_use_is_said(group, method):
    photos = ["none.jpg"] * 10
    found = group(method, np.eye(10, dtype=np.float32), 4, photos=photos)
    assert f"n_clusters 4 is not used: {method} finds the number of groups itself" in found.notes
    assert not any(
        "not used" in note for note in group(method, np.eye(10, dtype=np.float32), None, photos=photos).notes
    )


def test_fewer_groups_than_asked_for_are_said(group):
    found = group("kmeans", np.repeat(np.eye(3, dtype=np.float32), 5, axis=0), 6)
    assert "3 groups came out by kmeans, of the 6 asked for" in found.notes


def test_warnings_of_libraries_do_not_reach_the_terminal(group, monkeypatch, recwarn):
    def warn(*arguments):
        np.log(np.zeros(1) - 1)
        return Clustering(np.arange(3) % 2)

    monkeypatch.setitem(METHODS, "kmeans", METHODS["kmeans"]._replace(cluster=warn))
    group("kmeans", np.eye(3, dtype=np.float32), 2)
    assert not recwarn.list


@pytest.mark.parametrize("n_clusters", [0, -3, 11])
def test_a_number_of_clusters_out_of_range_is_one_line(group, n_clusters):
    with pytest.raises(UserError, match=r"from 1 to 10 .* found -?\d+: set cluster.n_clusters"):
        group("kmeans", np.eye(10, dtype=np.float32), n_clusters, seed=0)
