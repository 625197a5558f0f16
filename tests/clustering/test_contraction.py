import numpy as np
import pytest
from scipy import sparse

from lookalike.clustering.communities import communities
from lookalike.clustering.contraction import contract
from lookalike.clustering.neighbours import connect, nearest_neighbours


@pytest.fixture(scope="module")
def rows():
    generator = np.random.default_rng(0)
    return (
        generator.normal(size=(8, 16))[np.repeat(np.arange(8), 60)] + 0.7 * generator.normal(size=(480, 16))
    ).astype(np.float32)


@pytest.fixture(scope="module")
def graph(rows):
    return connect(*nearest_neighbours(rows, 12, seed=0)[:2])


def modularity(graph, labels, resolution=1.0):
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    edges = graph.tocoo()
    inside = edges.data[labels[edges.row] == labels[edges.col]].sum() / degrees.sum()
    return inside - resolution * ((np.bincount(labels, degrees) / degrees.sum()) ** 2).sum()


def test_nodes_joined_by_heavy_edges_become_one():
    edges = {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 0.4, (3, 4): 1.0, (0, 4): 0.2}
    both = [(*pair[::way], weight) for pair, weight in edges.items() for way in (1, -1)]
    first, second, weights = zip(*both, strict=True)
    small, owner = contract(sparse.csr_matrix((weights, (first, second)), shape=(6, 6)), 1.0)
    assert owner.tolist() == [0, 0, 0, 1, 1, 2]  # 5 stands alone
    expected = np.zeros((5, 5))
    expected[0, 1] = expected[1, 0] = 0.6
    expected[0, 3] = expected[3, 0] = 2  # what lies inside 0, 1, 2
    expected[1, 4] = expected[4, 1] = 1
    np.testing.assert_allclose(small.toarray(), expected)


@pytest.mark.parametrize("resolution", [0.5, 1.0, 4.0])
def test_a_division_has_the_modularity_it_had_before(graph, resolution):
    small, owner = contract(graph, np.quantile(graph.data, 0.9))
    assert 100 < owner.max() + 1 < 400
    found = communities(small, resolution, seed=0)
    of_rows = found[owner]
    assert modularity(small, found, resolution) == pytest.approx(modularity(graph, of_rows, resolution), abs=1e-5)
    assert modularity(graph, of_rows, resolution) > 0.97 * modularity(
        graph, communities(graph, resolution, seed=0), resolution
    )
