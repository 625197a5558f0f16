"""Photos that the layout did not see lie beside the photo most like them."""

import numpy as np

from lookalike.visual.placement import place_all


def test_those_of_the_layout_stay_and_the_others_join_the_most_similar():
    rng = np.random.default_rng(0)
    features = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 4, axis=0) + rng.normal(scale=0.1, size=(12, 2))
    rows = np.array([0, 4, 8])
    positions = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    placed = place_all(positions, rows, features, seed=0)
    assert (placed[rows] == positions).all()
    gaps = np.linalg.norm(placed[:, None] - positions, axis=2)
    assert gaps.argmin(axis=1).tolist() == np.repeat([0, 1, 2], 4).tolist()
    assert len(np.unique(placed, axis=0)) == 12


def test_without_others_nothing_is_sought():
    positions = np.array([[1.0, 2.0]])
    assert place_all(positions, np.array([0]), np.zeros((1, 3)), seed=0).tolist() == positions.tolist()


def test_a_layout_of_one_photo():
    placed = place_all(np.zeros((1, 2)), np.array([0]), np.eye(3), seed=0)
    assert np.isfinite(placed).all()
    assert len(np.unique(placed, axis=0)) == 3
