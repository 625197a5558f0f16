"""The steps of grouping in their order, near copies grouped or left out."""

import numpy as np
import pytest

from config import Cluster
from lookalike.clustering.grouping import group
from lookalike.clustering.space import Space


@pytest.fixture
def space():
    rng = np.random.default_rng(0)
    rows = 3 * rng.normal(size=(3, 12))[np.arange(60) % 3] + 0.2 * rng.normal(size=(60, 12))
    return Space(rows.astype(np.float32), seed=0)


def test_a_run_counts_groups_and_describes(space):
    result, description, count, estimate = group(space, [], Cluster())
    assert count == estimate.n_clusters == result.n_clusters == 3
    assert len(description["confidence"]) == 60 and description["is_exemplar"].sum() == 3


def test_a_dropped_copy_plays_no_part_and_gets_the_group_of_its_keeper(space):
    far = np.concatenate([space.features, np.tile(-space.features[0], (20, 1))])
    copies = [np.array([0, *range(60, 80)])]  # called copies of the first, far as they are
    options = Cluster(n_clusters=3, method="kmeans", drop_near_duplicates=True)
    result, description, _, _ = group(Space(far, seed=0), copies, options)
    assert result.n_clusters == 3 and len(result.labels) == len(description["distance"]) == 80
    assert (result.labels[60:] == result.labels[0]).all()
    assert len(set(result.labels[:3].tolist())) == 3
    kept, _, _, _ = group(Space(far, seed=0), copies, Cluster(n_clusters=3, method="kmeans"))
    assert not (kept.labels[60:] == kept.labels[0]).any()


@pytest.mark.parametrize(("method", "name"), [("som", "best_matching_units"), ("hierarchical", "leaves")])
def test_a_dropped_copy_has_a_row_in_what_the_method_learnt_of_rows(space, method, name):
    options = Cluster(n_clusters=3, method=method, drop_near_duplicates=True)
    learnt = group(space, [np.array([7, 3]), np.array([8, 59])], options)[0].arrays[name]
    assert len(learnt) == 60
    assert np.array_equal(learnt[[3, 59]], learnt[[7, 8]])


def test_what_is_approximate_is_told_once(space, monkeypatch):
    monkeypatch.setattr("lookalike.clustering.neighbours.EXACT_ROWS", 30)
    told = group(space, [], Cluster())[0].approximations
    assert len(told) == len(set(told)) >= 1
