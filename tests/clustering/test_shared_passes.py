"""Passes over rows that workers share: the same bytes as in this process."""

import numpy as np
import pytest

from config import Run
from lookalike.clustering import kmeans, neighbours
from lookalike.clustering.describe import describe
from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods import METHODS
from lookalike.clustering.noise import to_nearest_mean
from lookalike.clustering.space import Space
from lookalike.core import crew, features
from lookalike.core.arrays import mean_by_label
from lookalike.core.crew import Crew

ROWS, GROUPS = 40_000, 9


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(GROUPS, 12))[rng.integers(GROUPS, size=ROWS)] + 0.3 * rng.normal(size=(ROWS, 12))
    file = tmp_path_factory.mktemp("rows") / "rows.npy"
    np.save(file, rows.astype(np.float16))
    return file


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Two processes for all tests."""
    with (
        pytest.MonkeyPatch.context() as patched,
        Crew(Run(executor="processes", workers=2), tmp_path_factory.mktemp("work")) as group,
    ):
        patched.setattr(crew, "LEAST_ROWS", 30_000)
        yield group


@pytest.fixture
def both(file, workers):
    """The same rows, those of this process and those that workers share."""
    return features.of_files([file]), workers.share(features.of_files([file]))


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


def passes(monkeypatch):
    """Count what is shared from here on."""
    found, share = [], Crew.map
    monkeypatch.setattr(
        Crew, "map", lambda self, step, *more: found.append(step.func.__name__) or share(self, step, *more)
    )
    return found


@pytest.mark.parametrize("scaling", ["l2", "none"])
def test_a_map_is_the_same(both, monkeypatch, scaling):
    counted = passes(monkeypatch)
    options = METHODS["som"].options(side=6, epochs=3, scaling=scaling)
    ours, theirs = (cluster("som", Space(rows, seed=0), GROUPS, options) for rows in both)
    assert_equal([ours.labels, *ours.arrays.values()], [theirs.labels, *theirs.arrays.values()])
    assert ours.scores == theirs.scores
    assert counted == [*["_assign"] * 3, "_nearest", "_distances", "_sum_known"]


def test_k_means_is_the_same(both, monkeypatch):
    counted = passes(monkeypatch)
    options = METHODS["kmeans"].options(n_init=1, max_iter=3)
    ours, theirs = (cluster("kmeans", Space(rows, seed=0), GROUPS, options) for rows in both)
    assert_equal([ours.labels, ours.scores["inertia"]], [theirs.labels, theirs.scores["inertia"]])
    assert counted == [*["_assign"] * 3, "_distances"]


def test_k_means_of_very_many_rows_is_the_same(both, monkeypatch):
    counted = passes(monkeypatch)
    monkeypatch.setattr(kmeans, "BATCHES", 3)
    ours, theirs = (kmeans.by_mini_batches(rows, GROUPS, n_init=1, max_iter=2, seed=0) for rows in both)
    assert_equal(ours, theirs)
    ours, theirs = (kmeans.landmarks(rows, 20, seed=0) for rows in both)
    assert_equal(ours, theirs)
    assert counted == ["_assign", "_distances", "_assign", "_sum_known"]


def test_a_description_and_noise_are_the_same(both):
    labels = np.arange(ROWS) % GROUPS - 1
    ours, theirs = (Space(rows, seed=0) for rows in both)
    assert_equal(describe(ours, labels).values(), describe(theirs, labels).values())
    found = (to_nearest_mean(space.rows("l2", 0), labels, 5, 0)[0] for space in (ours, theirs))
    assert_equal([next(found)], [next(found)])


def test_some_of_the_rows_are_shared_as_all_are(both):
    chosen = np.arange(0, ROWS, 3)[:30_000]
    assert getattr(Space(both[1], seed=0).chosen(chosen).features, "crew", None) is None
    chosen = np.setdiff1d(np.arange(ROWS), np.arange(0, ROWS, 5))
    ours, theirs = (Space(rows, seed=0).chosen(chosen) for rows in both)
    assert theirs.features.crew is both[1].crew
    assert_equal(mean_by_label(ours.features, chosen % 5, 5), mean_by_label(theirs.features, chosen % 5, 5))


@pytest.fixture
def fewer(file, workers, monkeypatch, tmp_path):
    """Like `both`, of fewer rows."""
    monkeypatch.setattr(crew, "LEAST_ROWS", 1_000)
    np.save(tmp_path / "fewer.npy", np.load(file)[:6_000])
    return features.of_files([tmp_path / "fewer.npy"]), workers.share(features.of_files([tmp_path / "fewer.npy"]))


@pytest.mark.parametrize("exact", [True, False])
def test_neighbours_are_the_same(fewer, monkeypatch, exact):
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 6_000 if exact else 100)
    monkeypatch.setattr(neighbours, "CHECKED_ROWS", 500)
    counted = passes(monkeypatch)
    (*ours, told), (*theirs, also) = (neighbours.nearest_neighbours(rows, 8, seed=0) for rows in fewer)
    assert_equal(ours, theirs)
    assert told == also and counted == ["_search_by_one_thread"]
    found = [neighbours.measure_recall(rows, ours[1], seed=0) for rows in fewer]
    assert found[0] == found[1] and found[0][0] > 0.8


def test_neighbours_among_candidates_are_the_same(fewer, monkeypatch):
    candidates = neighbours.nearest_neighbours(fewer[0], 12, seed=0)[1]
    counted = passes(monkeypatch)
    (*ours, told), (*theirs, also) = (neighbours.nearest_among(rows, candidates, 8) for rows in fewer)
    assert_equal(ours, theirs)
    assert told == also and counted == ["_search_among"]


def test_neighbours_found_in_parts_are_those_found_at_once(fewer, monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 100)
    parts = neighbours.nearest_neighbours(fewer[0], 8, seed=0)
    monkeypatch.setattr(neighbours, "QUERIES_AT_ONCE", 6_000)
    assert_equal(parts[:2], neighbours.nearest_neighbours(fewer[0], 8, seed=0)[:2])
