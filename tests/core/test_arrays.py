import numpy as np
from scipy.spatial.distance import cdist

from lookalike.core.arrays import distances_between


def test_distances_of_all_pairs():
    rows = np.random.default_rng(0).normal(5, 1, (40, 300)).astype(np.float32)
    rows[7] = rows[3]
    found = distances_between(rows)
    np.testing.assert_allclose(found, cdist(rows, rows), atol=1e-5)
    assert (found == found.T).all() and not found.diagonal().any()
    assert distances_between(rows[:1]).tolist() == [[0.0]]
