"""Tables of groups, of classes against groups, and of the classes that were mixed up."""

import numpy as np

from lookalike.evaluation import tables
from lookalike.evaluation.tables import contingency_columns, group_table, worst_confusions

TRUE = ["cat", "cat", "dog", "dog", "dog", "", "owl"]
PRED = np.array([0, 0, 0, 1, 1, 1, -1])
FEATURES = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0, 1], [1, 1]], np.float32)


def test_group_table_has_a_row_a_group_and_noise_last():
    table = group_table(TRUE, PRED, FEATURES, {1: "<b>"})
    assert table["group"] == [0, 1, -1]
    assert table["name"] == ["", "<b>", ""]
    assert table["size"] == [3, 3, 1]
    assert table["labelled"] == [3, 2, 1]
    assert table["main_class"] == ["cat", "dog", "owl"]
    assert table["purity"] == [2 / 3, 1, 1]
    assert table["classes"] == [2, 1, 1]
    assert table["cohesion"][0] > 0.98
    assert table["cohesion"][2] is None


def test_group_table_without_labels():
    table = group_table([""] * 7, PRED, FEATURES, {})
    assert table["main_class"] == [""] * 3
    assert table["purity"] == [None] * 3
    assert table["size"] == [3, 3, 1]


def test_contingency_counts_every_image_once():
    columns = contingency_columns(TRUE, PRED)
    assert columns == {"class": ["", "cat", "dog", "owl"], "-1": [0, 0, 0, 1], "0": [0, 2, 1, 0], "1": [1, 0, 2, 0]}


def test_a_large_contingency_table_is_written_cell_by_cell(monkeypatch):
    monkeypatch.setattr(tables, "MAX_MATRIX_CELLS", 3)
    columns = contingency_columns(TRUE, PRED)
    rows = set(zip(*columns.values(), strict=True))
    assert rows == {("", 1, 1), ("cat", 0, 2), ("dog", 0, 1), ("dog", 1, 2), ("owl", -1, 1)}


def test_worst_confusions_counts_pairs_and_shows_the_most_alike():
    true = ["cat"] * 3 + ["dog"] * 3 + ["owl"] * 2
    pred = np.array([0, 0, 1, 0, 0, 1, 1, 2])
    features = np.array([[0, 0], [0, 1], [9, 9], [0, 2], [0, 5], [9, 8], [9, 7], [4, 4]], np.float32)
    first, *others = worst_confusions(true, pred, features, n_examples=1)
    assert (first.first, first.second, first.pairs, first.group) == ("cat", "dog", 5, 0)
    assert first.share == 5 / 9
    assert (first.first_rows, first.second_rows) == ((1,), (3,))
    assert {(c.first, c.second, c.pairs) for c in others} == {("cat", "owl", 1), ("dog", "owl", 1)}


def test_noise_and_pure_groups_confuse_nothing():
    assert worst_confusions(["a", "b", "a", "b"], np.array([-1, -1, 0, 1]), np.eye(4)) == []
    assert worst_confusions(["", ""], np.array([0, 0]), np.eye(2)) == []
