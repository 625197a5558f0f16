import numpy as np
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering.consensus import agreement_graph


def test_edges_weigh_by_the_share_of_votes_that_keep_them():
    chain = sparse.csr_matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=float))
    votes = [np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([0, 0, 1]), np.array([0, 0, 1])]
    weights = agreement_graph(votes, chain).toarray()
    np.testing.assert_allclose(weights, [[0, 1, 0], [1, 0, 0.25], [0, 0.25, 0]], atol=1e-5)


def test_consensus_is_at_least_as_good_as_one_graph_on_blurred_groups(group):
    generator = np.random.default_rng(1)
    true = np.repeat(np.arange(8), 50)
    rows = (generator.normal(size=(8, 12))[true] + generator.normal(size=(400, 12))).astype(np.float32)
    consensus = np.mean([adjusted_rand_score(true, group("recommended", rows, 8, seed=s).labels) for s in range(3)])
    single = np.mean([adjusted_rand_score(true, group("graph", rows, 8, seed=s).labels) for s in range(3)])
    assert consensus > single - 0.03
