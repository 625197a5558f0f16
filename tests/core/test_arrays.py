import numpy as np
from scipy.spatial.distance import cdist

from lookalike.core.arrays import distances_between, rows_times


def test_distances_of_all_pairs():
    rows = np.random.default_rng(0).normal(5, 1, (40, 300)).astype(np.float32)
    rows[7] = rows[3]
    found = distances_between(rows)
    np.testing.assert_allclose(found, cdist(rows, rows), atol=1e-5)
    assert (found == found.T).all() and not found.diagonal().any()
    assert distances_between(rows[:1]).tolist() == [[0.0]]


def test_a_row_times_a_matrix_gives_the_same_bits_among_any_others():
    generator = np.random.default_rng(0)
    for columns in (1, 3, 64):
        rows, matrix = generator.random((200, 504)), generator.standard_normal((504, columns))
        whole = rows_times(rows, matrix)
        np.testing.assert_allclose(whole, rows @ matrix, rtol=1e-4, atol=1e-3)
        for start, stop in ((0, 1), (3, 70), (64, 200), (199, 200)):
            np.testing.assert_array_equal(rows_times(rows[start:stop], matrix), whole[start:stop])
    assert rows_times(rows[:0], matrix).shape == (0, 64)
