"""Scores against true labels: published examples, agreement with scikit-learn, noise, unlabelled images, size."""

import time

import numpy as np
import pytest
from sklearn import metrics

from lookalike.evaluation import SCORES
from lookalike.evaluation.scores import EXTERNAL, count, external_scores

TRUE = ["01", "01", "01", "02", "02", "03"]


@pytest.mark.parametrize(
    ("pred", "expected"), [([1, 1, 2, 2, 3, 4], 0.18918918918918917), ([1, 1, 1, 2, 3, 4], 0.8148148148148149)]
)
def test_adjusted_rand_index_of_the_published_examples(pred, expected):
    assert external_scores(TRUE, np.array(pred))["adjusted_rand_index"] == expected


def test_other_scores_of_a_worked_example():
    # Clusters {1,1}, {1,2}, {2}, {3}: 2 pairs put together of which 1 is right; 4 true pairs.
    scores = external_scores(TRUE, np.array([1, 1, 2, 2, 3, 4]))
    assert scores["pairwise_precision"] == 1 / 2
    assert scores["pairwise_recall"] == 1 / 4
    assert scores["purity"] == pytest.approx(5 / 6)
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert scores["bcubed_precision"] == pytest.approx((1 + 1 + 0.5 + 0.5 + 1 + 1) / 6)
    assert scores["bcubed_recall"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1) / 6)


def test_scores_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(60):
        n = int(rng.integers(1, 120))
        classes, groups = rng.integers(0, rng.integers(1, 20), n), rng.integers(0, rng.integers(1, n + 1), n)
        groups = np.where(rng.random(n) < 0.5, classes, groups)
        scores = external_scores([f"class {c}" for c in classes], groups)
        assert scores["adjusted_rand_index"] == pytest.approx(metrics.adjusted_rand_score(classes, groups))
        assert scores["normalized_mutual_info"] == pytest.approx(metrics.normalized_mutual_info_score(classes, groups))
        expected = metrics.adjusted_mutual_info_score(classes, groups)
        assert scores["adjusted_mutual_info"] == pytest.approx(expected, abs=1e-9)
        expected = metrics.homogeneity_completeness_v_measure(classes, groups)
        assert [scores[name] for name in ("homogeneity", "completeness", "v_measure")] == pytest.approx(expected)
        if scores["fowlkes_mallows"] is not None:
            assert scores["fowlkes_mallows"] == pytest.approx(metrics.fowlkes_mallows_score(classes, groups))


def test_renaming_clusters_changes_nothing_and_a_perfect_grouping_scores_one():
    scores = external_scores(TRUE, np.array([9, 9, 9, 4, 4, 7]))
    assert set(scores.values()) == {1.0}


def test_accuracy_matches_each_class_to_one_cluster_only():
    # Class a fills clusters 0 and 1: only one of them may count as a's.
    assert external_scores(["a", "a", "a", "a"], np.array([0, 0, 1, 1]))["accuracy"] == 0.5


def test_only_labelled_images_count():
    true = [*TRUE, "", ""]
    scores = external_scores(true, np.array([1, 1, 1, 2, 3, 4, 1, 5]))
    assert scores["adjusted_rand_index"] == 0.8148148148148149
    counts = count(true, np.array([1, 1, 1, 2, 3, 4, 1, 5]))
    assert (counts["n_images"], counts["n_labelled"], counts["n_true"], counts["n_clusters"]) == (8, 6, 3, 5)


def test_without_labels_no_external_score_is_defined():
    assert external_scores(["", ""], np.array([0, 1])) == dict.fromkeys(EXTERNAL)


def test_noise_is_one_more_group_but_no_cluster():
    pred = np.array([0, 0, -1, 1, 1, -1])
    assert external_scores(TRUE, pred) == external_scores(TRUE, np.array([0, 0, 2, 1, 1, 2]))
    counts = count(TRUE, pred)
    assert (counts["n_clusters"], counts["n_noise"]) == (2, 2)
    assert counts["noise_share"] == pytest.approx(1 / 3)


def test_calling_every_image_noise_earns_nothing():
    scores = external_scores(TRUE, np.full(6, -1))
    assert scores["adjusted_rand_index"] == scores["normalized_mutual_info"] == scores["adjusted_mutual_info"] == 0
    assert scores["pairwise_precision"] == pytest.approx(4 / 15)


def test_pairwise_scores_without_pairs_are_undefined():
    scores = external_scores(["a", "b"], np.array([0, 1]))
    assert scores["pairwise_precision"] is scores["pairwise_recall"] is scores["fowlkes_mallows"] is None
    assert scores["adjusted_rand_index"] == 1


@pytest.mark.parametrize(("true", "pred"), [([], []), (["a"], [0, 1])])
def test_labels_of_other_lengths_are_refused(true, pred):
    with pytest.raises(ValueError, match="as many true as predicted"):
        external_scores(true, np.array(pred, int))


def test_a_million_images_take_seconds():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 1000, 1_000_000)
    groups = np.where(rng.random(len(classes)) < 0.6, classes, rng.integers(0, 1000, len(classes)))
    started = time.process_time()
    scores = external_scores([str(c) for c in classes], groups)
    assert scores["accuracy"] == pytest.approx(0.6, abs=0.01)
    assert time.process_time() - started < 30


def test_every_score_is_described():
    assert set(EXTERNAL) < set(SCORES)
