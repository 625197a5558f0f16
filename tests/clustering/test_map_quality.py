"""The map's own measures on maps small enough to check by hand."""

import numpy as np

from lookalike.clustering.map_quality import best_and_second, quantization_error, topographic_error, u_matrix


def test_u_matrix_is_the_mean_distance_to_touching_units():
    weights = np.array([[[0.0], [1.0]], [[3.0], [7.0]]], np.float32)
    assert np.allclose(u_matrix(weights), [[11 / 3, 9 / 3], [9 / 3, 17 / 3]])


def test_u_matrix_of_one_row_and_of_one_unit():
    assert np.allclose(u_matrix(np.array([[[0.0], [2.0], [6.0]]], np.float32)), [[2, 3, 4]])
    assert u_matrix(np.zeros((1, 1, 3), np.float32)).tolist() == [[0]]


def test_errors_of_a_map_with_a_fold():
    weights = np.array([[[0.0], [10.0], [1.0]]], np.float32)  # 0 and 1 are near each other, but not on the map
    rows = np.array([[0.0], [10.5]], np.float32)
    best, second = best_and_second(rows, weights).T
    assert best.tolist() == [0, 1] and second.tolist() == [2, 2]
    assert topographic_error(best, second, 3) == 0.5
    assert quantization_error(rows, weights, best) == 0.25
