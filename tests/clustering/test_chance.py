import numpy as np

from lookalike.clustering.chance import normal, on_axes, shuffled


def blobs(groups=4, n=400, d=32):
    generator = np.random.default_rng(1)
    true = generator.integers(groups, size=n)
    return (generator.normal(size=(groups, d))[true] + 0.2 * generator.normal(size=(n, d))).astype(np.float32)


def test_rows_on_their_axes_keep_distances_and_cosines():
    rows = blobs()
    turned = on_axes(rows, 32, seed=0)
    assert turned.shape == (400, 33) and turned.dtype == np.float32
    np.testing.assert_allclose(turned @ turned.T, rows @ rows.T, atol=1e-3)
    assert on_axes(rows, 5, seed=0).shape == (400, 6)
    assert on_axes(rows[:3], 32, seed=0).shape == (3, 4)


def test_shuffled_rows_keep_their_spread_and_lose_their_groups():
    rows = on_axes(blobs(), 32, seed=0)
    first, second = shuffled(rows, 2, seed=0)
    assert (first != second).any()
    for without_groups in (first, second):
        np.testing.assert_allclose(without_groups.mean(axis=0), rows.mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(without_groups.var(axis=0), rows.var(axis=0), atol=1e-4)
        nearest = [np.sort(np.linalg.norm(table - table[0], axis=1))[1] for table in (rows, without_groups)]
        assert nearest[0] < nearest[1]


def test_normal_rows_have_the_spread_of_each_axis_and_no_groups():
    far_apart = blobs(groups=2)
    rows = on_axes(far_apart, 32, seed=0)
    first, second = normal(rows, 2, seed=0)
    assert first.dtype == np.float32 and (first != second)[:, :-1].any()
    np.testing.assert_allclose(first.std(axis=0), rows.std(axis=0), rtol=0.2, atol=1e-3)
    between = [np.mean(np.abs(table[:, 0] - table[:, 0].mean()) < table[:, 0].std() / 3) for table in (rows, first)]
    assert between[0] < 0.02 < 0.2 < between[1]  # nothing lies between two groups
