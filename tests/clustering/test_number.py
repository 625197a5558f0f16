"""The number a method is asked for: given, estimated at a level, counted by matches, or left to it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lookalike.clustering import number
from lookalike.clustering.count import Count, Level
from lookalike.clustering.methods.local_match import Options
from lookalike.clustering.space import Space
from lookalike.core.errors import UserError

FOUND = Count(8, [Level("coarse", 3, 2, 4), Level("medium", 8, 7, 9, {"agreement": 0.9})])


def options(**changed):
    usual = {"method": "kmeans", "n_clusters": -1, "estimator": "combined", "level": "default"}
    return SimpleNamespace(**usual | {"images_per_cluster": 70, "seed": 0} | changed)


def test_a_given_number_is_taken_without_an_estimate():
    assert number.decide(Space(np.zeros((9, 2)), seed=0), options(n_clusters=4)) == (4, None)


@pytest.mark.parametrize("method", ["hierarchical", "graph", "hdbscan"])
def test_a_method_that_finds_its_own_number_is_left_to_it(method):
    assert number.decide(Space(np.zeros((9, 2)), seed=0), options(method=method)) == (None, None)


def test_images_per_cluster_divides():
    features = np.random.default_rng(0).normal(size=(140, 3)).astype(np.float32)
    count, found = number.decide(
        Space(features, seed=0), options(estimator="images_per_cluster", images_per_cluster=35)
    )
    assert count == 4
    assert [level.level for level in found.levels] == ["medium"]


def test_the_options_of_local_match_hold_for_the_estimator_of_that_name(monkeypatch):
    asked = Options(min_inliers=3)
    seen = []
    monkeypatch.setattr(
        number, "count_matches", lambda space, options, queries: seen.append(options) or np.array([3, 3])
    )
    space = Space(np.zeros((9, 2)), seed=0, photos=[Path("x")] * 9)
    assert number.decide(space, options(estimator="local_match", local_match=asked))[0] == 3
    assert seen == [asked]


def test_a_level_is_picked_by_name_and_a_missing_one_is_named():
    assert number.pick(FOUND, "default") == 8
    assert number.pick(FOUND, "coarse") == 3
    with pytest.raises(UserError, match=r"coarse \(3\), medium \(8\); found fine"):
        number.pick(FOUND, "fine")


def test_matches_of_random_photos_count_groups_of_any_size(monkeypatch):
    """90 photos in groups of 30, 30, 20 and 10: a random photo's group is a large one, yet four are counted."""
    sizes = np.repeat([30, 30, 20, 10], [30, 30, 20, 10])
    rng = np.random.default_rng(0)
    monkeypatch.setattr(number, "count_matches", lambda *a, queries, **k: rng.permutation(sizes)[:queries])
    monkeypatch.setattr(number, "QUERIES", 60)
    found = number.by_matches(Space(np.zeros((90, 2)), seed=0, photos=[Path("x")] * 90), Options())
    assert found.n_clusters == 4
    assert found.levels[0].low <= 4 <= found.levels[0].high


def test_the_lines_say_what_was_found_and_taken():
    assert list(number.lines(FOUND, 8)) == [
        "coarse: 3 groups (2-4); ",
        "medium: 8 groups (7-9); agreement 0.9  <- taken",
    ]
