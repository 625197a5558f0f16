import re
from typing import get_args

import numpy as np
import pytest

from lookalike.clustering import neighbours
from lookalike.clustering.methods.graph import Options
from lookalike.clustering.neighbours import connect, measure_recall, nearest_among, nearest_neighbours


def test_neighbours_are_the_most_similar_other_rows():
    rows = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -2)
    similarities, indices, notes = nearest_neighbours(rows, 5, seed=0)
    assert notes == []
    np.testing.assert_array_equal(indices, np.argsort(-cosine, axis=1)[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-cosine, axis=1)[:, :5], atol=1e-5)


def test_more_neighbours_than_rows_are_all_others():
    rows = np.eye(4, dtype=np.float32)
    indices = nearest_neighbours(rows, 15, seed=0)[1]
    assert [sorted(row) for row in indices.tolist()] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_a_row_among_twins_is_not_its_own_neighbour():
    indices = nearest_neighbours(np.ones((40, 3), np.float32), 5, seed=0)[1]
    assert indices.shape == (40, 5)
    graph = connect(*nearest_neighbours(np.ones((40, 3), np.float32), 5, seed=0)[:2])
    assert graph.diagonal().sum() == 0


def test_approximate_neighbours_are_mostly_the_exact_ones_and_say_so(monkeypatch):
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(30, 16))[generator.integers(30, size=4000)] + 0.3 * generator.normal(size=(4000, 16))
    exact = nearest_neighbours(rows.astype(np.float32), 10, seed=0)[1]
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 1000)
    _, found, notes = nearest_neighbours(rows.astype(np.float32), 10, seed=0)
    assert "approximate neighbours" in notes[0]
    shared = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)])
    assert shared > 0.9
    recall, checked = measure_recall(rows, found, seed=0)
    assert recall == pytest.approx(shared, abs=1e-6) and checked == 4000
    assert measure_recall(rows, exact, seed=0)[0] == pytest.approx(1, abs=1e-4)
    monkeypatch.setattr(neighbours, "CHECKED_ROWS", 50)
    assert measure_recall(rows, exact[:, ::-1] * 0, seed=0) == (pytest.approx(0, abs=0.01), 50)


def test_neighbours_among_candidates_are_the_nearest_of_them():
    rows = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    similarities, indices, _ = nearest_neighbours(rows, 6, seed=0)
    candidates = np.random.default_rng(1).permuted(nearest_neighbours(rows, 20, seed=0)[1], axis=1)
    again, found, notes = nearest_among(rows, candidates, 6)
    assert (found == indices).all()
    np.testing.assert_allclose(again, similarities, atol=1e-6)
    assert notes == ["neighbours of rescaled rows: among the 20 found before"]


def test_a_row_that_is_its_own_candidate_is_a_neighbour_of_weight_0():
    rows = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    similarities, indices, _ = nearest_among(rows, np.array([[row, 7 - row] for row in range(8)]), 2)
    assert indices.tolist() == [[7 - row, row] for row in range(8)]
    assert (similarities[:, 1] == -1).all()


def test_the_choices_of_the_options_are_those_there_are():
    assert set(get_args(Options.model_fields["weights"].annotation)) == set(neighbours.WEIGHTS)


def test_more_lists_are_searched_where_the_neighbours_are_hard_to_find(monkeypatch):
    generator = np.random.default_rng(0)
    easy = np.repeat(5 * generator.normal(size=(60, 32)), 50, axis=0) + generator.normal(size=(3000, 32))
    hard = generator.normal(size=(3000, 32))
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 1000)
    probes, recalls = [], []
    for rows in (easy, hard):
        _, found, notes = nearest_neighbours(rows.astype(np.float32), 10, seed=0)
        probes.append(int(re.search(r"nearest (\d+) of", notes[0])[1]))
        recalls.append(measure_recall(rows, found, seed=0)[0])
    assert probes[0] < probes[1] and min(recalls) > 0.85


@pytest.mark.parametrize("weights", neighbours.WEIGHTS)
def test_graphs_are_symmetric_positive_and_without_loops(weights):
    rows = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    graph = connect(*nearest_neighbours(rows, 6, seed=0)[:2], weights)
    assert abs(graph - graph.T).max() == 0
    assert graph.data.min() > 0
    assert graph.diagonal().sum() == 0


def test_shared_weight_is_the_jaccard_index_of_the_neighbourhoods():
    # Three rows, each with the two others: the neighbourhoods with the rows themselves are the same.
    indices = np.array([[1, 2], [0, 2], [0, 1]])
    graph = connect(np.ones((3, 2), np.float32), indices, "shared").toarray()
    np.testing.assert_allclose(graph, 1 - np.eye(3))
