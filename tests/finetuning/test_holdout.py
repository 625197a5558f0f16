"""Classes kept out of training, and the scores on them."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.finetuning.holdout import choose_classes, grouping_scores, holdout_scores, recall_at_1, score_lines

LABELS = ["a", "b", "c", "d", "", "a"]


def test_a_number_of_classes_is_drawn_by_seed():
    draws = [choose_classes(LABELS, 2, seed=seed) for seed in range(20)]
    assert all(len(draw) == 2 and set(draw) <= set("abcd") for draw in draws)
    assert draws[0] == choose_classes(LABELS[::-1], 2, seed=0)
    assert len(set(map(tuple, draws))) > 1


def test_named_classes_are_taken():
    assert choose_classes(LABELS, ["d", "a"], seed=0) == ["a", "d"]
    assert choose_classes(LABELS, 0, seed=0) == choose_classes(LABELS, [], seed=0) == []


@pytest.mark.parametrize("wanted", [3, 9, ["a", "b", "c"]])
def test_two_classes_must_be_left(wanted):
    with pytest.raises(UserError, match="expected at most 2 of the 4 classes"):
        choose_classes(LABELS, wanted, seed=0)


def test_unknown_names_are_named():
    with pytest.raises(UserError, match="found no photo of x, y"):
        choose_classes(LABELS, ["a", "y", "x"], seed=0)


def test_well_separated_features_score_one():
    rng = np.random.default_rng(0)
    labels = np.repeat(["x", "y", "z"], 10)
    features = np.eye(3).repeat(10, axis=0) * 5 + rng.normal(0, 0.1, (30, 3))
    scores = grouping_scores(features, labels, seed=0)
    assert scores["n_images"] == 30 and scores["n_classes"] == 3
    assert scores["normalized_mutual_info"] == scores["adjusted_rand_index"] == scores["recall_at_1"] == 1


def test_recall_counts_nearest_others_of_the_same_class():
    features = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.8, 0.2]])
    assert recall_at_1(features, np.array([0, 0, 1, 1])) == 0.75
    assert recall_at_1(features[:1], np.array([0])) == 0


def test_the_table_shows_base_fine_tuned_and_both():
    rng = np.random.default_rng(0)
    labels = ["x"] * 5 + ["y"] * 5
    holdout = holdout_scores(rng.normal(size=(10, 4)), np.eye(2).repeat(5, axis=0), labels, seed=0)
    assert holdout["after"]["recall_at_1"] == 1 and set(holdout) == {"before", "after", "both"}
    lines = score_lines(holdout)
    assert (
        len(lines) == 5 and "10 photos of 2 classes" in lines[0] and lines[3].split() == ["fine-tuned", *["1.000"] * 3]
    )
    assert holdout_scores(np.empty((0, 4)), np.empty((0, 4)), [], seed=0) is None and score_lines(None) == []
