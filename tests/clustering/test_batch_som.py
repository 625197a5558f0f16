"""Batch training: the reduced form equals the written formula, and rows may lie on disk."""

import numpy as np

from lookalike.clustering.batch_som import initial_map, radii, smooth, train_batch

TRAINING = {"epochs": 2, "final_radius": 0.3, "seed": 0}


def test_radius_falls_exponentially_to_the_last():
    assert np.allclose(radii(8, 1, 4), [8, 4, 2, 1])


def test_smoothing_equals_the_units_by_units_product():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((3, 4, 5)).astype(np.float32)
    sums, counts = rng.standard_normal((12, 5)), rng.integers(1, 9, 12)
    places = np.array([(r, c) for r in range(3) for c in range(4)])
    near = np.exp(-((places[:, None] - places) ** 2).sum(axis=2) / (2 * 1.5**2))
    expected = (near @ sums) / (near @ counts)[:, None]
    assert np.allclose(smooth(weights, sums, counts, 1.5).reshape(12, 5), expected, atol=1e-6)


def test_units_that_no_row_reaches_stay():
    weights = np.ones((1, 30, 2), np.float32)
    sums, counts = np.zeros((30, 2)), np.zeros(30)
    sums[0], counts[0] = 10, 2
    moved = smooth(weights, sums, counts, 0.3)
    assert np.allclose(moved[0, 0], 5) and np.allclose(moved[0, -1], 1)


def test_first_map_spans_the_two_main_axes():
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((500, 3)) * [0.1, 5, 1]).astype(np.float32)
    grid = initial_map(features, 4, 4, seed=0)
    assert abs(grid[3, 0] - grid[0, 0]).argmax() == 1  # down: the axis of most variance
    assert abs(grid[0, 3] - grid[0, 0]).argmax() == 2


def test_a_memory_map_trains_the_same_map(tmp_path):
    features = np.random.default_rng(0).standard_normal((40_000, 4)).astype(np.float32)
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    assert np.array_equal(train_batch(mapped, 4, 4, **TRAINING), train_batch(features, 4, 4, **TRAINING))


def test_the_argument_is_not_changed():
    features = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    before = features.copy()
    train_batch(features, 3, 3, **TRAINING)
    assert np.array_equal(features, before)
