"""What is computed of rows once for all who ask."""

import re

import numpy as np
import pytest

from config import Cluster
from lookalike.clustering import describe, entrance, neighbours, number, refine, scaling, space
from lookalike.clustering.space import Space


def rows(n=300, d=40):
    rng = np.random.default_rng(0)
    return (2 * rng.normal(size=(6, d))[np.arange(n) % 6] + rng.normal(size=(n, d))).astype(np.float32)


@pytest.fixture
def calls(monkeypatch):
    """Record each search for neighbours and each preparation by the bytes of the matrix they are of."""
    found = {"search": [], "prepare": []}

    def search(matrix, k, *, seed):
        found["search"].append(matrix.tobytes())
        return neighbours.nearest_neighbours(matrix, k, seed=seed)

    def prepare(matrix, **how):
        found["prepare"].append((matrix.tobytes(), how["scaling"], how["components"]))
        return scaling.prepare(matrix, **how)

    monkeypatch.setattr(space, "nearest_neighbours", search)
    monkeypatch.setattr(space, "prepare", prepare)
    return found


def test_a_default_run_searches_and_scales_each_matrix_once(calls):
    options = Cluster()
    one = Space(rows(), seed=0)
    count, _ = number.decide(one, options)
    result = entrance.cluster(options.method, one, count, options.options())
    result = refine.refine(one, result, **options.refinement())
    describe.describe(one, result.labels)
    one.unit().neighbours(10)
    shuffles, rounds = 4, 2
    assert len(calls["search"]) <= 1 + shuffles + rounds
    for name in calls:
        assert len(calls[name]) == len(set(calls[name]))


def test_fewer_neighbours_are_the_first_of_more(calls):
    one = Space(rows(), seed=0)
    many, few = one.neighbours(12), one.neighbours(5)
    np.testing.assert_array_equal(many[1][:, :5], few[1])
    np.testing.assert_array_equal(few[1], neighbours.nearest_neighbours(rows(), 5, seed=0)[1])
    assert len(calls["search"]) == 1
    assert one.neighbours(60)[0].shape == (300, 60)


def test_many_wide_rows_are_reduced_and_it_is_said(monkeypatch):
    monkeypatch.setattr(space, "MANY_ROWS", 200)
    one = Space(rows(d=200), seed=0)
    assert one.unit().features.shape == (300, 128)
    assert one.approximations == ["neighbours in the 128 main of 200 axes"]


def test_what_is_approximate_of_derived_rows_is_said_once(monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 100)
    one = Space(rows(), seed=0)
    one.neighbours(5)
    one.of(2 * rows()).neighbours(5)
    assert len(one.approximations) == 1


def test_chosen_rows_keep_their_photos_and_times():
    one = Space(rows(4), seed=0, photos=list("abcd"), timestamps=np.arange(4.0))
    part = one.chosen(np.array([1, 3]))
    assert part.photos == ["b", "d"] and part.timestamps.tolist() == [1, 3] and len(part) == 2


def test_an_approximate_search_says_its_recall_once(monkeypatch):
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 100)
    one = Space(rows(), seed=0)
    one.neighbours(10)
    one.of(rows() ** 3).neighbours(10)
    assert len(one.approximations) == 1
    recall = float(re.search(r"recall (\d\.\d+) on 300 rows", one.approximations[0])[1])
    assert 0.5 < recall <= 1


def test_a_rescaled_space_seeks_its_neighbours_among_those_known(monkeypatch):
    like = Space(rows(), seed=0)
    assert (like.rescaled(rows() ** 3).neighbours(10)[1] == like.of(rows() ** 3).neighbours(10)[1]).all()
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 100)
    one = Space(rows(), seed=0)
    found = one.rescaled(1.01 * rows()).neighbours(10)[1]
    assert found.shape == (300, 10)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, one.neighbours(10)[1], strict=True)]) > 0.99
    said = r"neighbours of rescaled rows: among the 60 found before, recall \d\.\d+ on 300 rows"
    assert re.fullmatch(said, one.approximations[1])
