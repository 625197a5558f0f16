import numpy as np
from scipy import sparse

from lookalike.clustering.divisions import Divisions, divide
from lookalike.clustering.neighbours import connect
from lookalike.clustering.space import Space


def pieces(groups=6, each=20):
    generator = np.random.default_rng(0)
    true = np.repeat(np.arange(groups), each)
    rows = 5 * generator.normal(size=(groups // 2, 16))[true // 2] + 2 * generator.normal(size=(groups, 16))[true]
    rows = (rows + 0.1 * generator.normal(size=(len(true), 16))).astype(np.float32)
    return rows, true, connect(*Space(rows, seed=0).neighbours(5))


def test_pieces_that_nothing_joins_are_merged_to_fewer_groups():
    rows, true, graph = pieces()
    assert sparse.csgraph.connected_components(graph)[0] >= 6
    found = divide(graph, top=12, ratio=1.5, seed=0)
    three = found.at(rows, np.array([3]))[0]
    assert len(set(zip(three.tolist(), (true // 2).tolist(), strict=True))) == 3


def test_every_number_of_groups_is_answered():
    rows, _, graph = pieces()
    counts = np.arange(2, 13)
    divisions = divide(graph, top=12, ratio=1.5, seed=0).at(rows, counts)
    assert [len(np.unique(labels)) for labels in divisions] == counts.tolist()


def test_beyond_the_finest_division_that_is_taken():
    labels = np.array([0, 0, 1, 1])
    found = Divisions(np.array([1.0, 2.0]), np.array([1, 2]), {1: labels * 0, 2: labels})
    np.testing.assert_array_equal(found.at(np.eye(4), np.array([1, 2, 3]))[2], labels)


def test_a_number_that_many_resolutions_give_is_persistent():
    found = Divisions(np.geomspace(1, 16, 5), np.array([2, 4, 4, 4, 8]), {})
    near = found.resolutions_near(np.array([2, 4, 8]), 0.1)
    np.testing.assert_allclose(near, np.log(2) * np.array([1, 3, 1]), rtol=1e-6)
